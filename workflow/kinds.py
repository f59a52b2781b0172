"""The kinds of models: a row each, and the only place where a property of a kind is written.

A new kind is a row here, an entry of its name under ``$defs`` in the schema, a rule file and scripts of its own. Its
rules take songs' paths and settings from ``models_inputs.smk``, and its name stands in those files and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from coldwave.evaluation.models import CEILING, FEATURES, FLOOR, LOG_MELS, PREDICTIONS
from workflow import network_checks
from workflow.wording import Keys

Settings = Mapping[str, Any]  # of one model, from its key in ``models:``
Check = Callable[[Mapping[str, Any], Settings, str], Iterator[tuple[Keys, str]]]  # of the config, a model and its name


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of model. Where a kind is another thing with some settings than without, each has a row."""

    name: str  # as tables name it
    kind: str = ""  # as the config names it, where that is another
    file: str = ""  # its rule file, without the suffix; by default that of its kind
    rule: str  # that learns it or, where nothing is learnt, predicts it

    # Where it stands in tables, and what they say of it
    place: int  # from the floor, 0, to the upper bound; models of one place are in the config's order
    end: str = ""  # whether it is the floor or the ceiling of what models can reach
    what: str = ""  # in a few words, where it is none of the models that are compared but what they are measured by
    note: str = ""  # how to read its rows in the results table
    published: Mapping[str, Settings] = field(default_factory=dict)  # rows of the paper's: settings that must be so

    # What it knows of a song
    hears: str = ""  # features (its setting `features` says which), log-mels, or predictions of a model that hears
    names: bool = False  # whether it reads the names of artist and album
    oracle: str = ""  # what it knows of test songs and nobody knows of a new song
    stands_on: tuple[str, ...] = ()  # settings that name other models (one, or a list), whose predictions it reads

    # What it makes
    chance: bool = False  # whether chance is in it, so that it is run with each seed
    weights: bool = False  # whether it learns weights, which the audit holds to the split
    curve: bool = False  # whether its learning leaves a curve
    own_users: bool = False  # whether it brings user vectors, in place of the factorisation's
    factors: bool = False  # whether its song vectors are factors that differ from song to song
    from_audio: bool = False  # whether it predicts factors from what it hears, and from nothing else
    filters: bool = False  # whether its weights begin with filters that can be drawn
    tuned: bool = False  # whether its settings can be searched, with a teacher in coldwave.tuning.teachers

    # What its settings do
    effects: Mapping[str, Mapping[str, tuple]] = field(default_factory=dict)  # a setting: the others that give it one
    machine: tuple[str, ...] = ()  # settings that say where it is learnt, and change nothing that it predicts
    checks: tuple[Check, ...] = ()  # what its settings must be to each other

    def __post_init__(self) -> None:
        """Fill in the names that follow from others."""
        object.__setattr__(self, "kind", self.kind or self.name)
        object.__setattr__(self, "file", self.file or self.kind)

    @property
    def hears_log_mels(self) -> bool:
        """Whether it is a network that hears the spectrograms themselves."""
        return self.hears == LOG_MELS

    @property
    def predicts_new(self) -> bool:
        """Whether it says anything of a song that nobody has played."""
        return bool(self.hears or self.names)


# Extras that must be off for a network to count as the paper's.
_PLAIN = {
    "averaging": 0.0,
    "blocks": "plain",
    "dropout": 0.0,
    "mask_bands": 0,
    "mask_frames": 0,
    "mixup": 0.0,
    "normalization": "none",
    "pooling": "flatten",
    "temper": 0.0,
    "unit_norm": False,
}
_RANKING = {"objective": ("bpr", "sampled_softmax")}
_HEARING = 3  # the place of all that hear the songs
_BY_NAMES = (
    "Metadata: the mean factors of the training songs of a song's artist, else album, else year, else of all; with "
    "audio, stacked with what a model predicts that hears the song."
)

ROWS = (
    Kind(
        name="random",
        file="references",
        rule="predict_random",
        place=0,
        end=FLOOR,
        what="chance, the floor",
        published={"random": {}},
        chance=True,
        own_users=True,
    ),
    Kind(
        name="mean",
        file="references",
        rule="predict_mean",
        place=1,
        what="the mean factors, for every song",
    ),
    Kind(
        name="popularity",
        rule="predict_popularity",
        place=4,
        what="oracle: how many users a song has",
        note="Popularity is an oracle: it ranks songs by how many users they have, test songs included, which nobody "
        "knows of a new song.",
        oracle="it knows how many users each test song has",
        own_users=True,
    ),
    Kind(
        name="usage",
        file="references",
        rule="predict_usage",
        place=5,
        end=CEILING,
        what="from the songs' own plays, the upper bound",
        published={"upper bound": {}},
        oracle="it is made of their plays",
        factors=True,
    ),
    Kind(
        name="knn",
        rule="predict_knn",
        place=_HEARING,
        hears=FEATURES,
        own_users=True,
    ),
    Kind(
        name="mlr",
        rule="fit_mlr",
        place=_HEARING,
        published={"MLR": {}},
        hears=FEATURES,
        chance=True,
        weights=True,
        curve=True,
        own_users=True,
    ),
    Kind(
        name="linear",
        rule="fit_linear",
        place=_HEARING,
        published={"linear regression": {}},
        hears=FEATURES,
        weights=True,
        curve=True,
        factors=True,
        from_audio=True,
        tuned=True,
    ),
    Kind(
        name="mlp",
        rule="train_mlp",
        place=_HEARING,
        published={"MLP": {}},
        hears=FEATURES,
        chance=True,
        weights=True,
        curve=True,
        factors=True,
        from_audio=True,
        tuned=True,
    ),
    Kind(
        name="cnn",
        rule="train_cnn",
        place=_HEARING,
        published={"CNN with MSE": {"objective": "mse", **_PLAIN}, "CNN with WPE": {"objective": "wpe", **_PLAIN}},
        hears=LOG_MELS,
        chance=True,
        weights=True,
        curve=True,
        factors=True,
        from_audio=True,
        filters=True,
        tuned=True,
        effects={"temperature": _RANKING, "plays_per_song": _RANKING, "momentum": {"optimizer": ("nesterov",)}},
        machine=("accelerator", "devices", "nodes", "precision"),
        checks=network_checks.CHECKS,
    ),
    Kind(
        name="metadata",
        rule="predict_metadata",
        place=2,
        what="mean factors of the artist's songs",
        note=_BY_NAMES,
        names=True,
        factors=True,
        effects={"strengths": {"audio": ()}},  # of the regression on another model's predictions, which it has not
    ),
    Kind(
        name="metadata + audio",
        kind="metadata",
        rule="stack_metadata",
        place=_HEARING,
        note=_BY_NAMES,
        hears=PREDICTIONS,
        names=True,
        stands_on=("audio",),
        weights=True,
        curve=True,
        factors=True,
    ),
)
KINDS = {row.name: row for row in ROWS}


def names_of(having: str = "name") -> list[str]:
    """The kinds, as the config names them, that have a property: all of them by default."""
    return list(dict.fromkeys(row.kind for row in ROWS if getattr(row, having)))


def either(names: list[str]) -> str:
    """Names in words: ``a, b or c``."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def rule_files() -> list[str]:
    """The rule files of the kinds, each once."""
    return list(dict.fromkeys(row.file for row in ROWS))


def row_of(model: Settings) -> Kind:
    """The row of a model: of those of its kind, the one whose settings that name other models are given.

    Raises
    ------
    KeyError
        There is no such kind.
    """
    fitting = [row for row in ROWS if row.kind == model["kind"] and all(model.get(key) for key in row.stands_on)]
    if not fitting:
        raise KeyError(model["kind"])
    return max(fitting, key=lambda row: len(row.stands_on))


def stood_on(model: Settings) -> list[str]:
    """The names of the models that a model stands on."""
    named = [model[key] for key in row_of(model).stands_on]
    return [name for names in named for name in ([names] if isinstance(names, str) else names)]


def has_chance(models: Mapping[str, Settings], name: str) -> bool:
    """Whether chance is in a model, or in one that it stands on."""
    model = models[name]
    return row_of(model).chance or any(has_chance(models, other) for other in stood_on(model))


def idle(model: Settings) -> set[str]:
    """The settings of a model that have no effect as its others are."""
    effects = row_of(model).effects
    return {key for key, needed in effects.items() if any(model[other] not in needed[other] for other in needed)}


def published_row(model: Settings) -> str | None:
    """The row of the paper's tables that a model can stand beside; None where it is no model of the paper's."""
    for name, needed in row_of(model).published.items():
        if all(model[key] == value for key, value in needed.items()):
            return name
    return None


def shown(model: Settings) -> dict[str, Any]:
    """What tables and figures have to know of a model: the fields of ``coldwave.evaluation.models.Model``."""
    row = row_of(model)
    return {"kind": row.name, "place": row.place, "end": row.end, "hears": row.hears, "what": row.what}


def notes(models: Mapping[str, Settings]) -> list[str]:
    """How to read the rows of models in the results table, each note once."""
    used = {row_of(model).name for model in models.values()}
    return list(dict.fromkeys(row.note for row in ROWS if row.name in used and row.note))
