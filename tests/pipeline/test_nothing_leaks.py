"""Nothing about songs that are held out reaches what is learnt, and the same inputs give the same bytes.

Two more runs: in one the plays of test songs are dealt out anew among the users who have them and one test song
gets another sound, in the other the same is done to validation songs and some files are spoilt. What may not
depend on them has to come out byte by byte as before.
"""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

SEED = 3
NOT_OF_TEST_PLAYS = [
    "random", "mean", "names", "knn", "mlr", "linear", "mlp", "names_and_linear", "cnn_mse", "cnn_wpe",
]  # fmt: skip
LEARNT_FROM_TRAINING_SONGS = [
    "wmf/user_factors.npy",
    "bow/codebook.npy",
    "bow/frame_scale.npy",
    "bow/pca_mean.npy",
    "bow/pca_components.npy",
]


def deal_out_anew(triplets: Path, song_ids: set[str]) -> None:
    """Permute the users of some songs' lines: every user and every song keeps as many lines, and no other changes."""
    lines = [line.split("\t") for line in triplets.read_text().splitlines()]
    chosen = [place for place, (_, song_id, _) in enumerate(lines) if song_id in song_ids]
    order = np.random.default_rng(0).permutation(len(chosen))
    users = [lines[chosen[place]][0] for place in order]
    assert sum(lines[place][0] != user for place, user in zip(chosen, users, strict=True)) > len(chosen) / 2
    for place, user in zip(chosen, users, strict=True):
        lines[place][0] = user
    triplets.write_text("".join("\t".join(line) + "\n" for line in lines))


def ids(place, part):
    """The ids of the songs of one part, in order."""
    songs = place.table("plays/songs.parquet")
    return songs["song_id"].gather(np.sort(place.part(part))).to_list()


def differing(one: np.ndarray, other: np.ndarray) -> set[int]:
    """The rows of two arrays that are not the same."""
    return set(np.flatnonzero([a.tobytes() != b.tobytes() for a, b in zip(one, other, strict=True)]).tolist())


def log_mels(place) -> dict[str, bytes]:
    """The log-mels of each song."""
    found = {}
    for path in sorted((place.results / "audio/log_mel").glob("*.npy")):
        frames = np.load(path)
        for song_id, start, number in pl.read_parquet(path.with_suffix(".parquet"))[:, :3].iter_rows():
            found[song_id] = frames[start : start + number].tobytes()
    return found


# Test songs


@pytest.fixture(scope="module")
def other_test_plays(tiny, home, tmp_path_factory):
    """A run on a copy of the world's files as a user's own data, in which test songs have other plays.

    Nothing is shared with the first run, not even the cache. One test song gets the sound of a training song.
    """
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(tiny.results / "world", data, dirs_exist_ok=True)
    deal_out_anew(data / "train_triplets.txt", set(ids(tiny, "test")))
    shutil.copy(data / "audio" / f"{ids(tiny, 'train')[0]}.flac", data / "audio" / f"{ids(tiny, 'test')[0]}.flac")
    place = type(tiny)(tmp_path_factory.mktemp("other_test_plays"), home)
    plays = {"path": str(data / "train_triplets.txt"), "songs": {"path": str(data / "songs.csv")}}
    predictions = [f"results/tiny/predictions/{model}/{SEED}.npy" for model in NOT_OF_TEST_PLAYS]
    outcome = place.make(
        targets=[
            *predictions,
            "results/tiny/report/models.parquet",
            *(f"results/tiny/scores/{name}/{SEED}.parquet" for name in ("usage", "usage_in_sample")),
        ],
        overlay={"world": None, "plays": plays},
    )
    assert "make_world" not in outcome.done
    return place


def test_the_plays_of_test_songs_are_others(tiny, other_test_plays):
    test = tiny.part("test")
    before, after = (place.table("plays/plays.parquet") for place in (tiny, other_test_plays))
    of_test = pl.col("song").is_in(test.tolist())
    assert before.filter(~of_test).equals(after.filter(~of_test))
    assert len(before.filter(of_test).join(after.filter(of_test), on=["user", "song", "count"], how="anti")) > 20
    assert tiny.table("plays/users.parquet")["user_id"].equals(other_test_plays.table("plays/users.parquet")["user_id"])


@pytest.mark.parametrize(
    "path",
    [
        "split/split.parquet",
        *LEARNT_FROM_TRAINING_SONGS,
        f"models/mlr/{SEED}.safetensors",
        f"models/mlr/{SEED}.parquet",
        f"predictions/mlr/{SEED}.users.npy",
        f"models/linear/{SEED}.safetensors",
        f"models/linear/{SEED}.parquet",
        f"models/names_and_linear/{SEED}.safetensors",
        f"models/mlp/{SEED}.safetensors",
        f"models/cnn_mse/{SEED}.safetensors",
        f"models/cnn_wpe/{SEED}.safetensors",
        f"predictions/knn/{SEED}.users.npy",
        f"predictions/names/{SEED}.npy",
        f"predictions/random/{SEED}.npy",
        f"predictions/random/{SEED}.users.npy",
        f"predictions/mean/{SEED}.npy",
        "report/models.parquet",  # which model recommends in the report, and by what scores of validation songs
    ],
)
def test_no_test_song_reaches(path, tiny, other_test_plays):
    assert (tiny.results / path).read_bytes() == (other_test_plays.results / path).read_bytes()


@pytest.mark.parametrize(
    "path", ["wmf/objective.parquet", *(f"models/{m}/{SEED}.parquet" for m in ("mlp", "cnn_mse", "cnn_wpe"))]
)
def test_but_for_the_seconds_no_test_song_reaches(path, tiny, other_test_plays):
    assert tiny.table(path).drop("seconds").equals(other_test_plays.table(path).drop("seconds"))


@pytest.mark.parametrize("path", ["bow/features.npy", *(f"predictions/{m}/{SEED}.npy" for m in NOT_OF_TEST_PLAYS[3:])])
def test_only_the_song_with_another_sound_has_other(path, tiny, other_test_plays):
    assert differing(tiny.array(path), other_test_plays.array(path)) == {int(np.sort(tiny.part("test"))[0])}


def test_log_mels_are_the_same_when_extracted_again(tiny, other_test_plays):
    before, after = log_mels(tiny), log_mels(other_test_plays)
    replaced = ids(tiny, "test")[0]
    assert {song_id for song_id in before if before[song_id] != after[song_id]} == {replaced}
    assert after[replaced] == before[ids(tiny, "train")[0]]


@pytest.mark.parametrize(
    "path", ["wmf/song_factors.npy", *(f"predictions/{name}/{SEED}.npy" for name in ("usage", "usage_in_sample"))]
)
def test_only_test_songs_have_other_factors_from_usage(path, tiny, other_test_plays):
    changed = differing(tiny.array(path), other_test_plays.array(path))
    assert changed <= set(tiny.part("test").tolist())
    assert len(changed) >= 3


def test_the_scores_are_others(tiny, other_test_plays):
    path = f"scores/usage/{SEED}.parquet"
    assert not tiny.table(path).equals(other_test_plays.table(path))


# Validation songs, and audio that is no audio

HEARD = [
    "tables/recommendation.parquet", "tables/leakage.md", "tables/tags.md", "tables/neighbours.md",
    "tables/factor_fit.md", "figures/map.svg", "figures/spectrograms.svg",
]  # fmt: skip


@pytest.fixture(scope="module")
def other_validation_songs(tiny, tmp_path_factory):
    """A copy of the first run in which validation songs get other plays; the run, and the audio files changed.

    One validation song gets another sound; the files of a second, and of a test song, hold no audio; that of a
    third is gone. All that was learnt is deleted, so that it has to be made again, and then what shows what is heard.
    """
    place = tiny.copy(tmp_path_factory.mktemp("copies") / "other_validation_songs")
    world, validation = place.results / "world", ids(tiny, "validation")
    deal_out_anew(world / "train_triplets.txt", set(validation))
    files = [world / "audio" / f"{song_id}.flac" for song_id in (*validation[:3], ids(tiny, "test")[0])]
    shutil.copy(world / "audio" / f"{ids(tiny, 'train')[0]}.flac", files[0])
    files[1].write_bytes(b"This is no audio at all. " * 99)
    files[2].unlink()
    files[3].write_bytes(files[3].read_bytes()[:1000])
    shutil.rmtree(place.results / "wmf")
    shutil.rmtree(place.results / "bow")
    plays = {"path": "results/tiny/world/train_triplets.txt", "songs": {"path": "results/tiny/world/songs.csv"}}
    fewer_models = {model: None for model in (*NOT_OF_TEST_PLAYS, "popularity") if model not in ("linear", "mlr")}
    audit = {"canary": []}  # test_audit.py has them
    overlay = {"world": None, "plays": plays, "models": fewer_models, "audit": audit}
    outcome = place.make(targets=[f"results/tiny/{path}" for path in HEARD], overlay=overlay)
    return place, outcome, files


@pytest.mark.parametrize("path", LEARNT_FROM_TRAINING_SONGS)
def test_no_validation_song_reaches(path, tiny, other_validation_songs):
    place, _, _ = other_validation_songs
    assert (tiny.results / path).read_bytes() == (place.results / path).read_bytes()


def test_only_validation_songs_have_other_factors(tiny, other_validation_songs):
    place, _, _ = other_validation_songs
    changed = differing(tiny.array("wmf/song_factors.npy"), place.array("wmf/song_factors.npy"))
    assert changed <= set(tiny.part("validation").tolist())
    assert len(changed) >= 3


def test_only_the_shards_of_changed_files_are_extracted_again(tiny, other_validation_songs):
    _, outcome, files = other_validation_songs
    index = tiny.table("plays/songs.parquet").join(tiny.table("audio/index.parquet"), on="song")
    shards = index.filter(pl.col("song_id").is_in([file.stem for file in files]))["shard"].unique()
    assert outcome.done.count("extract_log_mel") == len(shards)


def test_bad_audio_is_told_and_the_run_goes_on(tiny, other_validation_songs):
    place, outcome, files = other_validation_songs
    songs = place.table("plays/songs.parquet").join(place.table("audio/index.parquet"), on="song")
    bad = {row["song_id"]: row for row in songs.filter(pl.col("status") != "ok").iter_rows(named=True)}
    assert set(bad) == {file.stem for file in files[1:]}
    assert bad[files[2].stem]["status"] == "missing"
    for row in bad.values():
        assert row["frames"] == 0
        assert row["detail"]
        assert row["song_id"] in outcome.output  # the screen names it as well

    predicted = place.array(f"predictions/linear/{SEED}.npy")
    assert set(np.flatnonzero(np.isnan(predicted).any(axis=1))) == {row["song"] for row in bad.values()}
    table = place.table("tables/recommendation.parquet")
    assert dict(table.select("model", "missing").iter_rows()) == {
        "mlr": 1,
        "linear": 1,
        "usage": 0,
        "usage_in_sample": 0,
    }
    before = tiny.table("tables/recommendation.parquet").filter(pl.col("model") == "usage").row(0, named=True)
    assert set(table["users"]) == {before["users"]}  # no user is left out for it
    assert set(table["songs"]) == {before["songs"]}


# The world


def test_the_world_is_the_same_when_made_again(tiny, workplace):
    workplace.make(targets=["results/tiny/world/songs.csv"])
    before, after = (
        {file.relative_to(place.results): file.read_bytes() for file in sorted((place.results / "world").rglob("*.*"))}
        for place in (tiny, workplace)
    )
    assert before == after
    assert len([file for file in before if file.suffix == ".flac"]) == 40
