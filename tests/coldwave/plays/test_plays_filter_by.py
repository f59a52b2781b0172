"""Users filtered by their plays of training songs: against counting one by one, and blind to test songs' plays."""

import logging
from collections import Counter

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.plays.ingestion import ingest
from coldwave.split.draw import split_songs

SPLIT = {"by": "song", "validation": 0.2, "test": 0.3, "seed": 4, "folds": None, "fold": 1}
SONGS = [f"s{number:02}" for number in range(20)]
USERS = [f"u{number:02}" for number in range(30)]


def plays(seed):
    """Triplets: every song has a user, and users have between none and many songs."""
    rng = np.random.default_rng(seed)
    share = rng.random((len(USERS), 1)) ** 2
    counts = rng.integers(1, 9, (len(USERS), len(SONGS))) * (rng.random((len(USERS), len(SONGS))) < share)
    counts[0] = np.maximum(counts[0], 1)
    return counts


def read(counts, folder, **options):
    path = folder / "plays.tsv"
    user, song = np.nonzero(counts)
    path.write_text("".join(f"{USERS[u]}\t{SONGS[s]}\t{counts[u, s]}\n" for u, s in zip(user, song, strict=True)))
    return ingest(path, None, {"filter_by": "training", "split": SPLIT} | options)


def training(songs):
    return split_songs(songs, **SPLIT)["part"] == "train"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "options", [{"min_songs": 4}, {"top_users": 9}, {"top_users": 9, "users_by": "songs", "min_songs": 3}]
)
def test_users_are_those_of_counting_and_do_not_depend_on_other_songs_plays(seed, options, tmp_path):
    counts = plays(seed)
    found = read(counts, tmp_path, **options)
    assert found.songs["song_id"].to_list() == SONGS  # users are filtered after songs, and no song is left out
    chosen = training(found.songs).to_numpy()
    songs, total = (counts[:, chosen] > 0).sum(axis=1), counts[:, chosen].sum(axis=1)
    score = songs if options.get("users_by") == "songs" else total
    order = [user for user in sorted(range(len(USERS)), key=lambda user: (-score[user], user)) if songs[user]]
    wanted = [user for user in order[: options.get("top_users")] if songs[user] >= options.get("min_songs", 1)]
    assert found.users["user_id"].to_list() == [USERS[user] for user in sorted(wanted)]
    kept = counts[sorted(wanted)]
    assert found.users["plays"].to_list() == kept.sum(axis=1).tolist()  # plays of all songs are kept

    others = np.where(chosen, counts, plays(seed + 100))
    others[0] = np.maximum(others[0], 1)
    assert read(others, tmp_path, **options).users["user_id"].equals(found.users["user_id"])


def test_songs_are_filtered_first_and_split_as_the_next_stage_does(tmp_path):
    found = read(plays(1), tmp_path, top_songs=15, min_users=3, min_songs=2)
    assert len(found.songs) <= 15
    users = Counter(found.plays.join(found.songs, on="song").filter(training(found.songs).gather(
        found.plays.join(found.songs, on="song")["song"]))["user"])  # fmt: skip
    assert min(users.values()) >= 2
    assert len(users) == len(found.users)


def test_the_log_says_for_whom_other_songs_plays_mattered(tmp_path, caplog):
    counts = np.zeros((len(USERS), len(SONGS)), dtype=int)
    counts[0] = 1
    chosen = training(pl.DataFrame({"song": range(20), "song_id": SONGS, "artist": [None] * 20})).to_numpy()
    counts[1, np.flatnonzero(chosen)[:3]] = 1  # three training songs
    counts[2, np.flatnonzero(~chosen)[:3]] = 1  # three others
    counts[3, np.flatnonzero(chosen)[:2]] = counts[3, np.flatnonzero(~chosen)[:1]] = 1  # two and one
    with caplog.at_level(logging.INFO):
        by_all = read(counts, tmp_path, filter_by="all", min_songs=3)
    assert by_all.users["user_id"].to_list() == USERS[:4]
    assert "By those of training songs alone, 2 of the 4 users would not be here, and 0 others would" in caplog.text
    assert read(counts, tmp_path, min_songs=3).users["user_id"].to_list() == USERS[:2]
    counts[0] *= 10
    counts[2, ~chosen] *= 50  # many plays, all of other songs
    caplog.clear()
    with caplog.at_level(logging.INFO):
        assert read(counts, tmp_path, filter_by="all", top_users=2).users["user_id"].to_list() == [USERS[0], USERS[2]]
    assert "1 of the 2 users would not be here, and 1 others would" in caplog.text
    assert read(counts, tmp_path, top_users=2).users["user_id"].to_list() == USERS[:2]


def test_a_split_made_elsewhere_is_taken_and_nobody_is_left(tmp_path):
    given = tmp_path / "parts.csv"
    parts = ["train", "validation", "test"]
    given.write_text("song_id,part\n" + "".join(f"{song},{parts[place % 3]}\n" for place, song in enumerate(SONGS)))
    counts = plays(2)
    read(counts, tmp_path)
    options = {"filter_by": "training", "split": {"by": "song"}, "min_songs": 5}
    found = ingest(tmp_path / "plays.tsv", None, options, given=given)
    wanted = (counts[:, ::3] > 0).sum(axis=1) >= 5
    assert found.users["user_id"].to_list() == [user for user, here in zip(USERS, wanted, strict=True) if here]
    with pytest.raises(InputError, match="none has played 8 training songs, the most are 7: lower plays.min_songs"):
        ingest(tmp_path / "plays.tsv", None, options | {"min_songs": 8}, given=given)


def test_songs_that_only_others_played_are_told(tmp_path, caplog):
    counts = np.zeros((len(USERS), len(SONGS)), dtype=int)
    counts[0, :19], counts[1, 19] = 1, 1
    with caplog.at_level(logging.WARNING):
        found = read(counts, tmp_path, min_songs=2)
    assert len(found.songs) == 20
    assert "1 songs have no play by the users that are kept" in caplog.text
