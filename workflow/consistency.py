"""Checks of a config's keys against each other: one function for each, which yields (keys, mistake).

Those of models are in ``workflow.model_consistency``, and those of plays, split and audio in modules of their own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coldwave.plays.suffixes import delimiter_of, is_parquet
from coldwave.wmf.listable import LISTABLE
from workflow import audio_checks, plays_checks, split_checks
from workflow.features import SOURCES
from workflow.kinds import ROWS, names_of, row_of
from workflow.model_consistency import model_checks, no_embedding
from workflow.wording import Keys, short


def cross_checks(config: dict[str, Any]) -> list[Iterator[tuple[Keys, str]]]:
    """List all checks of a config; one that needs a missing key raises ``KeyError`` when it runs."""
    return [
        _environment(config),
        _demo_world_paths(config),
        _demo_world_sizes(config),
        _demo_world_seconds(config),
        *(check(config) for check in plays_checks.CHECKS + split_checks.CHECKS),
        _canary(config),
        _canary_of_spark(config),
        _lists_of_wmf(config),
        _spark_settings(config),
        *(check(config) for check in audio_checks.CHECKS),
        _tag_folds(config),
        *(_delimiter(embedding, name) for name, embedding in config.get("embeddings", {}).items()),
        *(_encoder(config, name) for name in config.get("encoders", {})),
        _new_embeddings(config),
        *model_checks(config),
    ]


def listed(config: dict[str, Any]) -> list[str]:
    """List the settings of the factorisation that are lists, among whose values the run chooses."""
    return [key for key in LISTABLE if isinstance(config["wmf"][key], list)]


def paths(config: dict[str, Any]) -> dict[Keys, str]:
    """List the paths that a config names, by key."""
    plays = config.get("plays", {})
    embeddings = {("embeddings", name, "path"): one.get("path") for name, one in config.get("embeddings", {}).items()}
    new = config.get("new_songs", {}).get("embeddings", {})
    encoders = {("encoders", name, "path"): one.get("path") for name, one in config.get("encoders", {}).items()}
    also = {
        ("plays", section, "also", place): path
        for section in ("history", "songs")
        for place, path in enumerate(listed_paths(plays.get(section, {}).get("also")))
    }
    models = {name: model for name, model in config.get("models", {}).items() if isinstance(model, dict)}
    rows = [(name, row) for name, model in models.items() for row in ROWS if row.kind == model.get("kind")]
    named = {
        ("cache",): config.get("cache"),
        ("plays", "path"): plays.get("path"),
        ("plays", "songs", "path"): plays.get("songs", {}).get("path"),
        ("plays", "songs", "audio_root"): plays.get("songs", {}).get("audio_root"),
        **also,
        ("plays", "matching", "overrides"): plays.get("matching", {}).get("overrides"),
        ("plays", "matching", "redirects"): plays.get("matching", {}).get("redirects"),
        **embeddings,
        **{("models", name, key): models[name].get(key) for name, row in rows for key in row.brought},
        **encoders,
        ("plays", "songs", "exclude"): plays.get("songs", {}).get("exclude"),
        ("split", "path"): config.get("split", {}).get("path"),
        ("new_songs", "path"): config.get("new_songs", {}).get("path"),
        ("new_songs", "audio_root"): config.get("new_songs", {}).get("audio_root"),
        **{("new_songs", "embeddings", name): path for name, path in new.items()},
    }
    return {keys: path for keys, path in named.items() if path}


def listed_paths(value: Any) -> list[str]:
    """The paths of a setting that lists some; none where it is something else, which the schema says."""
    return value if isinstance(value, list) else []


def _environment(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for keys, path in paths(config).items():
        if "$" in path:
            yield keys, f"{short(path)} names an environment variable that is not set: set it, or write the path itself"


def _demo_world_paths(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    named = paths(config)
    made = {keys: path for keys, path in named.items() if "<results>/world" in path}
    if config["world"] is None:
        for keys, path in made.items():
            yield keys, f"{short(path)} is made by the demo world, but world is null: give the path of your own data"
    elif not made and ("plays", "path") in named:
        yield ("world",), "nothing reads the demo world, because plays.path names another file: write world: null"


def _demo_world_sizes(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    world = config["world"]
    if world is not None and world["artists"] > world["songs"]:
        yield ("world", "artists"), f"{world['artists']} artists cannot share {world['songs']} songs (world.songs)"


def _demo_world_seconds(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    world, shortest = config["world"], config["audio"]["min_seconds"]
    if world is not None and world["seconds"] < shortest:
        yield (
            ("world", "seconds"),
            f"{world['seconds']} is below audio.min_seconds ({shortest}): every song would be set aside",
        )


def _canary(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    models = config["models"]
    if config["audit"]["canary"] == "all":
        return
    kinds = names_of("weights")
    known = ["wmf", *(source.section for source in SOURCES if source.learning), *kinds]
    known += [name for name, model in models.items() if row_of(model).weights]
    for place, name in enumerate(config["audit"]["canary"]):
        if name not in known:
            yield (
                ("audit", "canary", place),
                f"{short(name)} is not a stage or model that learns: name any of {', '.join(known)}",
            )


def _canary_of_spark(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    canary = config["audit"]["canary"]
    if config["wmf"]["engine"] == "spark" and canary != "all" and "wmf" in canary:
        others = [name for name in canary if name != "wmf"]
        yield (
            ("audit", "canary"),
            "wmf cannot be learnt again to the same bytes if wmf.engine is spark, because the order of its sums may "
            f"change: write {short(others)}",
        )


def _lists_of_wmf(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for key in listed(config):
        values = config["wmf"][key]
        if twice := [value for place, value in enumerate(values) if value in values[:place]]:
            yield ("wmf", key), f"{short(values)} has {twice[0]} twice: keep one"
        elif len(values) == 1:
            yield ("wmf", key), f"{short(values)} has one value, so that there is no choice: write {values[0]}"


def _spark_settings(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    if config["wmf"]["engine"] == "spark":
        for key, value in (("unplayed_weight", 1), ("frequency_scaling", 0)):
            if config["wmf"][key] != value:
                yield (
                    ("wmf", key),
                    f"{short(config['wmf'][key])} cannot be had of Spark (wmf.engine), which knows only {value}: write "
                    f"{value}",
                )


def _tag_folds(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    tags = config["analysis"]["tags"]
    if tags["min_songs"] < tags["folds"]:
        yield (
            ("analysis", "tags", "min_songs"),
            f"{tags['min_songs']} is below analysis.tags.folds ({tags['folds']}): every fold needs a song with the tag",
        )


def _delimiter(embedding: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    path = Path(embedding["path"])
    if is_parquet(path) and embedding["delimiter"] is not None:
        yield ("embeddings", name, "delimiter"), "a Parquet file has no delimiter: write null"
    elif embedding["delimiter"] is None and not (is_parquet(path) or delimiter_of(path)):
        yield (
            ("embeddings", name, "delimiter"),
            f"the name of {short(embedding['path'])} does not say whether it is .csv, .tsv or .parquet: write the "
            "character between its columns",
        )


def _encoder(config: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    encoder = config["encoders"][name]
    if name in config["embeddings"]:
        yield ("encoders", name), "it is also the name of an embedding: rename one, as models name their features"
    if encoder["network"] == "musicnn":
        if encoder["sample_rate"] != 16000:
            yield ("encoders", name, "sample_rate"), f"{encoder['sample_rate']}, but MusiCNN hears 16000: leave it out"
        return
    if encoder["path"] is None:
        yield ("encoders", name, "path"), "is missing; it must be the file of an ONNX model"
    if encoder["input"] == "log_mel":
        if encoder["window"] < encoder["hop"]:
            yield (
                ("encoders", name, "window"),
                f"{encoder['window']} is below encoders.{name}.hop ({encoder['hop']}), which would skip samples",
            )
        if encoder["mel_bands"] > encoder["window"] // 2 + 1:
            yield (
                ("encoders", name, "mel_bands"),
                f"{encoder['mel_bands']} is more than the {encoder['window'] // 2 + 1} frequencies of a window",
            )


def _new_embeddings(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for name, path in config["new_songs"]["embeddings"].items():
        keys = ("new_songs", "embeddings", name)
        if name not in config["embeddings"]:
            yield keys, no_embedding(name, list(config["embeddings"]))
        elif config["embeddings"][name]["delimiter"] is None and not (
            is_parquet(Path(path)) or delimiter_of(Path(path))
        ):
            yield (
                keys,
                f"the name of {short(path)} does not say whether it is .csv, .tsv or .parquet, and "
                f"embeddings.{name}.delimiter is null: give it such a name",
            )
