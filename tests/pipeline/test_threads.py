"""The same bytes whatever the number of threads: what shares work among threads, made again with other numbers."""

import pytest

from coldwave.provenance.record import digest_output

SEED = 3
AGAIN = [
    "wmf/user_factors.npy", "wmf/song_factors.npy", "bow/codebook.npy", "bow/counts/000.parquet", "bow/features.npy",
    f"models/linear/{SEED}.safetensors", f"scores/linear/{SEED}.parquet", f"scores_without_songs/linear/{SEED}.npy",
    "tables/recommendation.parquet", "tables/ranking.parquet", "tables/strata.parquet", "tables/differences.parquet",
    "tables/where.parquet", "tables/warm.parquet",
]  # fmt: skip


def test_the_same_bytes_with_other_numbers_of_threads(tiny, tmp_path, monkeypatch: pytest.MonkeyPatch):
    """The tiny run gives a job one thread. Here it has two, and polars as many as it does not take by itself."""
    place = tiny.copy(tmp_path / "copy")
    monkeypatch.setenv("POLARS_MAX_THREADS", "3")
    targets = [f"results/tiny/{name}" for name in AGAIN]
    outcome = place.start("--force", "--max-threads", "2", targets=targets).finish()
    assert {"factorise_plays", "learn_codebook", "reduce_counts", "fit_linear", "evaluate_model"} <= set(outcome.done)
    differing = [name for name in AGAIN if digest_output(place.results / name) != digest_output(tiny.results / name)]
    assert differing == []


def test_the_same_bytes_from_shards_of_the_users(tiny, tmp_path):
    """So few users are all in one shard, and the others are empty. `test_evaluation_shards` has shards of some."""
    place = tiny.copy(tmp_path / "copy")
    names = [f"{kind}/linear/{SEED}" for kind in ("scores", "scores_by_song", "scores_without_songs")]
    names = [next(tiny.results.glob(f"{name}.*")).relative_to(tiny.results) for name in names]
    outcome = place.start(
        targets=[f"results/tiny/{name}" for name in names], overlay={"evaluation": {"shards": 3}}
    ).finish()
    assert sorted(outcome.done) == ["evaluate_model", *["rank_users"] * 3]
    assert all(digest_output(place.results / name) == digest_output(tiny.results / name) for name in names)
