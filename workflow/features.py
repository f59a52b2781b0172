"""The sources of song features: one row for each, and the only place that states their properties.

A model whose kind takes features names its source by the setting ``features``. A source makes one array for the songs
of a run; from files that the run has learnt, new songs get theirs (``coldwave.use.hearing``, or a table of their own).
Its rules are in the rule file of its section.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

# The settings that a log-mel depends on, besides the audio file.
LOG_MEL = ("source", "mel_unit", "sample_rate", "window", "hop", "mel_bands", "duration", "offset")

# The settings of an encoder that its vectors depend on, besides its file.
ENCODER = (
    *("network", "sample_rate", "input", "window", "hop", "mel_bands", "scale", "layout", "seconds", "output"),
    "pool",
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of song features, or one for each entry of its section of the config.

    In texts, ``{source}`` is the name of such an entry. Paths are relative to the run's folder.
    """

    section: str  # of the config, where its settings are
    entries: bool = False  # whether each entry of the section is a source, under its name; else the section is one
    features: str  # path: float32 [songs, d], NaN rows for songs without
    learnt: tuple[str, ...]  # paths of the learnt files that new songs' features are made with
    settings: Mapping[str, tuple[str, ...]]  # what else a song's features depend on: keys by section
    rate: str = ""  # the setting with the sample rate of the audio that it reads; empty if it reads none
    log_mels: bool = False  # whether it is made of the run's log-mels
    learning: tuple[str, ...] = ()  # the rules that learn it (of an entry); the audit can run them again
    tags: bool = False  # whether tags are predicted from it, as well as from factors


SOURCES = (
    Source(
        section="bow",
        features="bow/features.npy",
        learnt=("bow/codebook.npy", "bow/frame_scale.npy", "bow/pca_mean.npy", "bow/pca_components.npy"),
        settings={"audio": LOG_MEL, "bow": ("coefficients",)},
        rate="audio.sample_rate",
        log_mels=True,
        learning=("learn_codebook", "reduce_counts"),
        tags=True,
    ),
    Source(
        section="embeddings",
        entries=True,
        features="embeddings/{source}.features.npy",
        learnt=tuple(f"embeddings/{{source}}.{part}" for part in ("columns.parquet", "mean.npy", "scale.npy")),
        settings={"embeddings.{source}": ("columns",)},
        learning=("scale_embeddings",),
    ),
    Source(
        section="encoders",
        entries=True,
        features="embeddings/{source}.features.npy",  # no encoder has the name of an embedding
        learnt=tuple(f"embeddings/{{source}}.{part}.npy" for part in ("mean", "scale")),
        settings={"audio": ("duration", "offset"), "encoders.{source}": ENCODER},
        rate="encoders.{source}.sample_rate",
        learning=("scale_encodings",),
    ),
)


def rule_files() -> list[str]:
    """List the rule files of the sources."""
    return [row.section for row in SOURCES]


def sources(config: Mapping[str, Any]) -> dict[str, Source]:
    """Map each name that a model may give in ``features`` to its source."""
    found = {}
    for row in SOURCES:
        for name in config[row.section] if row.entries else [row.section]:
            found[name] = _of(row, name)
    return found


def taken(config: Mapping[str, Any]) -> dict[str, Source]:
    """Pick the sources that models of the config take, by name; those of one section in alphabetical order."""
    named = {model["features"] for model in config["models"].values() if "features" in model}
    order = [row.section for row in SOURCES]
    found = [(name, source) for name, source in sources(config).items() if name in named]
    return dict(sorted(found, key=lambda item: (order.index(item[1].section), item[0])))


def _of(row: Source, name: str) -> Source:
    def filled(text: str) -> str:
        return text.replace("{source}", name)

    return replace(
        row,
        features=filled(row.features),
        learnt=tuple(map(filled, row.learnt)),
        settings={filled(section): keys for section, keys in row.settings.items()},
        rate=filled(row.rate),
    )
