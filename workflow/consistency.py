"""What the keys of a config must be to each other: a check a function, each of which gives (keys, mistake)."""

import codecs
import difflib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow.wording import short

Keys = tuple[str | int, ...]

FACTORS_FROM_AUDIO = ("linear", "mlp", "cnn")  # kinds that predict song factors from what they hear, and nothing else
WITH_FACTORS = (*FACTORS_FROM_AUDIO, "metadata", "usage")  # kinds whose song vectors are factors, and differ
TEXT, PARQUET = (".csv", ".tsv"), (".parquet", ".pq")
CANARIES = ("wmf", "bow", "linear", "mlr", "mlp", "cnn", "metadata")  # stages and kinds that the audit can learn again


def cross_checks(config: dict[str, Any]) -> list[Iterator[tuple[Keys, str]]]:
    """All checks of one config; one that looks at a key which is missing raises ``KeyError`` when it is asked."""
    checks = [
        _environment(config),
        _demo_world_paths(config),
        _demo_world_sizes(config),
        _demo_world_seconds(config),
        _columns(config),
        _quoting(config),
        _encoding(config),
        _part_sizes(config),
        _folds(config),
        _given_split(config),
        _canary(config),
        _canary_of_spark(config),
        _frame(config),
        _mel_bands(config),
        _duration(config),
        _coefficients(config),
        _codebook(config),
        _tuned_model(config),
        _tuned_settings(config),
        _tag_folds(config),
        _mapped_model(config),
        *(_delimiter(embedding, name) for name, embedding in config.get("embeddings", {}).items()),
        _new_embeddings(config),
    ]
    for name, model in config.get("models", {}).items():
        if "features" in model:
            checks += [_features(config, model, name)]
        if model.get("kind") == "cnn":
            checks += [
                _objective(model, name),
                _masks(config, model, name),
                _schedule(model, name),
                _pools(model, name),
                _layers(model, name),
                _windows(config, model, name),
                _processes(model, name),
            ]
        if model.get("kind") == "metadata" and model.get("audio") is not None:
            checks += [_audio_model(config, model["audio"], ("models", name, "audio"))]
    return checks


def paths(config: dict[str, Any]) -> dict[Keys, str]:
    """The paths that a config names, by key."""
    plays = config.get("plays", {})
    embeddings = {("embeddings", name, "path"): one.get("path") for name, one in config.get("embeddings", {}).items()}
    brought = config.get("new_songs", {}).get("embeddings", {})
    named = {
        ("cache",): config.get("cache"),
        ("plays", "path"): plays.get("path"),
        ("plays", "songs", "path"): plays.get("songs", {}).get("path"),
        ("plays", "songs", "audio_root"): plays.get("songs", {}).get("audio_root"),
        **embeddings,
        ("plays", "songs", "exclude"): plays.get("songs", {}).get("exclude"),
        ("split", "path"): config.get("split", {}).get("path"),
        ("new_songs", "path"): config.get("new_songs", {}).get("path"),
        ("new_songs", "audio_root"): config.get("new_songs", {}).get("audio_root"),
        **{("new_songs", "embeddings", name): path for name, path in brought.items()},
    }
    return {keys: path for keys, path in named.items() if path}


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
        yield ("world",), "nothing reads the demo world, as plays.path is another: write world: null"


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


def _columns(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    plays = config["plays"]
    if plays["format"] != "table":
        return
    table = plays["table"]
    columns = {name: table[name] for name in ("user", "song", "count") if table.get(name) is not None}
    for name, column in columns.items():
        if table["header"] and isinstance(column, int):
            yield ("plays", "table", name), f"{column} is a number, but there is a header: write the name, in quotes"
        elif not table["header"] and isinstance(column, str):
            yield (
                ("plays", "table", name),
                f"{short(column)} is a name, but plays.table.header is false: write the column's number, from 1",
            )
        twins = [other for other in columns if columns[other] == column]
        if twins[0] != name:
            yield ("plays", "table", name), f"{short(column)} is the column of plays.table.{twins[0]} too"


def _quoting(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    table = config["plays"]["table"]
    if table["quote"] == table["delimiter"]:
        yield ("plays", "table", "quote"), f"{short(table['quote'])} is plays.table.delimiter too"


def _encoding(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    name = config["plays"]["table"]["encoding"]
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        yield ("plays", "table", "encoding"), f"{short(name)} is no text encoding that Python knows, such as utf-8"


def _part_sizes(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    sizes = {part: config["split"][part] for part in ("validation", "test") if part in config["split"]}
    for part, size in sizes.items():
        if isinstance(size, float) and size >= 1:
            yield ("split", part), f"{size} is no share below 1; as a number of songs, write it without a point"
    if config["split"]["folds"] is not None:
        return  # `_folds` sees to it
    if len(sizes) == 2 and all(isinstance(size, float) and size < 1 for size in sizes.values()):
        total = sum(sizes.values())
        if total >= 1:
            yield (
                ("split", "test"),
                f"{sizes['test']} and split.validation ({sizes['validation']}) leave no song for training",
            )


def _folds(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    split = config["split"]
    folds, fold, validation = split["folds"], split["fold"], split["validation"]
    if folds is None:
        if fold != 1:
            yield ("split", "fold"), f"{fold} is a fold, but split.folds is null: give their number"
        return
    if fold > folds:
        yield ("split", "fold"), f"{fold} is more than split.folds ({folds})"
    if split["by"] == "date":
        yield (
            ("split", "folds"),
            f"{folds} folds cannot be by date, of which the newest songs are tested on: write null",
        )
    if isinstance(validation, float) and validation + 1 / folds >= 1:
        yield (
            ("split", "validation"),
            f"{validation} and one of split.folds ({folds}) leave no song for training",
        )


def _given_split(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    split = config["split"]
    if split["path"] is None:
        return
    if split["folds"] is not None:
        yield ("split", "folds"), f"{split['folds']} folds are not drawn where split.path gives the parts: write null"
    if split["by"] == "date":
        yield (
            ("split", "by"),
            "date is not used where split.path gives the parts: write song, or artist to hold it to that",
        )


def _canary(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    models = config["models"]
    known = [*CANARIES, *(name for name, model in models.items() if model["kind"] in CANARIES)]
    for place, name in enumerate(config["audit"]["canary"]):
        if name not in known:
            yield ("audit", "canary", place), f"{short(name)} is nothing that is learnt: name any of {', '.join(known)}"


def _canary_of_spark(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    canary = config["audit"]["canary"]
    if config["wmf"]["engine"] == "spark" and "wmf" in canary:
        others = [name for name in canary if name != "wmf"]
        yield (
            ("audit", "canary"),
            "wmf is not learnt again where wmf.engine is spark: its sums may follow the order in which tasks end, so "
            f"that the bytes need not be the same; write {short(others)}",
        )


def _frame(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    window, hop = config["audio"]["window"], config["audio"]["hop"]
    if window < hop:
        yield ("audio", "window"), f"{window} is below audio.hop ({hop}), which would skip samples"


def _mel_bands(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    bands, bins = config["audio"]["mel_bands"], config["audio"]["window"] // 2 + 1
    if bands > bins:
        yield ("audio", "mel_bands"), f"{bands} is more than the {bins} frequencies of an audio.window"


def _duration(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    duration, shortest = config["audio"]["duration"], config["audio"]["min_seconds"]
    if duration is not None and duration < shortest:
        yield (
            ("audio", "duration"),
            f"{duration} is below audio.min_seconds ({shortest}): every song would be set aside",
        )


def _coefficients(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    coefficients, bands = config["bow"]["coefficients"], config["audio"]["mel_bands"]
    if coefficients > bands:
        yield ("bow", "coefficients"), f"{coefficients} is more than audio.mel_bands ({bands})"


def _codebook(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    words, frames = config["bow"]["words"], config["bow"]["sample_frames"]
    if frames < words:
        yield ("bow", "sample_frames"), f"{frames} is below bow.words ({words}): k-means needs a frame for each word"


def _tag_folds(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    tags = config["analysis"]["tags"]
    if tags["min_songs"] < tags["folds"]:
        yield (
            ("analysis", "tags", "min_songs"),
            f"{tags['min_songs']} is below analysis.tags.folds ({tags['folds']}): every fold needs a song with the tag",
        )


def _mapped_model(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    keys, name = ("analysis", "map", "model"), config["analysis"]["map"]["model"]
    if name is None:
        return
    fitting = [other for other, entry in config["models"].items() if entry["kind"] in WITH_FACTORS]
    choice = f"name one of {', '.join(fitting)}, or write null" if fitting else "write null"
    if name not in config["models"]:
        yield keys, f"there is no model {short(name)}: {choice}"
    elif name not in fitting:
        yield keys, f"{short(name)} is of kind {config['models'][name]['kind']}, whose vectors make no map: {choice}"


def _objective(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    objective = model["objective"]
    if objective == "mse":
        if model["temper"]:
            yield (
                ("models", name, "temper"),
                f"{model['temper']} is for objectives of plays: write objective: wpe, or 0",
            )
        return
    if model["unit_norm"]:
        yield ("models", name, "unit_norm"), f"true is for targets, and the objective {objective} has none: write false"
    if objective == "wpe" and model["precision"] in ("16-true", "bf16-true"):
        yield (
            ("models", name, "precision"),
            f"{model['precision']} is too coarse for the objective wpe, a small difference of large sums: take "
            f"{model['precision'].replace('true', 'mixed')} or 32-true",
        )


def _masks(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    bands = config["audio"]["mel_bands"]
    for key, of, size in (("mask_bands", "audio.mel_bands", bands), ("mask_frames", "window", model["window"])):
        if model[key] >= size:
            yield ("models", name, key), f"{model[key]} could hide everything, as {of} is {size}: take a smaller number"


def _schedule(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    warm_up, epochs = model["warm_up"], model["epochs"]
    if warm_up >= epochs:
        yield ("models", name, "warm_up"), f"{warm_up} leaves none of the {epochs} epochs for full steps"


def _pools(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    pool, layers = model["pool"], len(model["channels"])
    if isinstance(pool, list) and len(pool) != layers:
        yield ("models", name, "pool"), f"{short(pool)} has {len(pool)} numbers for {layers} layers (channels)"


def _layers(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    frames = model["window"]
    layers, pool = len(model["channels"]), model["pool"]
    for layer, pooled in enumerate(pool if isinstance(pool, list) else [pool] * layers, start=1):
        frames = (frames - model["kernel"] + 1) // pooled
        if frames < 1:
            yield (
                ("models", name, "window"),
                f"{model['window']} leaves no frame after convolutional layer {layer} of {layers}: "
                "make window longer, or pool, kernel or the list of channels shorter",
            )
            return


def _windows(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    audio, window = config["audio"], model["window"]
    rate, hop, seconds = audio["sample_rate"], audio["hop"], audio["min_seconds"]
    frames = 1 + math.floor(round(seconds * rate, 6)) // hop  # 1.017 * 1000 is a little less than 1017
    if window > frames:
        needed = math.ceil((window - 1) * hop / rate * 1000) / 1000
        yield (
            ("models", name, "window"),
            f"{window} frames do not fit the shortest audio, audio.min_seconds = {seconds} or {frames} frames: "
            f"set window to at most {frames}, or audio.min_seconds to at least {needed}",
        )


def _processes(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    processes = model["devices"] * model["nodes"]
    if model["batch_size"] < processes:
        yield (
            ("models", name, "batch_size"),
            f"{model['batch_size']} songs cannot be shared out over {processes} devices: raise batch_size, or lower "
            "devices or nodes",
        )


def _format(name: str) -> str:
    """What a file's name says that a table is: a suffix, that of compression left out."""
    path = Path(name)
    return (path.with_suffix("") if path.suffix.lower() in (".gz", ".bz2", ".xz", ".zst") else path).suffix.lower()


def _delimiter(embedding: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    if _format(embedding["path"]) in PARQUET and embedding["delimiter"] is not None:
        yield ("embeddings", name, "delimiter"), "Parquet has none: write null"
    elif embedding["delimiter"] is None and _format(embedding["path"]) not in (*TEXT, *PARQUET):
        yield (
            ("embeddings", name, "delimiter"),
            f"the name of {short(embedding['path'])} does not say whether it is .csv, .tsv or .parquet: write the "
            "character between its columns",
        )


def _new_embeddings(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for name, path in config["new_songs"]["embeddings"].items():
        keys = ("new_songs", "embeddings", name)
        if name not in config["embeddings"]:
            yield keys, _no_embedding(name, list(config["embeddings"]))
        elif config["embeddings"][name]["delimiter"] is None and _format(path) not in (*TEXT, *PARQUET):
            yield (
                keys,
                f"the name of {short(path)} does not say whether it is .csv, .tsv or .parquet, and "
                f"embeddings.{name}.delimiter is null: give it such a name",
            )


def _features(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    features, known = model["features"], ["bow", *config["embeddings"]]
    if features not in known:
        yield ("models", name, "features"), _no_embedding(features, known)


def _no_embedding(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean {close[0]!r}?" if close else f"it may be {' or '.join(known)}" if known else "it is empty"
    return f"there is no {short(name)} in embeddings; {guess}"


def _audio_model(config: dict[str, Any], audio: str, keys: Keys) -> Iterator[tuple[Keys, str]]:
    fitting = [other for other, entry in config["models"].items() if entry["kind"] in FACTORS_FROM_AUDIO]
    choice = f"name one of {', '.join(fitting)}" if fitting else "there is none in this config: write null"
    if audio not in config["models"]:
        yield keys, f"there is no model {short(audio)} that predicts factors from audio: {choice}"
    elif audio not in fitting:
        kind = config["models"][audio]["kind"]
        yield keys, f"{short(audio)} is of kind {kind}, which does not predict factors from audio: {choice}"


def tuned_model(config: dict[str, Any]) -> str | None:
    """The name of the model whose settings are searched; None where no model predicts factors from audio."""
    fitting = [name for name, model in config["models"].items() if model["kind"] in FACTORS_FROM_AUDIO]
    return config["tune"]["model"] or next(iter(fitting), None)


def _tuned_model(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    if config["tune"]["model"] is not None:
        yield from _audio_model(config, config["tune"]["model"], ("tune", "model"))


def _tuned_settings(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    name = tuned_model(config)
    model = config["models"].get(name, {})
    if config["tune"]["settings"] and name is None:
        yield (
            ("tune", "settings"),
            "there is no model of kind linear, mlp or cnn whose settings they could be: write {}",
        )
        return
    for section, now, called in (("wmf", config["wmf"], "wmf"), ("settings", model, f"model {name}")):
        for key, values in config["tune"][section].items():
            keys = ("tune", section, key)
            if section == "settings" and (key == "kind" or key not in now):
                known = ", ".join(other for other in now if other != "kind")
                yield keys, f"{called} has no such setting; it has {known}"
            else:
                for mistake in _range(values, now[key]):
                    yield keys, mistake


def _range(values: dict[str, Any], now: Any) -> Iterator[str]:
    """What is wrong with the range of a setting that is ``now``."""
    ends, given = [values.get("low"), values.get("high")], values.get("choices")
    if given is not None and ends != [None, None]:
        yield "has both choices and low or high: keep one of the two"
    elif given is None and None in ends:
        yield "needs low and high, or choices"
    elif isinstance(now, list) or now is None:
        yield f"the setting is {short(now)}, and only single values can be searched"
    elif isinstance(now, (bool, str)):
        if given is None or not all(isinstance(value, type(now)) for value in given):
            yield f"the setting is {short(now)}: give choices of that kind"
    else:
        for value in given or ends:
            whole = isinstance(now, int) and not isinstance(value, int)
            if isinstance(value, (bool, str)) or whole:
                yield f"{short(value)} is no {'whole ' if isinstance(now, int) else ''}number, as the setting is"
                return
        if given is None and ends[0] > ends[1]:
            yield f"low ({ends[0]}) is above high ({ends[1]})"
        elif given is None and values.get("log") and ends[0] <= 0:
            yield f"low is {ends[0]}, which has no logarithm: raise it, or write log: false"
