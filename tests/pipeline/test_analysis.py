"""What the tiny run tells of its songs, against arithmetic of its own."""

from html import unescape

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED, FOLDS = 3, 3
AUDIO = ["linear", "mlp", "cnn_mse", "cnn_wpe"]  # predict factors from audio


def vectors(tiny, name):
    return tiny.array("wmf/song_factors.npy" if name == "usage factors" else f"predictions/{name}/{SEED}.npy")


def test_neighbours_are_those_of_brute_force_over_all_users(tiny):
    users, found = tiny.array("wmf/user_factors.npy"), tiny.table("tables/neighbours.parquet")
    assert set(found["vectors"]) == {"usage factors", *AUDIO}
    songs, test = tiny.table("plays/songs.parquet"), tiny.part("test")
    best = songs.filter(pl.col("song").is_in(test.tolist())).sort("plays", "song", descending=[True, False])
    queries = found["query"].unique(maintain_order=True).to_list()
    assert queries == best.unique("artist", keep="first", maintain_order=True)["song"].to_list()[:4]
    for (name, query), rows in found.group_by("vectors", "query", maintain_order=True):
        cosine = cosine_similarity(vectors(tiny, name).astype(np.float64) @ users.T.astype(np.float64))[query]
        others = np.sort(np.delete(cosine, query))[::-1][:5]
        assert rows["rank"].to_list() == [1, 2, 3, 4, 5]
        assert cosine[rows["song"].to_numpy()] == pytest.approx(others, abs=1e-5)
        assert rows["cosine"].to_list() == pytest.approx(others, abs=1e-5)


def test_how_often_neighbours_are_by_the_same_artist(tiny):
    users, artists = tiny.array("wmf/user_factors.npy"), tiny.table("plays/songs.parquet")["artist"].to_numpy()
    test = np.sort(tiny.part("test"))
    for row in tiny.table("tables/neighbour_artists.parquet").iter_rows(named=True):
        cosine = cosine_similarity(vectors(tiny, row["vectors"]).astype(np.float64) @ users.T.astype(np.float64))
        np.fill_diagonal(cosine, -2)
        near = artists[np.argsort(-cosine[test], axis=1)[:, :5]]
        assert row["queries"] == len(test)
        assert row["same_artist"] == pytest.approx((near == artists[test][:, None]).mean())
        assert row["artists"] == pytest.approx(np.mean([len(set(one)) for one in near]))


def test_tags_are_predicted_as_scikit_learn_predicts_them(tiny):
    found, songs = tiny.table("tables/tags_by_tag.parquet"), tiny.table("plays/songs.parquet")
    held_out = np.sort([*tiny.part("validation"), *tiny.part("test")])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / 100.0, max_iter=1000))
    for inputs, path, part, chosen in (
        ("bag of words", "bow/features.npy", "all", np.arange(40)),
        ("cnn_mse", f"predictions/cnn_mse/{SEED}.npy", "held out", held_out),
    ):
        rows = found.filter((pl.col("inputs") == inputs) & (pl.col("part") == part))
        assert len(rows) > 2
        for row in rows[:3].iter_rows(named=True):
            tagged = songs["tags"].gather(chosen).list.contains(row["tag"]).to_numpy()
            splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
            features = tiny.array(path)[chosen].astype(np.float64)
            aucs = cross_val_score(model, features, tagged, scoring="roc_auc", cv=splitter)
            assert (row["songs"], row["tagged"]) == (len(chosen), tagged.sum())
            assert row["auc"] == pytest.approx(aucs.mean(), abs=1e-6)
    assert set(found.filter(pl.col("part") == "all")["inputs"]) == {"bag of words", "usage factors"}
    assert set(found.filter(pl.col("part") == "held out")["inputs"]) == {"bag of words", "usage factors", *AUDIO}


def test_predicted_factors_are_compared_on_test_songs(tiny):
    true, test = tiny.array("wmf/song_factors.npy"), tiny.part("test")
    fit = tiny.table("tables/factor_fit.parquet")
    assert sorted(fit["model"]) == sorted(AUDIO)
    for row in fit.iter_rows(named=True):
        together = r2_score(true[test], vectors(tiny, row["model"])[test], multioutput="variance_weighted")
        assert row["r2"] == pytest.approx(together, abs=1e-5)


def test_the_map_shows_the_test_songs(tiny):
    assert tiny.table("analysis/map.parquet")["song"].to_list() == np.sort(tiny.part("test")).tolist()


def test_everything_is_on_the_page(tiny):
    page = unescape((tiny.results / "report/index.html").read_text())
    for path in [*tiny.results.glob("figures/*.svg"), *tiny.results.glob("tables/*.md")]:
        title = path.read_text().splitlines()[0].removeprefix("# ")
        if path.suffix == ".md" and path.stem != "recommendation":
            assert title in page
    for words in ("Map of 6 test songs", "Log-mel spectrograms", "Filters of the first layer of cnn_mse"):
        assert words in page
    assert "img-src data:" in page
