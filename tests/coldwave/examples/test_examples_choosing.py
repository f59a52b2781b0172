"""The examples are those of plain sorting: who is shown, what they are recommended, and which songs are near."""

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coldwave
from coldwave.errors import InputError
from coldwave.examples.choosing import choose_examples
from coldwave.examples.given import GivenFiles
from coldwave.examples.spread import spread
from coldwave.examples.tables import MODELS as SAID
from coldwave.examples.tables import PLAYED, RECOMMENDED, SIMILAR
from coldwave.files import write_array, write_table
from coldwave.plays.tables import write_plays
from coldwave.use.vectors import Vectors
from tests.coldwave.use.small_runs import MODELS, NO_AUDIO, SEED, write_run

PER_ARTIST = 3
READ = ("plays/songs.parquet", "plays/users.parquet", "plays/plays.parquet", "split/split.parquet",
        "wmf/user_factors.npy", "wmf/song_factors.npy", "wmf/fitted_songs.npy", "bow/features.npy")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A small finished run. Tests only read it."""
    return write_run(tmp_path_factory.mktemp("examples") / "small")


def examples(folder, users=4, songs=4, seed=1):
    return choose_examples(Vectors(coldwave.load(folder).files), users, songs, seed)


@pytest.fixture(scope="module")
def found(folder):
    return examples(folder)


def table(folder, name):
    return pl.read_parquet(folder / f"{name}.parquet")


def played_by(folder, user, part=None):
    """Counts by song of one user, of one part or of all."""
    joined = table(folder, "plays/plays").filter(user=user).join(table(folder, "split/split"), on="song")
    return dict((joined if part is None else joined.filter(part=part)).select("song", "count").rows())


def fraction(name, salt):
    return int.from_bytes(hashlib.sha256(f"{salt}\0{name}".encode()).digest()[:8], "big")


# Who and what is shown


@given(values=st.lists(st.integers(0, 5), max_size=30), number=st.integers(0, 8))
def test_a_choice_has_one_of_each_of_equal_groups(values, number):
    names = [f"n{place}" for place in range(len(values))]
    found = spread(np.array(values, dtype=np.int64), names, number, "salt").tolist()
    order = sorted(range(len(values)), key=lambda place: (values[place], fraction(names[place], "salt")))
    groups = min(number, len(values))
    assert len(found) == len(set(found)) == groups
    begin = 0
    for group, place in enumerate(found):
        end = begin + len(values) // groups + (group < len(values) % groups)
        assert place == min(order[begin:end], key=lambda other: fraction(names[other], "salt"))
        begin = end


def test_users_are_spread_and_have_plays_to_compare_with(folder, found):
    users = found.played.unique("user", maintain_order=True)
    assert len(users) == 4
    for user, songs, held_out in users.select("user", "songs", "held_out").rows():
        assert songs == len(played_by(folder, user, "train")) > 0
        assert held_out == len(played_by(folder, user, "test")) > 0
    every = [len(played_by(folder, user, "train")) for user in range(90) if played_by(folder, user, "test")]
    quarters = np.array_split(np.sort(every), 4)
    assert all(part[0] <= songs <= part[-1] for part, songs in zip(quarters, users["songs"], strict=True))


def test_another_seed_shows_others_and_the_same_seed_the_same(folder, found):
    again, other = examples(folder), examples(folder, seed=2)
    assert all(one.equals(same) for one, same in zip(found, again, strict=True))
    assert set(other.played["user"]) != set(found.played["user"])


def test_a_user_plays_these_most(folder, found):
    for (user,), rows in found.played.group_by("user", maintain_order=True):
        counts = played_by(folder, user, "train")
        most = sorted(counts, key=lambda song: (-counts[song], song))[:5]
        assert rows["song"].to_list() == most
        assert rows["plays"].to_list() == [counts[song] for song in most]
        assert rows["rank"].to_list() == list(range(1, len(most) + 1))


# What is recommended


def test_the_model_is_the_one_that_ranks_validation_songs_best(folder, found):
    (said,) = found.models.filter(role="recommends").rows(named=True)
    name, notes = coldwave.load(folder).default_model
    assert (said["name"], said["seed"], said["why"]) == (name, SEED, " ".join(notes))


def test_recommended_are_the_best_test_songs_by_dense_scores(folder, found):
    (name,) = found.models.filter(role="recommends")["name"]
    songs = np.load(folder / f"predictions/{name}/{SEED}.npy").astype(np.float64)
    own = folder / f"predictions/{name}/{SEED}.users.npy"
    users = np.load(own if own.exists() else folder / "wmf/user_factors.npy").astype(np.float64)
    artists = table(folder, "plays/songs")["artist"]
    test = table(folder, "split/split").filter(part="test")["song"].to_list()
    shown = found.recommended["user"].unique(maintain_order=True)
    assert len(shown) == 4
    for user in shown:
        scores, best = songs @ users[user], []
        for song in sorted(test, key=lambda song: (-scores[song], song)):
            same = [other for other in best if artists[other] is not None and artists[other] == artists[song]]
            if np.isfinite(scores[song]) and len(same) < PER_ARTIST and len(best) < 5:
                best.append(song)
        rows, counts = found.recommended.filter(user=user), played_by(folder, user)
        assert rows["song"].to_list() == best
        assert rows["score"].to_numpy() == pytest.approx(scores[best], rel=1e-5, abs=1e-6)
        assert rows["plays"].to_list() == [counts.get(song, 0) for song in best]
        known = played_by(folder, user, "train")
        for because, count in rows.select("because", "because_plays").drop_nulls().rows():
            assert known[because] == count, "it is a training song of theirs"


def test_chance_is_of_the_songs_that_can_be_recommended(tmp_path):
    """Songs that no model hears are not in any list, so they do not make a hit less likely."""
    folder = write_run(tmp_path / "run")
    test = table(folder, "split/split").filter(part="test")["song"].to_list()
    for path in (folder / "predictions").rglob(f"{SEED}.npy"):
        vectors = np.load(path)
        vectors[test[::2]] = np.nan
        write_array(path, vectors)
    found = examples(folder).recommended
    assert len(found)
    for user, chance in found.select("user", "chance").rows():
        assert chance == len(set(test[1::2]) & set(played_by(folder, user))) / len(test[1::2])


def test_the_reason_is_that_of_a_full_explanation(folder, found):
    run = coldwave.load(folder)
    for row in found.recommended.iter_rows(named=True):
        why = run.why(f"u{row['user']:04}", f"S{row['song']:03}", by="sound", seconds=False).table.row(0, named=True)
        if why["part"] > 0:
            assert (row["because"], row["part"], row["tags"]) == (why["song"], pytest.approx(why["part"]), why["tags"])


def test_plays_of_test_songs_decide_nothing_but_what_is_a_hit(folder, tmp_path):
    """The users stay, as each keeps a play of a test song; which one it is has no say in the lists."""
    before = examples(write_run(tmp_path / "before"))
    plays = table(tmp_path / "before", "plays/plays")
    test = table(folder, "split/split").filter(part="test")["song"]
    own = plays.filter(pl.col("song").is_in(test.implode()))
    another = pl.Series(test.to_list()).sort()
    moved = own.with_columns(song=another.gather((np.searchsorted(another, own["song"]) + 1) % len(another)), count=9)
    changed = pl.concat([plays.filter(~pl.col("song").is_in(test.implode())), moved.cast(dict(plays.schema))])
    write_plays(tmp_path / "before/plays/plays.parquet", changed.sort("user", "song"))
    after = examples(tmp_path / "before")
    assert after.played.equals(before.played) and after.similar.equals(before.similar)
    assert after.models.equals(before.models)
    assert after.recommended.drop("plays").equals(before.recommended.drop("plays"))
    assert not after.recommended["plays"].equals(before.recommended["plays"])


def test_no_song_explains_itself_where_all_plays_are_factorised(tmp_path):
    folder = write_run(tmp_path / "run")
    write_array(folder / "wmf/fitted_songs.npy", np.ones(60, dtype=bool))
    found = examples(folder).recommended
    assert (found["plays"] > 0).any()
    training = table(folder, "split/split").filter(part="train")["song"].to_list()
    assert set(found["because"].drop_nulls()) <= set(training)


# What is near


def test_near_songs_are_those_of_the_whole_run(folder, found):
    run = coldwave.load(folder)
    test = table(folder, "split/split").filter(part="test")["song"].to_list()
    queries = found.similar["song"].unique(maintain_order=True)
    assert len(queries) == 4 and set(queries) <= set(test)
    users = table(folder, "plays/songs")["users"].gather(queries)
    assert users.is_sorted(descending=True)
    for song in queries:
        rows, expected = found.similar.filter(song=song), run.similar(f"S{song:03}", n=5)
        assert rows.select("by", "rank", song="other").equals(expected.select("by", "rank", "song"))
        # both are rounded to six decimals, from products that differ in the last bits
        assert rows["cosine"].to_numpy() == pytest.approx(expected["cosine"].to_numpy(), abs=2e-6)
        assert rows["tags"].to_list() == expected["tags"].to_list()


def test_a_song_without_audio_is_not_asked_for(tmp_path):
    folder = write_run(tmp_path / "run")
    split = table(folder, "split/split")
    only = split.with_columns(part=pl.when(pl.col("song") == NO_AUDIO).then(pl.lit("test")).otherwise(pl.lit("train")))
    write_table(folder / "split/split.parquet", only, dict(split.schema))
    assert examples(folder).similar.is_empty()


# What a run may lack


def test_without_an_audio_model_there_are_users_alone(tmp_path):
    found = examples(write_run(tmp_path / "run", models={"random": MODELS["random"]}))
    assert found.played["user"].n_unique() == 4
    assert found.recommended.is_empty()
    assert found.models.filter(role="recommends").is_empty()


def test_a_run_without_features_has_neighbours_by_usage_alone(tmp_path):
    folder = write_run(tmp_path / "run", models={"linear": MODELS["linear"]})
    (folder / "bow/features.npy").unlink()
    assert set(examples(folder).similar["by"]) == {"usage"}


def test_one_user_is_recommended_what_sounds_like_training_songs(tmp_path):
    folder = write_run(tmp_path / "one", users=1)
    found = examples(folder)
    assert found.models["role"].to_list() == ["recommends", "sound"]
    assert found.played["user"].unique().to_list() == [0]
    features = np.load(folder / "bow/features.npy").astype(np.float64)
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    counts = played_by(folder, 0, "train")
    known = [song for song in counts if np.isfinite(units[song]).all()]
    weights = 1 + 2.0 * np.log1p(np.array([counts[song] for song in known]) / 0.5)
    scores = units @ (weights @ units[known] / weights.sum())
    rows = found.recommended
    assert rows["score"].to_numpy() == pytest.approx(scores[rows["song"].to_numpy()], rel=1e-5)
    test = table(folder, "split/split").filter(part="test")["song"].to_list()
    assert set(rows["song"]) == set(sorted(test, key=lambda song: -scores[song])[:5])


@pytest.mark.parametrize(("users", "songs"), [(0, 0), (0, 2), (1, 0), (1000, 1000)])
def test_any_number_may_be_asked_for(users, songs, folder):
    found = examples(folder, users, songs)
    for one, schema in zip(found, (PLAYED, RECOMMENDED, SIMILAR, SAID), strict=True):
        assert dict(one.schema) == schema
    assert found.played["user"].n_unique() == min(users, found.played["user"].n_unique())
    assert found.similar["song"].n_unique() <= songs


# What is read


def given_files(folder, leaving_out=None):
    read = [folder / name for name in READ]
    for suffix in ("npy", "users.npy"):
        read += [path for name in MODELS if (path := folder / f"predictions/{name}/{SEED}.{suffix}").exists()]
    read += [path for name in MODELS if (path := folder / f"models/{name}/{SEED}.safetensors").exists()]
    config = {**coldwave.load(folder).files.config, "encoders": {}}
    return GivenFiles(folder, [path for path in read if path.name != leaving_out], config, [SEED])


def test_files_that_a_rule_is_given_make_the_same_examples(folder, found):
    again = choose_examples(Vectors(given_files(folder)), 4, 4, 1)
    assert all(one.equals(same) for one, same in zip(found, again, strict=True))


def test_no_file_is_read_that_a_rule_is_not_given(folder):
    with pytest.raises(InputError, match=r"plays/users\.parquet: it is read, and is not among the inputs of the rule"):
        choose_examples(Vectors(given_files(folder, leaving_out="users.parquet")), 4, 4, 1)
