"""The measures: what each is called, how to read it, and whether higher is better.

Tables, charts, comparisons and the search for settings take them from here. A new measure needs a row in a group below
and code that computes it (``coldwave.evaluation.scores`` for a value of each user).
"""

from typing import NamedTuple

GAP = "gap closed"
GAP_NOTE = (
    "Gap: share of the way from random scores to the upper bound, factors of the songs' own plays by half of the "
    "users. It bounds little for songs with few plays."
)
HEARD = "heard"
HEARD_NOTE = (
    "Heard: share of what can be heard, the way from random scores to a perfect ear: a linear regression that is told "
    "the planted traits that can be heard. It is no limit: songs of one artist sound alike, so a model that is not "
    "linear may know the artist, and with it more than the traits."
)


class Measure(NamedTuple):
    """A measure. In ``column``, ``title`` and the texts, ``{length}`` is the number of first songs that it looks at."""

    key: str  # in settings
    name: str  # without the length
    column: str  # of tables
    title: str  # of that column
    note: str  # how to read it; several measures may share one
    score: str = ""  # for those in ``RESULTS``: the column of the scores by user that it averages
    of_user: str = ""  # a user's value in words; ``{relevant}`` is the user's relevant songs
    higher: bool = True  # whether more is better
    chance: float | None = None  # the value of random scores, if the data do not matter

    def column_at(self, length: int) -> str:
        """Name its column in tables."""
        return self.column.format(length=length)

    def title_at(self, length: int) -> str:
        """Give the heading of that column."""
        return self.title.format(length=length)

    def note_at(self, length: int) -> str:
        """Say how to read it."""
        return self.note.format(length=length)

    def of_user_at(self, length: int, relevant: str) -> str:
        """Say what a user's value is, in words that follow its title."""
        return self.of_user.format(length=length, relevant=relevant)

    @property
    def gap_column(self) -> str:
        """Name the column of its gap closed."""
        return f"gap_closed_{self.key}"

    @property
    def gap_title(self) -> str:
        """Give the heading of that column."""
        return f"{GAP.split()[0]}, {self.name}"

    @property
    def heard_column(self) -> str:
        """Name the column of its share of what can be heard."""
        return f"heard_{self.key}"

    @property
    def heard_title(self) -> str:
        """Give the heading of that column."""
        return f"{HEARD}, {self.name}"


_OF_AP = "average precision in the first {length} songs, divided by the smaller of {length} and {relevant}"
_OF_PLAYED = _OF_AP.replace("{relevant}", "the test songs that the user has played")
MAP = Measure(
    "map",
    "mAP",
    "map_{length}",
    "mAP@{length}",
    f"mAP@{{length}}: mean over users of {_OF_PLAYED}; in the next column, by the latter.",
    score="ap",
    of_user=_OF_AP,
)
MAP_RELEVANT = Measure(
    "map_relevant", "mAP", "map_{length}_relevant", "mAP@{length}, all", MAP.note, score="ap_relevant"
)
AUC = Measure(
    "auc",
    "AUC",
    "auc",
    "AUC",
    "AUC: share of the pairs of a test song that the user has played and one that the user has not in which the first "
    "ranks higher; ties count one half. In mAP, ties count as the expectation over the orders of the tied songs.",
    score="auc",
    chance=0.5,
)

_FIRST_SONGS = (
    "precision, recall, nDCG: of the first songs of each user's ranking, with binary relevance. MRR: mean of one "
    "divided by the place of the first relevant song. Where songs tie, each is the expectation over their orders."
)
NDCG = Measure("ndcg", "nDCG", "ndcg_{length}", "nDCG@{length}", _FIRST_SONGS)
PRECISION = Measure("precision", "precision", "precision_{length}", "precision@{length}", _FIRST_SONGS)
RECALL = Measure(
    "recall",
    "recall",
    "recall_{length}",
    "recall@{length}",
    _FIRST_SONGS,
    of_user="share of {relevant} in the first {length} songs",
)
MRR = Measure("reciprocal_rank", "MRR", "reciprocal_rank", "MRR", _FIRST_SONGS)

_LISTS = (
    "A list is the first {length} songs of a user's ranking. A hash of the song ids orders songs that tie, and songs "
    "without a prediction come last. Coverage: share of the test songs that are in any list. Gini: 0 if all songs are "
    "listed equally often, near 1 if a few songs fill the lists."
)
COVERAGE = Measure("coverage", "coverage", "coverage", "coverage@{length}", _LISTS)
GINI = Measure("gini", "Gini", "gini", "Gini@{length}", _LISTS, higher=False)

_LISTED = (
    "Novelty: mean of -log2 of the share of users who have played a listed song, in bits. These are the test songs' "
    "own plays; they have no others. Artists: number of different artists in a list, divided by its length."
)
NOVELTY = Measure("novelty", "novelty", "novelty", "novelty@{length}", _LISTED)
ARTISTS = Measure("artist_diversity", "artists", "artist_diversity", "artists@{length}", _LISTED)

_FACTORS = (
    "R² and cosine compare predicted factors of test songs with those of their own plays, R² over all factors "
    "together; – for models that predict no factors."
)
R2 = Measure("r2", "R²", "r2", "R² of factors", _FACTORS)
COSINE = Measure("cosine", "cosine", "cosine", "cosine of factors", _FACTORS)

RESULTS = (MAP, MAP_RELEVANT, AUC)  # of the results table of a run, and of several runs, in the paper's order
COMPARED = (AUC, MAP)  # those of them that are drawn and tested, have a gap to close, and can be searched for
LED_BY_COMPARED = (*COMPARED, *(one for one in RESULTS if one not in COMPARED))  # in the order of the report's page
AT_EACH_LENGTH = (NDCG, PRECISION, RECALL)  # of the table of further measures, for each length of a list
AT_FIRST_LENGTH = (MRR, COVERAGE, GINI, NOVELTY, ARTISTS, R2, COSINE)  # of the same table, once


def gaps() -> list[Measure]:
    """List the measures with a gap, in the order of the results table."""
    return [one for one in RESULTS if one in COMPARED]
