"""The measures: what each is called, how it is read, and whether more of it is better.

Tables, charts, comparisons and the search of settings take them from here. A new one is a row in a group below, beside
what computes it (``coldwave.evaluation.scores`` for a value of each user).
"""

from typing import NamedTuple

GAP = "gap closed"
GAP_NOTE = "Gap closed: share of the way from random scores to the factors of the songs' own plays, the upper bound."


class Measure(NamedTuple):
    """A measure. ``column``, ``title`` and the texts hold ``{length}`` where it looks at so many first songs."""

    key: str  # in settings
    name: str  # without the length
    column: str  # of tables
    title: str  # of that column
    note: str  # how to read it; measures that share a note have the same
    score: str = ""  # column of the scores by user that it is the mean of: of those in ``RESULTS``
    of_user: str = ""  # a user's value in words, where songs are ``{relevant}`` to the user
    higher: bool = True  # whether more is better
    chance: float | None = None  # what random scores come to, whatever the data are

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
        """Name the column of the gap that it closes."""
        return f"gap_closed_{self.key}"

    @property
    def gap_title(self) -> str:
        """Give the heading of that column."""
        return f"{GAP}, {self.name}"


_OF_AP = "average precision in the first {length} songs, divided by the smaller of {length} and {relevant}"
_OF_PLAYED = _OF_AP.replace("{relevant}", "the test songs that the user has played")
MAP = Measure(
    "map",
    "mAP",
    "map_{length}",
    "mAP@{length}",
    f"mAP@{{length}}: mean over users of {_OF_PLAYED}; in the next column by the latter.",
    score="ap",
    of_user=_OF_AP,
)
MAP_RELEVANT = Measure(
    "map_relevant", "mAP", "map_{length}_relevant", "mAP@{length}, all relevant", MAP.note, score="ap_relevant"
)
AUC = Measure(
    "auc",
    "AUC",
    "auc",
    "AUC",
    "AUC: share of pairs, of a test song that the user has played and one not, ranked the right way; ties count one "
    "half. In mAP, tied songs take the expectation over their orders.",
    score="auc",
    chance=0.5,
)

_FIRST_SONGS = (
    "precision, recall, nDCG: of the first songs of each user's ranking, with a song relevant or not; MRR: one divided "
    "by the place of the first relevant song. Where songs tie, each is the expectation over their orders."
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
    "A list is the first {length} songs of a user's ranking; songs that tie are in an order drawn by a hash of their "
    "ids, and songs without a prediction come last. Coverage: share of the test songs that are in any list. Gini: 0 "
    "where all are listed as often, near 1 where a few songs have all the places."
)
COVERAGE = Measure("coverage", "coverage", "coverage", "coverage@{length}", _LISTS)
GINI = Measure("gini", "Gini", "gini", "Gini@{length}", _LISTS, higher=False)

_LISTED = (
    "Novelty: mean of -log2 of the share of users who have played a listed song, in bits; its own plays count, as it "
    "has no others. Artists: different artists in a list, divided by its length."
)
NOVELTY = Measure("novelty", "novelty", "novelty", "novelty@{length}", _LISTED)
ARTISTS = Measure("artist_diversity", "artists", "artist_diversity", "artists@{length}", _LISTED)

_FACTORS = (
    "R² and cosine compare predicted factors of test songs with those of their own plays, R² over all factors "
    "together; – for models that predict no factors."
)
R2 = Measure("r2", "R²", "r2", "R² of factors", _FACTORS)
COSINE = Measure("cosine", "cosine", "cosine", "cosine of factors", _FACTORS)

RESULTS = (MAP, MAP_RELEVANT, AUC)  # of the table of results and of several runs' in one, in the paper's order
COMPARED = (AUC, MAP)  # of those, what is drawn and tested, has a gap to close, and can be searched for
LED_BY_COMPARED = (*COMPARED, *(one for one in RESULTS if one not in COMPARED))  # as the report's page shows them
AT_EACH_LENGTH = (NDCG, PRECISION, RECALL)  # of the table of further measures, for each length of a list
AT_FIRST_LENGTH = (MRR, COVERAGE, GINI, NOVELTY, ARTISTS, R2, COSINE)  # of the same table, once


def gaps() -> list[Measure]:
    """The measures whose gap is told, in the order of the table of results."""
    return [one for one in RESULTS if one in COMPARED]
