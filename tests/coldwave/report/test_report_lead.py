"""The first words of the report say what the intervals allow, and no more."""

import polars as pl
import pytest

from coldwave.evaluation.models import CEILING, FEATURES, FLOOR, Model
from coldwave.evaluation.recommendation import Trained, recommendation_table
from coldwave.report.lead import lead, listed
from coldwave.report.results import ABOVE, BELOW, LEVEL_WITH, finding
from tests.coldwave.report.made_up import scores

FOUND = {"model": "cnn", "equals": [], "apart": 2, "others": 2, "measure": "AUC", "value": "0.720", "chance": "0.500",
         "ceiling": "0.900", "from_chance": ABOVE, "from_ceiling": BELOW, "share": "55.0 %"}  # fmt: skip


def said(**changes):
    return " ".join(lead(FOUND | changes))


def test_the_best_model_is_between_chance_and_the_upper_bound():
    assert said() == (
        "Of the audio models, cnn has the highest AUC, 0.720: of two test songs, one that a user has played and one "
        "not, it ranks the played one first about 72 times in 100. That is better than chance (0.500) and below what "
        "the songs' own plays would give (0.900). It can be told apart from every other audio model."
    )


@pytest.mark.parametrize(
    ("changes", "words", "not_said"),
    [
        ({"from_chance": LEVEL_WITH}, "That is not told apart from chance (0.500) and below", "better"),
        ({"from_chance": BELOW}, "worse than chance", "better"),
        ({"from_ceiling": LEVEL_WITH}, "not told apart from what the songs' own plays would give (0.900)", "below"),
        ({"from_ceiling": ABOVE}, "above what the songs' own plays", "below"),
        ({"from_chance": None, "from_ceiling": None}, "72 times in 100. It can", "That is"),
        ({"equals": ["b"]}, "it cannot be told apart from b.", "every other"),
        ({"equals": ["b", "c"]}, "it cannot be told apart from b and c.", "every other"),
        ({"equals": list("bcdef"), "others": 9}, "cannot be told apart from 5 of the other 9 audio models.", "every"),
        ({"apart": 1}, "(0.900).", "told apart"),
        ({"others": 0, "apart": 0}, "The audio model, cnn, has an AUC, 0.720", "every other"),
    ],
)
def test_words_follow_the_intervals(changes, words, not_said):
    assert words in said(**changes)
    assert not_said not in said(**changes)


def test_a_run_without_an_audio_model_says_so():
    assert "no audio model" in " ".join(lead(None))


def test_names_are_joined_by_commas_and_and():
    assert [listed(list("abc")[:number]) for number in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


@pytest.mark.parametrize("apart", [True, False, None])
@pytest.mark.parametrize("best", [0.4, 0.7, 0.95])
def test_sides_need_a_difference(apart, best):
    models = {"random": Model("random", 0, FLOOR), "linear": Model("linear", 3, hears=FEATURES),
              "usage": Model("usage", 5, CEILING)}  # fmt: skip
    levels = {"random": 0.5, "linear": best, "usage": 0.9}
    table = recommendation_table([Trained(name, 1, scores(auc)) for name, auc in levels.items()], models, 2, 500)
    rows = [("AUC", "linear", other, apart) for other in ("random", "usage") if apart is not None]
    names = {"measure": pl.String, "first": pl.String, "second": pl.String, "differs": pl.Boolean}
    differences = pl.DataFrame(rows, schema=names, orient="row")
    found = finding(table, models, differences)
    if apart:
        expected = (ABOVE if best > 0.5 else BELOW, ABOVE if best > 0.9 else BELOW)
    else:
        expected = (None, None) if apart is None else (LEVEL_WITH, LEVEL_WITH)
    assert (found["from_chance"], found["from_ceiling"]) == expected
