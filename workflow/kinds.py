"""The kinds of models: one row for each, and the only place that states their properties.

A new kind needs a row here, an entry of its name under ``$defs`` in the schema, a rule file and scripts. Its rules take
paths and settings from ``models_inputs.smk``. No other file names the kind.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from coldwave.evaluation.models import CEILING, EAR, FEATURES, FLOOR, LOG_MELS, PREDICTIONS
from workflow import blend_checks, network_checks, predictions_checks
from workflow.wording import Keys

Settings = Mapping[str, Any]  # of one model, from its key in ``models:``
Check = Callable[[Mapping[str, Any], Settings, str], Iterator[tuple[Keys, str]]]  # of the config, a model and its name


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of model. A kind has several rows if a setting changes what it is."""

    name: str  # as tables name it
    kind: str = ""  # as the config names it, if that differs
    file: str = ""  # its rule file, without the suffix; by default that of its kind
    when: Mapping[str, Any] = field(default_factory=dict)  # values of settings that tell it from its kind's other rows
    rule: str  # that learns it or, if nothing is learnt, predicts it

    # Where it stands in tables, and what they say about it
    place: int  # from the floor, 0, to the upper bound; equal places keep the config's order
    end: str = ""  # `FLOOR`, `CEILING` or `EAR`, if it is one; of several ceilings the first in place counts
    what: str = ""  # for a reference, what it is in a few words
    note: str = ""  # how to read its rows in the results table
    published: Mapping[str, Settings] = field(default_factory=dict)  # rows of the paper's tables: needed settings

    # What it knows about a song
    hears: str = ""  # features (the setting `features` says which), log-mels, or predictions of an audio model
    names: bool = False  # whether it reads the names of artist and album
    oracle: str = ""  # what it knows about test songs that nobody knows about a new song
    stands_on: tuple[str, ...] = ()  # settings that name other models (one, or a list), whose predictions it reads
    stands_on_having: str = "from_audio"  # the property that those models must have

    brought: tuple[str, ...] = ()  # settings that name files made elsewhere: how is not known, nor from what songs

    demo: bool = False  # whether it needs the demo world

    # What it makes
    chance: bool = False  # whether it depends on chance, so that it runs with each seed
    weights: bool = False  # whether it learns weights, which the audit checks
    curve: bool = False  # whether it has a learning curve
    validated: bool = False  # whether it learns from validation songs, whatever its settings
    left_out: bool = False  # whether it predicts each song that it has learnt from as if it had not
    own_users: bool = False  # whether it makes user vectors, in place of the factorisation's
    factors: bool = False  # whether its song vectors are factors that differ from song to song
    from_audio: bool = False  # whether it predicts factors from what it hears alone
    filters: bool = False  # whether its weights begin with filters that can be drawn
    tuned: bool = False  # whether its settings can be searched, with a teacher in coldwave.tuning.teachers

    # What its settings do
    effects: Mapping[str, Mapping[str, tuple]] = field(default_factory=dict)  # a setting: others that it needs
    canary: Settings = field(default_factory=dict)  # that cut its learning short for the audit; none if it is quick
    machine: tuple[str, ...] = ()  # settings that say where it is learnt, and do not change its predictions
    checks: tuple[Check, ...] = ()  # checks of its settings against each other

    def __post_init__(self) -> None:
        """Fill in the names that follow from others."""
        object.__setattr__(self, "kind", self.kind or self.name)
        object.__setattr__(self, "file", self.file or self.kind)

    @property
    def hears_log_mels(self) -> bool:
        """Whether it hears the log-mel spectrograms themselves."""
        return self.hears == LOG_MELS

    @property
    def has_worth(self) -> bool:
        """Whether it is asked how many plays of a song it is worth: it knows a song without its plays."""
        return self.predicts_new or self.demo

    @property
    def always_new(self) -> bool:
        """Whether it predicts every song as a new one, those that it has learnt from too."""
        return self.left_out or self.names

    @property
    def predicts_new(self) -> bool:
        """Whether it can predict a song that nobody has played."""
        return bool(self.hears or self.names)


# Extras that must be off for a network to count as the paper's.
_PLAIN = {
    "averaging": 0.0,
    "blocks": "plain",
    "dilations": [],
    "dropout": 0.0,
    "mask_bands": 0,
    "mask_frames": 0,
    "members": 1,
    "mixup": 0.0,
    "normalization": "none",
    "pooling": "flatten",
    "shift_bands": 0,
    "temper": 0.0,
    "unit_norm": False,
    "whitening": 0.0,
    "whiten_popularity": False,
}
_ONE_PROCESSOR = {"accelerator": "cpu", "devices": 1, "nodes": 1, "precision": "32-true"}
_RANKING = {"objective": ("bpr", "sampled_softmax")}
_AUDIO = 3  # the place of all audio models
_PLANTED = (
    "Planted: ridge regression from the traits that were planted in the demo world, learnt from the same songs as "
    "linear: all that can be heard (a perfect ear), those of single moments alone (order-free), or those that "
    "cannot be heard as well (all)."
)
_BY_NAMES = (
    "Names: effects of a song's artist and album, estimated from their known songs; with audio, of what an audio model "
    "leaves of these, added to what it predicts."
)
_BLEND = (
    "Blend: the scores of several models, divided by their standard deviation for each user, and added with weights "
    "that are learnt on validation songs unless the config gives them."
)
_BROUGHT = (
    "Predictions: scores, vectors or factors that were made elsewhere. What they were learnt from is not known here, "
    "and the audit cannot check it."
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
        "knows about a new song.",
        oracle="it knows how many users each test song has",
        own_users=True,
    ),
    *(
        Kind(
            name=name,
            kind="planted",
            when={"traits": traits},
            rule="predict_planted",
            place=5,
            end=end,
            what=what,
            note=_PLANTED,
            oracle="it is told what was planted in each song",
            demo=True,
            factors=True,
        )
        for name, traits, end, what in (
            ("planted order-free", "order_free", "", "told the traits of single moments"),
            ("planted", "audible", EAR, "told what can be heard: a perfect ear"),
            ("planted all", "all", "", "told everything planted"),
        )
    ),
    Kind(
        name="usage",
        file="references",
        when={"held_out": True},
        rule="predict_usage",
        place=6,
        end=CEILING,
        what="from other users' plays of the song, the upper bound",
        note="Usage, the upper bound, is held out: test songs get factors from the plays of one half of the users, and "
        "are ranked for the other half; both ways, so that no user's own plays are in the user's scores.",
        oracle="it is made of their plays",
        own_users=True,
    ),
    Kind(
        name="usage in sample",
        kind="usage",
        file="references",
        when={"held_out": False},
        rule="predict_usage_in_sample",
        place=7,
        end=CEILING,
        what="oracle: from the plays that are ranked",
        note="Usage in sample is an oracle: test songs get factors from the very plays that are ranked, so it knows "
        "the answers. It is the upper bound only where none is held out.",
        published={"upper bound": {}},
        oracle="it is made of their plays",
        factors=True,
    ),
    Kind(
        name="knn",
        rule="predict_knn",
        place=_AUDIO,
        hears=FEATURES,
        own_users=True,
    ),
    Kind(
        name="mlr",
        rule="fit_mlr",
        place=_AUDIO,
        published={"MLR": {}},
        hears=FEATURES,
        chance=True,
        weights=True,
        curve=True,
        own_users=True,
        canary={"iterations": 2},
    ),
    Kind(
        name="linear",
        rule="fit_linear",
        place=_AUDIO,
        published={"linear regression": {}},
        hears=FEATURES,
        weights=True,
        curve=True,
        left_out=True,
        factors=True,
        from_audio=True,
        tuned=True,
    ),
    Kind(
        name="mlp",
        rule="train_mlp",
        place=_AUDIO,
        published={"MLP": {}},
        hears=FEATURES,
        chance=True,
        weights=True,
        curve=True,
        factors=True,
        from_audio=True,
        tuned=True,
        canary={"epochs": 2},
    ),
    Kind(
        name="contrastive",
        rule="train_contrastive",
        place=_AUDIO,
        hears=FEATURES,
        chance=True,
        weights=True,
        curve=True,
        own_users=True,
        effects={
            "dimensions": {"start": ("random",)},
            "strengths": {"start": ("factors",)},
            "log_q": {"loss": ("softmax",)},
        },
        canary={"epochs": 1, "steps": 3, "accelerator": "cpu"},
        machine=("accelerator",),
    ),
    Kind(
        name="cnn",
        rule="train_cnn",
        place=_AUDIO,
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
        canary={"epochs": 1, "steps": None, "members": 1, "warm_up": 0, **_ONE_PROCESSOR},
        machine=tuple(_ONE_PROCESSOR),
        checks=network_checks.CHECKS,
    ),
    Kind(
        name="names",
        rule="predict_names",
        place=2,
        what="effects of artist and album",
        note=_BY_NAMES,
        names=True,
        factors=True,
    ),
    Kind(
        name="names + audio",
        kind="names",
        rule="stack_names",
        place=_AUDIO,
        note=_BY_NAMES,
        hears=PREDICTIONS,
        names=True,
        stands_on=("audio",),
        weights=True,
        factors=True,
    ),
    Kind(
        name="catalogue_attention",
        rule="fit_catalogue_attention",
        place=_AUDIO,
        note="Catalogue attention: linear, effects of artist and album on what it leaves, and attention to the "
        "artist's known songs that sound alike.",
        hears=FEATURES,
        names=True,
        chance=True,
        weights=True,
        curve=True,
        factors=True,
        canary={"epochs": 2, "accelerator": "cpu"},
        machine=("accelerator",),
    ),
    Kind(
        name="popularity_estimate",
        rule="fit_popularity",
        place=_AUDIO,
        note="Popularity estimate: songs by how many users they can be expected to have, by what is heard of them and "
        "by the past of their artist and album, in the same order for everybody.",
        hears=FEATURES,
        names=True,
        weights=True,
        own_users=True,
    ),
    Kind(
        name="blend",
        rule="learn_blend",
        place=_AUDIO,
        note=_BLEND,
        hears=PREDICTIONS,
        stands_on=("models",),
        stands_on_having="predicts_new",
        weights=True,
        validated=True,
        own_users=True,
        checks=blend_checks.CHECKS,
    ),
    *(
        Kind(
            name=name,
            kind="predictions",
            when=dict.fromkeys(without),
            rule=rule,
            place=_AUDIO,
            note=_BROUGHT,
            brought=predictions_checks.FILES,
            own_users=own_users,
            factors=not own_users,
            checks=predictions_checks.CHECKS if not without else (),
        )
        for name, without, rule, own_users in (
            ("predictions", (), "read_scores", True),
            ("predictions by vectors", ("scores",), "read_vectors", True),
            ("predictions of factors", ("scores", "users"), "read_factors", False),
        )
    ),
)
KINDS = {row.name: row for row in ROWS}


def names_of(having: str = "name") -> list[str]:
    """List the kinds that have a property, as the config names them; all of them by default."""
    return list(dict.fromkeys(row.kind for row in ROWS if getattr(row, having)))


def either(names: list[str]) -> str:
    """Join names in words: ``a, b or c``."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def rule_files() -> list[str]:
    """List the rule files of the kinds, each once."""
    return list(dict.fromkeys(row.file for row in ROWS))


def row_of(model: Settings) -> Kind:
    """Find the row of a model: among those of its kind, the one that its settings ask for, by as many as possible.

    The model has the values in the row's ``when``, and gives the settings in its ``stands_on``.

    Raises
    ------
    KeyError
        There is no such kind.
    """
    fitting = [
        row
        for row in ROWS
        if row.kind == model["kind"]
        and all(model.get(key) for key in row.stands_on)
        and all(model.get(key) == value for key, value in row.when.items())
    ]
    if not fitting:
        raise KeyError(model["kind"])
    return max(fitting, key=lambda row: len(row.stands_on) + len(row.when))


def stood_on(model: Settings) -> list[str]:
    """List the names of the models that a model stands on; its other settings may be missing."""
    keys = dict.fromkeys(key for row in ROWS if row.kind == model["kind"] for key in row.stands_on)
    named = [model[key] for key in keys if model.get(key)]
    return [name for names in named for name in ([names] if isinstance(names, str) else names)]


def has_chance(models: Mapping[str, Settings], name: str) -> bool:
    """Whether a model, or one that it stands on, depends on chance."""
    model = models[name]
    return row_of(model).chance or any(has_chance(models, other) for other in stood_on(model))


def depth(models: Mapping[str, Settings], name: str) -> int:
    """Count the models in the longest line of models of which each stands on the next, from one on."""
    return 1 + max((depth(models, other) for other in stood_on(models[name])), default=0)


def idle(model: Settings) -> set[str]:
    """List the settings of a model that have no effect, given the others."""
    effects = row_of(model).effects
    return {key for key, needed in effects.items() if any(model[other] not in needed[other] for other in needed)}


def published_row(model: Settings) -> str | None:
    """Find the row of the paper's tables that a model matches; None if it is not a model of the paper's."""
    for name, needed in row_of(model).published.items():
        if all(model[key] == value for key, value in needed.items()):
            return name
    return None


def shown(model: Settings) -> dict[str, Any]:
    """Collect what tables and figures need to know about a model: fields of ``coldwave.evaluation.models.Model``."""
    row = row_of(model)
    return {"kind": row.name, "place": row.place, "end": row.end, "hears": row.hears, "what": row.what}


def notes(models: Mapping[str, Settings]) -> list[str]:
    """Collect the notes on how to read the rows of models in the results table, each once."""
    used = {row_of(model).name for model in models.values()}
    return list(dict.fromkeys(row.note for row in ROWS if row.name in used and row.note))
