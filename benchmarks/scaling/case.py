"""A case: a stage, what drives its time and memory, and how its script is run at each size."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from scaling.files import Files, Size
from scaling.running import command, measured

from workflow import kinds, settings
from workflow.effective import model_read

ROOT = Path(__file__).parents[2]
OVERLAY = {
    "run": "scale",
    "world": None,
    "plays": {"path": "plays.txt", "songs": {"path": "songs.csv"}},
    "wmf": {"factors": 50, "alpha": 2.0, "regularization": 1.0},
    "models": {
        "contrastive": {"kind": "contrastive"},
        "catalogue_attention": {"kind": "catalogue_attention"},
        "blend": {"kind": "blend", "models": ["linear", "knn"]},
        "popularity_estimate": {"kind": "popularity_estimate"},
    },
}
SETTINGS = settings.check(settings.over_default(OVERLAY, ROOT / "config.yaml"))
SHOWN = {name: kinds.shown(model) for name, model in SETTINGS["models"].items()}
ABOUT = {"data": "made up", "protocol": "strict"}
WMF = ("alpha", "epsilon", "factors", "frequency_scaling", "iterations", "regularization", "solver", "tolerance")
WMF += ("unplayed_weight",)


def of_model(name: str, **others: Any) -> dict[str, Any]:
    """The settings that learning a model reads, with some replaced."""
    return model_read(SETTINGS["models"][name]) | others


def wmf(factors: int, **others: Any) -> dict[str, Any]:
    """The settings of a factorisation."""
    return {key: SETTINGS["wmf"][key] for key in WMF} | {"factors": factors} | others


@dataclass(frozen=True)
class Case:
    """How a stage's script is measured against one thing that drives it.

    Attributes
    ----------
    rule : the rule, by which resources are asked for
    driver : a field of `Size`, or another word for what ``given`` reads from it
    sizes : values of the driver, in order
    given : makes the script's inputs and options from the files of a size and the driver's value. Inputs of the rule
        that the script finds by itself have a name that begins with _. A list is a whole command for Python.
    fixed : other fields of `Size`
    script : the script's name, if it is not that of the rule
    threads : that the script is given, if it takes any
    """

    rule: str
    driver: str
    sizes: tuple[int, ...]
    given: Callable[[Files, int], Mapping[str, Any]]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    script: str = ""
    threads: int = 2

    @property
    def name(self) -> str:
        """What the case is called."""
        return f"{self.rule}-{self.driver}"

    def files(self, folder: Path, size: int) -> Files:
        """The files of one size, which cases share."""
        fields = dict(self.fixed) | ({self.driver: size} if hasattr(Size(), self.driver) else {})
        found = replace(Size(), **fields)
        return Files(folder / "-".join(str(value) for value in asdict(found).values()), found)


def made_by(files: Files, rule: str, given: Mapping[str, Any], name: str = "") -> dict[str, Path]:
    """Run a rule's script before the one that is measured, if it has not run, and return its outputs by name."""
    folder = files.folder / "made" / (name or rule)
    folder.mkdir(parents=True, exist_ok=True)
    words, outputs = command(f"{rule}.py", given, folder)
    if not outputs or not all(path.exists() for path in outputs.values()):
        measured(words, folder / "log")
    return outputs
