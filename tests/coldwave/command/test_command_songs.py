"""``similar``, ``why``, ``place`` and ``playlist``, and how songs are found by what people call them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

import coldwave
from coldwave.command.cli import main
from coldwave.command.songs import find_song
from coldwave.errors import InputError
from coldwave.playlists.files import read_recipe, write_playlist
from coldwave.use.journeys import path
from coldwave.use.mixing import near
from tests.coldwave.use.small_runs import write_run

NAMES = [("s1", "Golden Brown", "The Stranglers"), ("s2", "Brown", "Someone"), ("s3", "Café", "Zoë & Co"),
         ("s4", "Café", "Another"), ("s5", None, "Nameless"), ("s6", "Brown Golden", "Someone"),
         ("s7", "Nightswimming", "R.E.M."), ("s8", "Å gå", "Øystein og Nattfergene")]  # fmt: skip
SONGS = pl.DataFrame(NAMES, schema=["song_id", "title", "artist"], orient="row")


@pytest.mark.parametrize(
    ("text", "song"),
    [
        ("s5", "s5"),
        ("golden brown", "s1"),  # the whole title, though s6 has the words
        ("the stranglers - golden brown", "s1"),
        ("STRANGLERS brown", "s1"),
        ("brown", "s2"),
        ("cafe zoe", "s3"),
        ("zoe and co", "s3"),
        ("nameless", "s5"),
        ("REM nightswimming", "s7"),
        ("oystein", "s8"),
    ],
)
def test_a_song_is_found_by_id_title_or_words(text, song):
    assert find_song(SONGS, text) == song


def test_several_songs_are_listed_and_none_is_told():
    with pytest.raises(InputError, match=r"'café' fits 2 songs; .*Zoë & Co – Café \(s3\); Another – Café \(s4\)"):
        find_song(SONGS, "café")
    for text in ("nothing", "", "…"):
        with pytest.raises(InputError, match="neither the song_id"):
            find_song(SONGS, text)


def printed(capsys):
    return json.loads(capsys.readouterr().out)


def test_similar_shows_both_sides(run, capsys):
    assert main(["similar", "title 12", "-n", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["rank", "by", "sound", "cosine", "by", "usage", "cosine"]
    table = run.similar("S012", 3)
    for place, line in enumerate(lines[1:]):
        for by in ("sound", "usage"):
            assert f"{table.filter(by=by)['cosine'][place]:.3f}" in line
    assert main(["similar", "new/known.wav", "-n", "1", "--json"]) == 0
    first = printed(capsys)["similar"][0]
    assert first["song_id"] == "S007" and first["cosine"] == pytest.approx(1, abs=1e-5)


def test_usage_is_left_out_where_few_listen(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(write_run(tmp_path / "results/one", users=1).parents[1])
    assert main(["similar", "S012", "-n", "3"]) == 0
    streams = capsys.readouterr()
    assert "usage" not in streams.out and "1 user(s), too few" in streams.err


def test_why_divides_the_score(run, capsys):
    assert main(["why", "u0003", "title 57", "--model", "linear", "--json"]) == 0
    found, expected = printed(capsys), run.why("u0003", "S057", model="linear")
    assert found["score"] == pytest.approx(sum(song["part"] for song in found["songs"]) + found["rest"])
    assert [song["song_id"] for song in found["songs"]] == expected.table["song_id"].to_list()
    assert main(["why", "u0003", "title 57", "--model", "linear"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Artist 1 – Title 57 scores {expected.score:.3f} for u0003, by what is heard of it."
    assert lines[2].split()[0] == f"{expected.table['part'][0]:.3f}"
    assert "Which seconds carry the score cannot be told: the run has kept no log-mels, and " in lines[-1]
    assert main(["why", "nobody", "S057"]) == 1


def test_why_shows_the_seconds(here, tmp_path, monkeypatch, capsys):
    shutil.copytree(here / "results/small", tmp_path / "results/small")
    (tmp_path / "music/2").mkdir(parents=True)
    sound = np.random.default_rng(0).normal(0, 0.1, 22050 * 78) * np.linspace(0.01, 1, 22050 * 78)
    soundfile.write(tmp_path / "music/2/57.flac", sound, 22050)
    monkeypatch.chdir(tmp_path)
    assert main(["why", "u0003", "S057", "--model", "linear", "--json"]) == 0
    found, expected = printed(capsys)["seconds"], coldwave.load("results/small").why("u0003", "S057", model="linear")
    assert found["parts"] == expected.seconds.table.to_dicts() and len(found["parts"]) == 10
    assert main(["why", "u0003", "S057", "--model", "linear"]) == 0
    lines = capsys.readouterr().out.split("seconds of the audio")[1].splitlines()
    (start, end), (first, part) = (found["parts"][0][name] for name in ("start", "end")), lines[1].split()
    shown = [60 * float(time.split(":")[0]) + float(time.split(":")[1]) for time in first.split("–")]
    assert shown == pytest.approx([start, end], abs=0.051) and 24 <= start < 54, "30 s from the middle of 78 s"
    assert float(part) == pytest.approx(found["parts"][0]["part"], abs=0.00051)
    assert main(["why", "u0003", "S001", "--by", "plays"]) == 0
    assert "it comes from the song's own plays" in capsys.readouterr().out


def test_place_tells_neighbours_tags_and_listeners_and_writes_vectors(run, here, tmp_path, capsys):
    assert main(["place", "new/known.wav", "new/other.wav", "-n", "4", "--out", str(tmp_path), "--json"]) == 0
    files = printed(capsys)["files"]
    assert [one["file"] for one in files] == ["new/known.wav", "new/other.wav"]
    near_ones = [song["song_id"] for song in files[0]["similar"] if song["by"] == "sound"]
    assert near_ones[0] == "S007"
    tags = dict(run.songs.select("song_id", pl.col("tags").list.first().str.to_lowercase()).iter_rows())
    counted = {tag["tag"]: tag["songs"] for tag in files[0]["tags"]}
    assert counted == {tag: [tags[song] for song in near_ones].count(tag) for tag in map(tags.get, near_ones)}
    vectors = pl.read_parquet(tmp_path / "vectors.parquet")
    for file in ("new/known.wav", "new/other.wav"):
        heard = run.embed(file)
        expected = heard["features"] | heard["predictions"]
        rows = dict(vectors.filter(file=file).select("name", "vector").iter_rows())
        assert rows.keys() == expected.keys()
        for name, vector in expected.items():
            np.testing.assert_array_equal(np.float32(rows[name]), vector)


def test_place_by_one_model(run, tmp_path, capsys):
    assert main(["place", "new/known.wav", "--model", "linear", "-n", "90", "--out", str(tmp_path), "--json"]) == 0
    found = printed(capsys)["files"][0]
    assert set(pl.read_parquet(tmp_path / "vectors.parquet")["name"]) == {"bow", "linear"}
    songs = np.array(run.files.array("predictions/linear/3.npy"), dtype=np.float64)
    songs = songs[np.isfinite(songs).all(axis=1)]
    for one in found["listeners"]:
        user = run.files.array("wmf/user_factors.npy")[int(one["user_id"][1:])].astype(np.float64)
        score = user @ run.embed("new/known.wav", ["linear"])["predictions"]["linear"]
        assert one["lift"] == pytest.approx((score - (songs @ user).mean()) / (songs @ user).std(), rel=1e-4)
    lift = [one["lift"] for one in found["listeners"]]
    assert lift == sorted(lift, reverse=True) and len(lift) == 90


def test_place_in_a_run_of_few_users(workplace, tmp_path, monkeypatch, capsys):
    shutil.copytree(workplace / "results/small", tmp_path / "results/few")
    monkeypatch.chdir(tmp_path)
    users = pl.read_parquet("results/few/plays/users.parquet").head(3)
    users.write_parquet("results/few/plays/users.parquet")
    plays = pl.read_parquet("results/few/plays/plays.parquet").filter(pl.col("user") < 3)
    plays.filter((pl.col("user") != 1) | (pl.col("song") == 4)).write_parquet("results/few/plays/plays.parquet")
    assert main(["place", str(workplace / "new/known.wav"), "--json"]) == 0
    found = printed(capsys)["files"][0]
    assert found["model"] == "sound"
    assert {one["by"] for one in found["similar"]} == {"sound"}, "three users do not tell who plays what"
    assert {one["user_id"] for one in found["listeners"]} == {"u0000", "u0002"}, "u0001 has played no song with audio"


def test_place_goes_on_after_a_file_that_cannot_be_heard(here, tmp_path, capsys):
    (bad := tmp_path / "bad.wav").write_text("nothing")
    assert main(["place", str(bad), "new/known.wav"]) == 1
    streams = capsys.readouterr()
    assert streams.err.startswith(f"error: {bad}: no usable audio") and "stands out for" in streams.out


def test_a_playlist_is_near_the_seeds_and_not_the_others(run, tmp_path, capsys):
    out = tmp_path / "near.xspf"
    given = ["playlist", "S012", "title 20", "--not", "S030", "--variety", "0.4", "--seed", "2", "-n", "6"]
    assert main([*given, "--per-artist", "0", "--out", str(out), "--json"]) == 0
    found = [song["song_id"] for song in printed(capsys)["songs"]]
    vectors = run.sound_vectors()
    among = ~np.isin(np.arange(len(vectors)), [12, 20, 30])
    order = near(vectors[[12, 20]], vectors[[30]], vectors, variety=0.4, seed=2, among=among)
    assert found == [f"S{song:03}" for song in order[:6]]
    assert read_recipe(out)["seeds"] == ["S012", "S020"]
    assert main(["playlist", "S012", "--per-artist", "1", "-n", "9", "--json"]) == 0
    artists = [song["artist"] for song in printed(capsys)["songs"] if song["artist"]]
    assert len(artists) == len(set(artists))


def test_a_path_has_both_ends(run, capsys):
    assert main(["playlist", "S012", "--to", "S020", "-n", "7", "--json"]) == 0
    found = [song["song_id"] for song in printed(capsys)["songs"]]
    assert found == [f"S{song:03}" for song in path(12, 20, run.sound_vectors(), 7)]
    assert (found[0], found[-1]) == ("S012", "S020")
    for wrong in (["S012", "S013", "--to", "S020"], ["S012", "--to", "S020", "--not", "S001"], []):
        assert main(["playlist", *wrong]) == 1
        assert capsys.readouterr().err.startswith("error: ")


def test_a_refreshed_playlist_takes_the_run_as_it_is_now(workplace, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(write_run(tmp_path / "results/mine").parents[1])
    assert main(["playlist", "S012", "-n", "5", "--out", "mix.m3u8", "--path-prefix", f"{tmp_path}=/here"]) == 0
    before = (tmp_path / "mix.m3u8").read_text()
    features = np.array(np.load("results/mine/bow/features.npy"))
    features[40] = features[12]
    np.save("results/mine/bow/features.npy", features)
    songs = pl.read_parquet("results/mine/plays/songs.parquet")
    capsys.readouterr()
    assert main(["playlist", "--refresh", "mix.m3u8"]) == 0
    after = (tmp_path / "mix.m3u8").read_text()
    assert after != before and f"/here/{songs['audio'][40]}" in after
    assert main(["playlist", "--refresh", "mix.m3u8", "-n", "3"]) == 1
    assert "only --out and --json go with it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"command": "rm"}, "of no command that makes playlists"),
        ({"command": "playlist", "run": "x", "seeds": ["a"], "n": "5"}, "n: '5'"),
        ({"command": "playlist", "run": "x", "seeds": [1]}, "seeds is no list of texts"),
        ({"command": "playlist", "run": "x", "seeds": "a"}, "seeds is no list of texts"),
        ({"command": "playlist", "run": "x", "seeds": ["a"], "variety": "1"}, "variety: '1'"),
        ({"command": "playlist", "run": "x", "seeds": ["a"], "variety": 1, "to": None}, "no run 'x'"),
        ({"command": "recommend", "run": "x", "what": 1}, "unknown: what"),
        ({"command": "recommend"}, "missing"),
    ],
)
def test_a_recipe_that_was_edited_wrongly_is_told(run, tmp_path, capsys, recipe, said):
    from coldwave.command.songs import entries

    write_playlist(file := tmp_path / "mix.m3u8", "mix", entries(run, ["S012"]), recipe=recipe)
    assert main(["playlist", "--refresh", str(file)]) == 1
    assert said in capsys.readouterr().err


def test_ids_that_begin_with_a_dash_come_after_two(workplace, tmp_path, monkeypatch, capsys):
    shutil.copytree(workplace / "results/small", tmp_path / "results/dash")
    monkeypatch.chdir(tmp_path)
    for name, column in (("users", "user_id"), ("songs", "song_id")):
        table = pl.read_parquet(f"results/dash/plays/{name}.parquet")
        table.with_columns(pl.lit("-n").add(pl.col(column)).alias(column)).write_parquet(
            f"results/dash/plays/{name}.parquet"
        )
    assert main(["why", "--json", "--", "-nu0003", "-nS057"]) == 0
    assert printed(capsys)["song_id"] == "-nS057"
    assert main(["recommend", "-n", "2", "--json", "--", "-nu0003"]) == 0
    assert printed(capsys)["user"] == "-nu0003"
    assert main(["similar", "-n", "2", "--", "-nS012"]) == 0


def test_a_file_is_heard_without_what_loads_slowly(here):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(coldwave.__file__).parents[1])!r})\n"
        "from coldwave.command.cli import main\n"
        "assert main(['similar', 'new/known.wav', '--model', 'linear', '--json']) == 0\n"
        "print(*{name.split('.')[0] for name in sys.modules}, 'scipy.signal' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["similar"]
    modules = set(done.stderr.split())
    assert not {"librosa", "numba", "sklearn", "pandas", "torch", "matplotlib", "True"} & modules
