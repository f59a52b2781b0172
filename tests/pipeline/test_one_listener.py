"""One listener and a library of which most songs are unheard: the run ends well, and says what it cannot tell."""

import numpy as np
import polars as pl
import pytest
from test_own_embeddings import MODELS

from tests.conftest import Workplace


@pytest.fixture(scope="module")
def alone(tiny, home, tmp_path_factory):
    """A finished run on the plays of the tiny world's busiest user, without audio; and all that it printed."""
    data = tmp_path_factory.mktemp("alone")
    songs = pl.read_csv(tiny.results / "world/songs.csv")
    songs.drop("audio").write_csv(data / "songs.csv")
    ids, numbers = songs["song_id"], np.random.default_rng(0).standard_normal((songs.height, 6)).tolist()
    pl.DataFrame({"id": ids, "embed": numbers}).write_parquet(data / "numbers.parquet")
    plays = pl.read_csv(
        tiny.results / "world/train_triplets.txt",
        separator="\t",
        has_header=False,
        new_columns=["user", "song", "count"],
    )
    busiest = plays["user"].mode().sort()[0]
    plays.filter(user=busiest).write_csv(data / "plays.tsv", separator="\t", include_header=False)
    overlay = {
        "world": None,
        "plays": {
            "path": str(data / "plays.tsv"),
            "songs": {"path": str(data / "songs.csv")},
            "songs_without_audio": "keep",
            "min_users": 0,
        },
        "embeddings": {name: {"path": str(data / "numbers.parquet"), "song": "id"} for name in ("one", "two")},
        "models": MODELS | {"mlr": {"kind": "mlr", "features": "one"}},  # with strengths to choose from
        "wmf": {"factors": [4, 2], "regularization": [0.1, 10.0, 100.0]},
        "split": {"validation": 3, "test": 5},
        "audit": {"canary": []},  # tests/pipeline/test_audit.py has them
    }
    place = Workplace(tmp_path_factory.mktemp("one"), home)
    return place, place.make(overlay=overlay).output, plays.filter(user=busiest).height, songs.height


def test_songs_that_nobody_has_played_are_kept_apart(alone):
    place, output, played, songs = alone
    assert 10 < played < songs
    sizes = dict(place.table("split/split.parquet")["part"].value_counts().iter_rows())
    assert sizes == {"validation": 3, "test": 5, "train": played - 8, "unheard": songs - played}
    unheard = place.part("unheard")
    assert place.table("plays/songs.parquet")["users"].to_numpy()[unheard].max() == 0
    assert not np.isin(unheard, np.flatnonzero(place.array("wmf/fitted_songs.npy"))).any()
    for model in ("knn", "linear", "mlp"):
        assert np.isfinite(place.array(f"predictions/{model}/3.npy")[unheard[:-1]]).all(), "they can be recommended"
    assert f"unheard {songs - played}" in output
    assert "unheard" in (place.results / "report/index.html").read_text()


def test_the_run_says_what_it_cannot_tell(alone):
    place, output, *_ = alone
    table = place.table("tables/recommendation.parquet")
    assert table.select("map_3", "auc").null_count().row(0) == (table.height,) * 2
    assert "So no model can be told from another." in (place.results / "tables/recommendation.md").read_text()
    assert "Till then the first value of each list in wmf is taken" in output
    assert place.table("wmf/chosen.parquet").row(0, named=True) == {"factors": 4, "regularization": 0.1}
    assert place.table("tables/strata.parquet").is_empty()
    assert place.table("tables/where.parquet").is_empty()
    assert place.table("tables/plays_worth.parquet").is_empty()
    assert "Would be recommended" in (place.results / "report/index.html").read_text()
    assert place.table("report/models.parquet")["role"].to_list() == ["recommends", "sound"]
    assert "1.0000" not in (place.results / "tables/warm.md").read_text()
