"""Checks of a config's keys against each other: one function for each, which yields (keys, mistake).

The checks of models are in ``workflow.model_consistency``.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coldwave.histories.options import mistakes, of_other_formats
from coldwave.plays.datasets import DATA_SETS
from coldwave.plays.dates import release_date
from coldwave.plays.suffixes import delimiter_of, is_parquet
from coldwave.wmf.listable import LISTABLE
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
        _columns(config),
        _quoting(config),
        _encoding(config),
        _further_songs(config),
        _history(config),
        _history_options(config),
        _history_idle(config),
        _unheard(config),
        _part_sizes(config),
        _first_play(config),
        _part_dates(config),
        _folds(config),
        _given_split(config),
        _canary(config),
        _canary_of_spark(config),
        _lists_of_wmf(config),
        _spark_settings(config),
        _given_mels(config),
        _audio_pattern(config),
        _frame(config),
        _mel_bands(config),
        _duration(config),
        _coefficients(config),
        _codebook(config),
        _tag_folds(config),
        *(_delimiter(embedding, name) for name, embedding in config.get("embeddings", {}).items()),
        *(_encoder(config, name) for name in config.get("encoders", {})),
        _new_embeddings(config),
        *model_checks(config),
    ]


def reads_history(config: dict[str, Any]) -> bool:
    """Whether the plays are a listening history, whose tracks are matched to the songs table."""
    return config["plays"]["format"] not in ("taste_profile", "table", *DATA_SETS)


def tells_times(config: dict[str, Any]) -> bool:
    """Whether the plays tell their times."""
    plays = config["plays"]
    if plays["format"] in DATA_SETS:
        return DATA_SETS[plays["format"]].timed
    return reads_history(config) or (plays["format"] == "table" and plays["table"]["time"] is not None)


def filters_users(config: dict[str, Any]) -> bool:
    """Whether users are left out, by plays of which songs is then a question."""
    return config["plays"]["top_users"] is not None or config["plays"]["min_songs"] > 1


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


def _columns(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    plays = config["plays"]
    if plays["format"] != "table":
        return
    table = plays["table"]
    columns = {name: table[name] for name in ("user", "song", "count", "time") if table.get(name) is not None}
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
            yield ("plays", "table", name), f"{short(column)} is also the column of plays.table.{twins[0]}"


def _quoting(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for section in ("table", "songs"):
        table = config["plays"][section]
        if table["quote"] is not None and table["quote"] == table["delimiter"]:
            yield ("plays", section, "quote"), f"{short(table['quote'])} is also plays.{section}.delimiter"


def _encoding(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for section in ("table", "history"):
        name = config["plays"][section]["encoding"]
        try:
            codecs.lookup(name or "utf-8")
        except (LookupError, ValueError):
            yield (
                ("plays", section, "encoding"),
                f"{short(name)} is not a text encoding that Python knows, such as utf-8",
            )


def _further_songs(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    songs = config["plays"]["songs"]
    if songs["also"] and (songs["path"] is None or Path(songs["path"]).is_dir()):
        what = "null" if songs["path"] is None else "a folder"
        yield ("plays", "songs", "also"), f"plays.songs.path is {what}, but these fill in a songs table: name one there"


def _history(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    if reads_history(config) and config["plays"]["songs"]["path"] is None:
        yield (
            ("plays", "songs", "path"),
            "null, but a listening history is matched to songs: name a songs table or a folder of audio files",
        )


def _history_options(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for name, mistake in mistakes(config["plays"]["history"]).items():
        yield ("plays", "history", *name.split(".", 1)), mistake


def _history_idle(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    plays = config["plays"]
    name, history = plays["format"], plays["history"]
    if not reads_history(config) or name == "history" or history["also"]:
        return  # of which formats the histories are is known by their content alone
    for option, formats in of_other_formats(history, name).items():
        yield (
            ("plays", "history", option),
            f"{short(history[option])} has no effect if plays.format is {name}, only with {' or '.join(formats)}: "
            "leave it out",
        )


def _unheard(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    plays = config["plays"]
    if not plays["min_users"] and filters_users(config) and plays["filter_by"] == "training":
        yield (
            ("plays", "min_users"),
            "0 keeps songs that nobody has played, but users are left out by their plays of training songs: set "
            "plays.filter_by: all",
        )


def _part_sizes(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    sizes = {part: config["split"][part] for part in ("validation", "test") if part in config["split"]}
    for part, size in sizes.items():
        if isinstance(size, float) and size >= 1:
            yield ("split", part), f"{size} is not a share below 1; write a number of songs without a point"
    if config["split"]["folds"] is not None:
        return  # `_folds` checks it
    if len(sizes) == 2 and all(isinstance(size, float) and size < 1 for size in sizes.values()):
        total = sum(sizes.values())
        if total >= 1:
            yield (
                ("split", "test"),
                f"{sizes['test']} and split.validation ({sizes['validation']}) leave no song for training",
            )


def _first_play(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    if config["split"]["by"] == "first_play" and not tells_times(config):
        yield (
            ("split", "by"),
            f"first_play, but plays of the format {config['plays']['format']} do not tell when they were: name the "
            "column of times (plays.table.time) of a table, or write song",
        )


def _part_dates(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    split = config["split"]
    dates = {part: split[part] for part in ("validation", "test") if isinstance(split[part], str)}
    for part, date in dates.items():
        if split["by"] != "first_play":
            yield (
                ("split", part),
                f"{short(date)} is a date, but split.by is {split['by']}: write a share or a number of songs, or "
                "split.by: first_play",
            )
        elif release_date(date) is None:
            yield ("split", part), f"{short(date)} is no day of the calendar, as 2009-01-31"
    if len(dates) == 2 and dates["validation"] >= dates["test"]:
        yield (
            ("split", "validation"),
            f"{short(split['validation'])} is not before split.test ({short(split['test'])}), from which on songs are "
            "test songs",
        )


def _folds(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    split = config["split"]
    folds, fold, validation = split["folds"], split["fold"], split["validation"]
    if folds is None:
        if fold != 1:
            yield ("split", "fold"), f"{fold} is a fold, but split.folds is null: give the number of folds"
        return
    if fold > folds:
        yield ("split", "fold"), f"{fold} is more than split.folds ({folds})"
    if split["by"] in ("date", "first_play"):
        yield (
            ("split", "folds"),
            f"{folds} folds cannot be by {split['by']}, because the newest songs are the test songs: write null",
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
        yield (
            ("split", "folds"),
            f"{split['folds']} folds are not drawn, because split.path gives the parts: write null",
        )
    if split["by"] in ("date", "first_play"):
        yield (
            ("split", "by"),
            f"{split['by']} is not used, because split.path gives the parts: write song, or artist to check the "
            "artists",
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


def _given_mels(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    """Where mel-spectrograms are given, there is no audio to decode."""
    if config["audio"]["source"] != "mel":
        return
    if config["world"] is not None:
        yield ("audio", "source"), "mel, but the songs of the demo world are audio files: write file, or world: null"
    songs = config["plays"]["songs"]["path"]
    if songs and Path(songs).is_dir():
        yield (
            ("plays", "songs", "path"),
            f"{short(songs)} is a folder of audio, and audio.source: mel takes a songs table: name the NPY files in "
            "its column audio, or by plays.songs.audio_pattern",
        )
    for name, model in config["models"].items():
        if model.get("features") in config["encoders"]:
            yield (
                ("models", name, "features"),
                f"{model['features']} is an encoder, which hears audio, and audio.source: mel has none: take bow or an "
                "embedding",
            )


def _audio_pattern(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    for keys, songs in ((("plays", "songs"), config["plays"]["songs"]), (("new_songs",), config["new_songs"])):
        if songs["audio_pattern"] and "audio" in songs["columns"]:
            where = ".".join(keys)
            yield (
                (*keys, "audio_pattern"),
                f"{short(songs['audio_pattern'])} takes the place of a column: leave out {where}.columns.audio",
            )


def _frame(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    window, hop = config["audio"]["window"], config["audio"]["hop"]
    if window < hop and config["audio"]["source"] == "file":
        yield ("audio", "window"), f"{window} is below audio.hop ({hop}), which would skip samples"


def _mel_bands(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    bands, bins = config["audio"]["mel_bands"], config["audio"]["window"] // 2 + 1
    if bands > bins and config["audio"]["source"] == "file":
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
