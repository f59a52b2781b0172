"""Look whether the encoders that models take are there, before any job starts."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from snakemake.settings.types import DeploymentMethod

from coldwave.encoders.musicnn_weights import check_weights, weights_folder
from coldwave.errors import InputError
from workflow.features import taken
from workflow.settings import SettingsError


def check_encoders(config: Mapping[str, Any], workflow: Any) -> None:
    """Check that the weights or models of encoders that models take are there. No job reads the others.

    With conda, jobs have environments without MusiCNN's package. What is installed on the machines of a cluster cannot
    be seen from here: there the job reports it.

    Raises
    ------
    SettingsError
        Some are not; the message lists all of them.
    """
    conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
    named = {name: config["encoders"][name] for name, source in taken(config).items() if source.section == "encoders"}
    seen = {name: entry for name, entry in named.items() if entry["path"] or conda or not workflow.non_local_exec}
    if mistakes := [line for name, entry in seen.items() for line in _mistakes(name, entry, conda)]:
        raise SettingsError(mistakes)


def _mistakes(name: str, entry: Mapping[str, Any], conda: bool) -> Iterator[str]:
    path = entry["path"]
    if entry["network"] != "musicnn":
        if not Path(path).is_file():
            yield f"encoders.{name}.path: {path} is a folder, not an ONNX model: name the file"
    elif path is None and conda:
        yield (
            f"encoders.{name}.path: null, but the environments that conda makes for jobs lack MusiCNN's weights: "
            "unpack the package musicnn, and name its folder"
        )
    else:
        try:
            check_weights(weights_folder(path))
        except InputError as error:
            yield f"encoders.{name}: {error}"
