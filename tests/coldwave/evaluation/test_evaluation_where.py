"""Where models earn their AUC: sums that must hold, models that know one thing alone, coverage, and what is said."""

import re

import numpy as np
import polars as pl
import pytest

from coldwave.evaluation.models import FEATURES, Model
from coldwave.evaluation.pair_auc import rank_pairs
from coldwave.evaluation.pair_types import find_pairs
from coldwave.evaluation.where import SCHEMA, ranked, where_table
from coldwave.evaluation.where_text import NOTHING, columns, notes, statement
from coldwave.files import check_table

MODELS = {"linear": Model("linear", 3, hears=FEATURES), "names": Model("names", 2)}
PARTS = {"familiarity": ["familiar", "discovery", "familiar over discovery", "discovery over familiar"],
         "artist": ["known", "new", "known over new", "new over known"],
         "genre and users": ["alike", "not alike"]}  # fmt: skip


def make_world(seed, users=120, songs=60, artists=20, deal=False):
    """Users like artists and songs. Sound tells a song's own traits, a name the artist's; ``deal`` mixes up names."""
    rng = np.random.default_rng(seed)
    tastes, traits = rng.normal(size=(users, 4)), rng.normal(size=(songs, 4))
    artist = rng.integers(0, artists, songs)
    traits[:, :2] = rng.normal(size=(artists, 2))[artist]
    chance = 1 / (1 + np.exp(1.5 - 0.8 * tastes @ traits.T - rng.normal(0, 0.5, songs)))
    user, song = np.nonzero(rng.random((users, songs)) < chance)
    named = np.random.default_rng(seed).permutation(artist) if deal else artist
    table = pl.DataFrame(
        {
            "song": np.arange(songs), "artist": [f"Artist {one}" for one in named],
            "tags": [["rock"] if one else ["pop"] for one in rng.integers(0, 2, songs)],
            "users": np.bincount(song, minlength=songs),
        }
    )  # fmt: skip
    split = pl.DataFrame(
        {"song": np.arange(songs), "part": ["test" if place % 2 else "train" for place in range(songs)]}
    )
    sound = np.concatenate([np.zeros((songs, 2)), traits[:, 2:] + rng.normal(size=(songs, 2))], axis=1)
    return pl.DataFrame({"user": user, "song": song}), table, split, tastes, {"linear": sound}


def by_name(world):
    """Vectors of a model that knows which artists a user has played in training, and nothing else."""
    plays, table, split, tastes, _ = world
    artists = table["artist"].unique().sort().to_list()
    songs = np.array([[name == other for other in artists] for name in table["artist"]], float)
    users = np.zeros((len(tastes), len(artists)))
    for user, song in plays.join(split.filter(part="train"), on="song").select("user", "song").rows():
        users[user, songs[song].argmax()] = 1
    return users, songs


def table_of(world, seeds=1, **given):
    plays, table, split, tastes, models = world
    pairs = find_pairs(plays, table, split, len(tastes), 1)
    names = given.pop("names", None) or by_name(world)
    found = [ranked("linear", seed, pairs, rank_pairs(pairs, tastes, models["linear"] * (1, 1, seed, 1)), 500)
             for seed in range(1, seeds + 1)]  # fmt: skip
    found.append(ranked("names", 1, pairs, rank_pairs(pairs, *names), 500))
    return where_table(found, MODELS, pairs.artists_named, pairs.tagged)


@pytest.mark.parametrize("seeds", [1, 3])
def test_shares_times_auc_are_the_auc_and_parts_are_the_lead(seeds):
    table = table_of(make_world(1), seeds)
    check_table(table, SCHEMA, "where")
    for model, rows in table.group_by("model"):
        whole = rows.filter(by="all").row(0, named=True)
        assert whole["lead"] == pytest.approx(whole["part"])
        assert whole["reference"] == ("chance" if model[0] == "linear" else "linear")
        for by, parts in PARTS.items():
            some = rows.filter(pl.col("by") == by, pl.col("pairs").is_in(parts))
            assert some["share"].sum() == pytest.approx(1)
            assert (some["share"] * some["auc"]).sum() == pytest.approx(whole["auc"])
            assert some["part"].sum() == pytest.approx(whole["lead"])
            assert (some["share"] * some["lead"]).to_list() == pytest.approx(some["part"].to_list())
        for name in ("auc", "lead", "part"):
            assert (rows[f"{name}_low"] <= rows[name] + 1e-12).all() and (
                rows[name] <= rows[f"{name}_high"] + 1e-12
            ).all()


def test_who_knows_the_artist_alone_earns_all_between():
    table = table_of(make_world(2)).filter(model="names")
    auc = dict(table.filter(by="familiarity").select("pairs", "auc").iter_rows())
    assert auc["familiar over discovery"] == 1 and auc["discovery over familiar"] == 0
    assert auc["familiar"] == auc["discovery"] == 0.5
    earned = (table["auc"] - 0.5) * table["share"]
    between, whole = (earned.filter((table["by"] == by) & (table["pairs"] == pairs)).item()
                      for by, pairs in (("familiarity", "between"), ("all", "all")))  # fmt: skip
    assert between == pytest.approx(whole) and whole > 0.03


def test_with_names_dealt_out_nothing_is_earned_between_and_sound_earns_as_before():
    lead, sound = [], []
    for seed in range(24):
        for deal in (False, True):
            table = table_of(make_world(seed, deal=deal))
            between = table.filter(by="familiarity", pairs="between")
            lead.append(between.filter(model="names")["auc"].item())
            sound.append(table.filter(by="all", model="linear")["auc"].item())
    own, dealt = np.array(lead).reshape(-1, 2).T
    assert own.mean() > 0.56
    assert abs(dealt.mean() - 0.5) < 3 * dealt.std() / np.sqrt(24) < 0.03
    assert sound[::2] == pytest.approx(sound[1::2])


def test_with_sound_dealt_out_its_lead_is_gone_and_names_keep_theirs():
    world, dealt = make_world(3), make_world(3)
    rng = np.random.default_rng(0)
    before = table_of(world)
    found = [table_of((*dealt[:4], {"linear": rng.permutation(dealt[4]["linear"])})) for _ in range(12)]
    assert before.filter(model="linear", by="all")["auc"].item() > 0.56
    assert abs(np.mean([one.filter(model="linear", by="all")["auc"].item() for one in found]) - 0.5) < 0.02
    names = before.filter(model="names")
    assert all(one.filter(model="names").select("by", "pairs", "auc").equals(names.select("by", "pairs", "auc"))
               for one in found)  # fmt: skip


def test_who_knows_only_how_often_songs_were_heard_is_at_chance_among_alike_songs():
    plays, table, split, tastes, models = make_world(4)
    table = table.with_columns(users=pl.when(pl.col("song") % 4 < 2).then(7).otherwise(90))
    heard = table["users"].to_numpy()[:, None].astype(float)
    found = table_of((plays, table, split, tastes, models), names=(np.ones((len(tastes), 1)), heard))
    assert found.filter(model="names", pairs="alike")["auc"].item() == 0.5


def test_intervals_cover_the_truth():
    worlds = [table_of(make_world(seed, users=100, songs=60)) for seed in range(100, 260)]
    keys = ["model", "by", "pairs"]
    shown = pl.concat(worlds).filter(pl.col("pairs").is_in(["all", "familiar", "discovery", "between", "alike"]))
    means = shown.group_by(keys).agg(*(pl.col(name).mean().alias(f"{name}_true") for name in ("auc", "lead", "part")))
    both = shown.join(means, on=keys)
    for name in ("auc", "lead", "part"):
        told = both.filter(pl.col(f"{name}_high") > pl.col(f"{name}_low"))  # what always is a half has no interval
        inside = told[f"{name}_true"].is_between(told[f"{name}_low"], told[f"{name}_high"])
        covered = told.with_columns(inside=inside).group_by(keys).agg(pl.col("inside").mean(), pl.len())
        covered = covered.filter(pl.col("len") > 100)["inside"]
        assert len(covered) > 6
        assert covered.mean() > 0.9 and covered.min() > 0.85 and covered.mean() < 0.995


def test_intervals_cover_the_truth_where_artists_were_drawn():
    def world(seed):
        """Of 60 test songs, twelve artists have five each, which are alike, and sound is wrong about artists."""
        plays, table, split, tastes, _ = make_world(seed, users=100, songs=120)
        rng, artist = np.random.default_rng(seed), np.arange(120) % 2 * 100 + np.arange(120) // 10
        traits, error = rng.normal(size=(2, 200, 4))
        chance = 1 / (1 + np.exp(1.5 - 0.8 * tastes @ traits[artist].T))
        user, song = np.nonzero(rng.random(chance.shape) < chance)
        table = table.with_columns(pl.Series("artist", [f"Artist {one}" for one in artist]))
        return pl.DataFrame({"user": user, "song": song}), table, split, tastes, {"linear": (traits + error)[artist]}

    names = np.zeros((100, 1)), np.zeros((120, 1))
    rows = [table_of(world(seed), names=names).filter(by="all", model="linear") for seed in range(80)]
    found = pl.concat(rows)
    assert found["auc"].mean() > 0.6
    assert found.select(pl.lit(found["auc"].mean()).is_between("auc_low", "auc_high").mean()).item() > 0.85


def test_without_artists_or_tags_there_are_fewer_rows():
    plays, table, split, tastes, models = make_world(5)
    nameless = table.with_columns(artist=pl.lit(None, pl.String), tags=pl.lit(None, pl.List(pl.String)))
    found = table_of((plays, nameless, split, tastes, models), names=by_name((plays, table, split, tastes, models)))
    assert found["by"].unique(maintain_order=True).to_list() == ["all", "users"]
    assert "No song has an artist's name" in " ".join(notes(found, 9))
    assert "Among songs with about as many users" in statement(found, "linear")


def test_nothing_to_measure():
    plays = pl.DataFrame({"user": [0], "song": [1]})
    table = pl.DataFrame({"song": [0, 1], "artist": ["A", "B"], "tags": [["a"], ["a"]], "users": [0, 1]})
    split = pl.DataFrame({"song": [0, 1], "part": ["train", "test"]})
    pairs = find_pairs(plays, table, split, 1, 1)
    found = rank_pairs(pairs, np.ones((1, 1)), np.ones((2, 1)))
    empty = where_table([ranked("linear", 1, pairs, found, 5)], MODELS, True, True)
    check_table(empty, SCHEMA, "where")
    assert empty.is_empty() and statement(empty, "linear") is None and notes(empty, 9) == [NOTHING]
    assert all(cells == [] for cells in columns(empty).values())


def rows(**leads):
    """Rows of one model by hand: for all, between and alike the lead and its interval."""
    by = {"all": "all", "between": "familiarity", "alike": "genre and users"}
    return pl.DataFrame(
        [
            {"by": by[pairs], "pairs": pairs, "share": 0.5, "users": 9, "model": "names", "kind": "names", "seeds": 1,
             "auc": 0.6, "auc_low": 0.5, "auc_high": 0.7, "map": None, "reference": "linear",
             **{f"{name}{end}": value for name in ("lead", "part")
                for end, value in zip(("", "_low", "_high"), values, strict=True)}}
            for pairs, values in leads.items()
        ],
        schema=SCHEMA,
    )  # fmt: skip


AHEAD, LEVEL, BEHIND = (0.05, 0.03, 0.07), (0.0, -0.01, 0.02), (-0.05, -0.07, -0.03)
KNOWN, ALIKE = "ranking songs of artists that a user knows against the others", "Among songs of one genre with about as"


@pytest.mark.parametrize(
    ("leads", "first", "second"),
    [
        ((AHEAD, (0.04, 0.02, 0.06), LEVEL),
         f"ahead of linear by AUC, 0.050 (0.030 to 0.070); 0.040 (0.020 to 0.060) of it comes from {KNOWN}",
         "level with linear by AUC, 0.000 (-0.010 to 0.020)"),
        ((AHEAD, LEVEL, AHEAD),
         "ahead of linear by AUC, 0.050 (0.030 to 0.070); "
         f"how much of it comes from {KNOWN} is not certain: 0.000 (-0.010 to 0.020)",
         "ahead of linear by AUC, 0.050 (0.030 to 0.070)"),
        ((BEHIND, AHEAD, BEHIND),
         f"behind linear by AUC, 0.050 (0.030 to 0.070); {KNOWN} takes from it: -0.050 (-0.070 to -0.030)",
         "behind linear by AUC, 0.050 (0.030 to 0.070)"),
        ((BEHIND, LEVEL, LEVEL),
         "behind linear by AUC, 0.050 (0.030 to 0.070); "
         f"how much of it comes from {KNOWN} is not certain: 0.000 (-0.020 to 0.010)",
         "level with linear by AUC, 0.000 (-0.010 to 0.020)"),
        ((LEVEL, AHEAD, (0.1, None, None)),
         "level with linear by AUC, 0.000 (-0.010 to 0.020)", "at +0.100 AUC from linear, of unknown error"),
    ],
)  # fmt: skip
def test_the_sentence_says_no_more_than_the_intervals(leads, first, second):
    table = rows(**dict(zip(("all", "between", "alike"), leads, strict=True)))
    said = statement(table, "names")
    assert said == f"names is {first}. {ALIKE} many users it is {second}."
    assert statement(table, "another") is None


def test_the_table_for_people():
    found = table_of(make_world(6))
    cells = columns(found)
    assert list(cells) == ["pairs by", "these pairs", "their share", "what it is", "names", "linear"]
    assert len({len(column) for column in cells.values()}) == 1
    assert cells["what it is"][:2] == ["AUC", "lead"]
    assert re.fullmatch(r"0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)", cells["linear"][0])
    text = " ".join(notes(found, 10))
    assert "over linear, and of linear over chance" in text and "Measured for 10 users" in text
