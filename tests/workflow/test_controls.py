"""What models should lose where audio or names are dealt out among songs, and what is taken for a mistake."""

import sys
from pathlib import Path

import polars as pl
import pytest

from workflow.controls import AUDIO, CHANCE, NAMES, REST, SAME, Auc, Expected, expected, knows, verdict

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from controls import dealt_out

MODELS = {
    "random": {"kind": "random"},
    "usage": {"kind": "usage", "held_out": True},
    "linear": {"kind": "linear", "features": "bow"},
    "cnn": {"kind": "cnn", "objective": "mse"},
    "names": {"kind": "names", "audio": None},
    "both": {"kind": "names", "audio": "linear"},
    "theirs": {"kind": "predictions", "scores": "x.csv", "songs": None, "users": None},
}
PLAIN = {"linear": Auc(0.6, 0.55, 0.65), "names": Auc(0.7, 0.65, 0.75), "both": Auc(0.75, 0.7, 0.8)}


def test_what_models_know_follows_from_their_kinds():
    known = {name: sorted(knows(MODELS, name)) for name in MODELS}
    nothing = dict.fromkeys(("random", "usage", "theirs"), [])
    assert known == nothing | {"linear": [AUDIO], "cnn": [AUDIO], "names": [NAMES], "both": [AUDIO, NAMES]}


@pytest.mark.parametrize(
    ("model", "dealt", "what"),
    [
        ("random", AUDIO, Expected(SAME)),
        ("usage", NAMES, Expected(SAME)),
        ("linear", AUDIO, Expected(CHANCE)),
        ("linear", NAMES, Expected(SAME)),
        ("names", NAMES, Expected(CHANCE)),
        ("names", AUDIO, Expected(SAME)),
        ("both", AUDIO, Expected(REST, ("names",))),
        ("both", NAMES, Expected(REST, ("linear",))),  # on which it stands; the network knows as much
    ],
)
def test_a_model_should_lose_what_was_dealt_out_and_no_more(model, dealt, what):
    assert expected(MODELS, model, dealt) == what


def test_without_a_model_that_knows_the_rest_there_is_none_to_compare_with():
    alone = {name: MODELS[name] for name in ("linear", "both")}
    assert expected(alone, "both", AUDIO) == Expected(REST)


def test_a_ranking_for_everybody_is_not_compared_with_rankings_of_each_user():
    models = MODELS | {
        "estimate": {"kind": "popularity_estimate", "features": "bow"},
        "attention": {"kind": "catalogue_attention", "features": "bow"},
        "knn": {"kind": "knn", "features": "bow"},
        "blend": {"kind": "blend", "models": ["knn", "names"]},
    }
    assert expected(models, "estimate", AUDIO) == Expected(REST)
    assert expected(models, "attention", NAMES) == Expected(REST, ("linear", "cnn"))
    assert expected(models, "blend", NAMES) == Expected(REST, ("knn",))


@pytest.mark.parametrize(
    ("what", "model", "mean", "mistake"),
    [
        (Expected(SAME), "linear", 0.604, None),
        (Expected(SAME), "linear", 0.606, "it has changed"),
        (Expected(SAME), "linear", 0.594, "it has changed"),
        (Expected(CHANCE), "linear", 0.54, None),
        (Expected(CHANCE), "linear", 0.56, "above chance"),
        (Expected(REST, ("names",)), "both", 0.74, None),
        (Expected(REST, ("names",)), "both", 0.76, "it knows more than is left to it"),
        (Expected(REST, ("names",)), "both", 0.64, "it has lost more than was dealt out"),
        (Expected(REST), "both", 0.6, None),
        (Expected(REST), "both", 0.44, "it has lost more than was dealt out"),
    ],
)
def test_an_auc_is_held_against_its_interval(what, model, mean, mistake):
    assert verdict(what, PLAIN, model, Auc(mean, mean - 0.05, mean + 0.05)) == mistake


def test_names_are_dealt_out_together_and_only_among_songs_that_have_some():
    songs = pl.DataFrame(
        {
            "song_id": list("abcdef"),
            "artist": ["A", "B", None, "C", None, "D"],
            "album": ["1", None, None, "3", "4", "5"],
            "audio": ["a.mp3", None, "c.mp3", "d.mp3", "e.mp3", "f.mp3"],
        }
    )
    pairs = set(songs.select("artist", "album").iter_rows())
    moved = 0
    for seed in range(20):
        found = dealt_out(songs, NAMES, seed)
        assert found.drop("artist", "album").equals(songs.drop("artist", "album"))
        assert set(found.select("artist", "album").iter_rows()) == pairs and found.row(2)[1:3] == (None, None)
        heard = dealt_out(songs, AUDIO, seed)
        assert heard.drop("audio").equals(songs.drop("audio")) and heard["audio"][1] is None
        assert sorted(heard["audio"].drop_nulls()) == sorted(songs["audio"].drop_nulls())
        moved += not heard.equals(songs) and not found.equals(songs)
    assert moved >= 18 and dealt_out(songs, AUDIO, 3).equals(dealt_out(songs, AUDIO, 3))
