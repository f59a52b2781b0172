"""What a model should lose if a part of what it knows is dealt out among songs, by the table of kinds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from coldwave.evaluation.models import FEATURES, LOG_MELS
from workflow.kinds import row_of, stood_on

AUDIO, NAMES = "audio", "names"
DEALT = (AUDIO, NAMES)
SAME, CHANCE, REST = "the same", "chance", "what it knows besides"
CHANCE_AUC = 0.5
UNCHANGED = 0.005  # of AUC: what does not know what was dealt out learns from the same numbers, but for rounding


class Expected(NamedTuple):
    """What a model should be worth: ``models`` are those that know just what is left to it, none if there is none."""

    what: str
    models: tuple[str, ...] = ()


class Auc(NamedTuple):
    """A model's AUC and its interval."""

    mean: float
    low: float
    high: float


def knows(models: Mapping[str, Mapping[str, Any]], name: str) -> frozenset[str]:
    """List what of ``DEALT`` a model knows about a song, itself or by models that it stands on."""
    row = row_of(models[name])
    own = {AUDIO} if row.hears in (FEATURES, LOG_MELS) else set()
    return frozenset(own | ({NAMES} if row.names else set())).union(
        *(knows(models, other) for other in stood_on(models[name]))
    )


def expected(models: Mapping[str, Mapping[str, Any]], name: str, dealt: str) -> Expected:
    """Say what a model should be worth if ``dealt`` is dealt out: what it does not know cannot change it."""
    known = knows(models, name)
    if dealt not in known:
        return Expected(SAME)
    if not (rest := known - {dealt}):
        return Expected(CHANCE)
    parts = [other for other in stood_on(models[name]) if knows(models, other) == rest]
    factors = row_of(models[name]).factors  # a ranking for everybody is no measure of one for each user, or the reverse
    alike = [other for other in models if knows(models, other) == rest and row_of(models[other]).factors == factors]
    return Expected(REST, tuple(parts or alike))


def verdict(expectation: Expected, plain: Mapping[str, Auc], name: str, dealt: Auc) -> str | None:
    """Say what is wrong with a model's AUC where something is dealt out; None if it is as expected.

    Parameters
    ----------
    plain : AUC of all models where nothing is dealt out
    """
    half = (dealt.high - dealt.low) / 2
    if expectation.what == SAME:
        return "it has changed" if abs(dealt.mean - plain[name].mean) > UNCHANGED else None
    if expectation.what == CHANCE:
        return "above chance" if dealt.low > CHANCE_AUC else None
    rest = [plain[other].mean for other in expectation.models]
    if dealt.mean > max(rest, default=plain[name].mean) + half:
        return "it knows more than is left to it"
    if dealt.mean < min(rest, default=CHANCE_AUC) - half:
        return "it has lost more than was dealt out"
    return None
