"""A run that is made up, its page, and what that page is made of."""

import itertools
from html.parser import HTMLParser

import polars as pl

from coldwave.evaluation.differences import Comparison
from coldwave.evaluation.models import CEILING, FEATURES, FLOOR, LOG_MELS, Model
from coldwave.evaluation.recommendation import Trained, recommendation_table
from coldwave.evaluation.scores import SCORES
from coldwave.evaluation.where import SCHEMA as WHERE
from coldwave.exhibits.files import Exhibit
from coldwave.report.data import Data
from coldwave.report.figures import lines
from coldwave.report.page import render
from coldwave.report.song_map import Places
from coldwave.report.training import Curve

HOSTILE = '<script>alert("1")</script>&<img src=x onerror=alert(1)>'
MODELS = {
    "random": Model("random", 0, FLOOR, what="chance, the floor"), "linear": Model("linear", 3, hears=FEATURES),
    "cnn_mse": Model("cnn", 3, hears=LOG_MELS), "usage": Model("usage", 5, CEILING, what="the upper bound"),
}  # fmt: skip
LEVELS = {"random": 0.5, "linear": 0.6, "cnn_mse": 0.7, "usage": 0.9}


def scores(auc):
    columns = {"user": [0, 1], "relevant": [1, 1], "ap": [0.0, auc / 4], "ap_relevant": [0.0, auc / 4],
               "auc": [auc - 0.1, auc + 0.1], "songs": [2, 2], "missing": [1, 1]}  # fmt: skip
    return pl.DataFrame(columns, schema=SCORES)


def network_curve(best):
    epochs = range(1, 6)
    return pl.DataFrame(
        {
            "epoch": epochs,
            "train_loss": [1 / epoch for epoch in epochs],
            "validation_loss": [1.5 / epoch for epoch in epochs],
            "learning_rate": [0.001] * 5,
            "seconds": [1.0] * 5,
            "best": [epoch == best for epoch in epochs],
        }
    )


RIDGE_CURVE = pl.DataFrame(
    {
        "strength": [0.1, 1.0, 10.0],
        "train_mse": [1.0, 2, 3],
        "left_out_mse": [5.0, 4, 6],
        "best": [False, True, False],
    }
)


def data(failures=1):
    songs = failures + 3
    return Data(
        songs=pl.DataFrame(
            {
                "song": range(songs),
                "song_id": [f"{HOSTILE}{i}" for i in range(songs)],
                "title": ["T"] * songs,
                "artist": [None] * songs,
                "tags": [[HOSTILE]] * songs,
                "plays": range(songs),
            },
            schema={
                "song": pl.UInt32,
                "song_id": pl.String,
                "title": pl.String,
                "artist": pl.String,
                "tags": pl.List(pl.String),
                "plays": pl.UInt64,
            },
        ),  # fmt: skip
        users=pl.DataFrame({"user": range(5)}),
        plays=pl.DataFrame({"song": [0, 0, 1], "count": [2, 3, 1000]}),
        split=pl.DataFrame({"song": range(songs), "part": ["train", "test", *["validation"] * (songs - 2)]}),
        rejected=pl.DataFrame({"source": ["a.txt", "a.txt", "b"], "reason": ["bad count", "bad count", HOSTILE]}),
        audio=pl.DataFrame(
            {"song": range(songs), "status": ["missing"] * failures + ["ok"] * 3, "detail": [HOSTILE] * songs},
            schema_overrides={"song": pl.UInt32},
        ),
    )


def places(songs, at_most=3):
    table = pl.DataFrame({"song": range(songs), "x": [float(i) for i in range(songs)], "y": [0.5] * songs},
                         schema_overrides={"song": pl.UInt32})  # fmt: skip
    figure = Exhibit("The static map.", lines({"a": [([1, 2], [3, 4])]}, [], "x", "y", "map"), figure=True)
    return Places(table, figure, "Map of some songs.", at_most)


def comparison(*same):
    """Differences of all pairs of models but those named, and intervals."""
    means = {"random": 0.5, "linear": 0.6, "cnn_mse": 0.72, "usage": 0.9}
    rows = [{"measure": "AUC", "first": one, "second": other, "differs": {one, other} not in map(set, same)}
            for one, other in itertools.combinations(LEVELS, 2)]  # fmt: skip
    intervals = [{"measure": "AUC", "model": model, "low": mean - 0.02, "high": mean + 0.02}
                 for model, mean in means.items()]  # fmt: skip
    return Comparison(pl.DataFrame(rows), pl.DataFrame(intervals))


def page(**changes):
    trained = [Trained(model, 1, scores(level)) for model, level in LEVELS.items()]
    trained.append(Trained("cnn_mse", 2, scores(0.74)))
    settings = {
        "run": "demo",
        "about": ["Synthetic demo world.", "Strict protocol."],
        "config": "run: demo\nsplit:\n  test: 0.2",
        "table": recommendation_table(trained, MODELS, 5, 500),
        "comparison": comparison(),
        "where": pl.DataFrame(schema=WHERE),
        "models": MODELS,
        "kind_notes": ["Some kinds are explained."],
        "trained": trained,
        "curves": [Curve("linear", 1, RIDGE_CURVE), Curve("cnn_mse", 1, network_curve(3)),
                   Curve("cnn_mse", 2, network_curve(4))],
        "objective": pl.DataFrame({"iteration": [1, 2, 3], "objective": [9.0, 5.0, 4.0]}),
        "data": data(),
        "places": places(4),
        "sections": {},
    }  # fmt: skip
    return render(**settings | changes)


class Elements(HTMLParser):
    """Collects elements and text, and checks that they are nested well."""

    VOID = {"meta", "link", "img", "br", "input"}

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.words = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.words.append(text)

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]
