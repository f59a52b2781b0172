"""``coldwave recommend``, against the Python API."""

import json
import shutil

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml

from coldwave.command.cli import main
from coldwave.playlists.files import read_recipe
from tests.coldwave.command.conftest import listens


def songs_of(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_user_gets_what_the_api_recommends(run, capsys):
    assert main(["recommend", "u0003", "-n", "5", "--per-artist", "1", "--exclude", "folk", "--json"]) == 0
    found = songs_of(capsys)
    expected = run.recommend("u0003", n=5, per_artist=1, exclude=["folk"])
    assert [song["song_id"] for song in found["songs"]] == expected.table["song_id"].to_list()
    assert [song["score"] for song in found["songs"]] == expected.table["score"].to_list()
    assert (found["model"], found["notes"]) == (expected.model, expected.notes)
    assert main(["recommend", "u0003", "-n", "5", "--per-artist", "1", "--exclude", "folk"]) == 0
    streams = capsys.readouterr()
    lines = streams.out.splitlines()
    assert lines[0].split() == ["rank", "title", "artist", "score", "why"]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3", "4", "5"]
    assert expected.table["why"][0] in lines[1]
    assert streams.err.splitlines() == expected.notes


def test_nobody_has_played_them(run, capsys):
    assert main(["recommend", "u0003", "--among", "nobody", "--json"]) == 0
    users = dict(run.songs.select("song_id", "users").iter_rows())
    songs = songs_of(capsys)["songs"]
    assert songs and all(users[song["song_id"]] == 0 for song in songs)


def test_the_busiest_user_is_named(run, capsys):
    assert main(["recommend", "--busiest", "-n", "3", "--json"]) == 0
    streams = capsys.readouterr()
    plays = pl.read_parquet(run.files.path("plays/plays.parquet"))
    users = pl.read_parquet(run.files.path("plays/users.parquet"))["user_id"]
    busiest = users[plays.group_by("user").len().sort(-pl.col("len").cast(int), "user")["user"][0]]
    assert json.loads(streams.out)["user"] == busiest
    assert f"For {busiest}, who has played the most songs." in streams.err
    assert main(["recommend", "u0003", "--busiest"]) == 1
    assert "leave USER and --history out" in capsys.readouterr().err


def test_where_nothing_can_be_written_is_told(run, capsys, tmp_path):
    (tmp_path / "mix.m3u8").mkdir()
    assert main(["recommend", "u0003", "--out", str(tmp_path / "mix.m3u8")]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("command", [["recommend", "u0003"], ["playlist", "S012"]])
@pytest.mark.parametrize(
    ("out", "said"),
    [("mix.mp3", "mix.mp3"), ("none/mix.m3u8", "there is no folder"), ("folder.m3u8", "this is a folder")],
)
def test_where_a_playlist_goes_is_checked_before_anything_is_computed(command, out, said, here, tmp_path, capsys):
    (tmp_path / "folder.m3u8").mkdir()
    assert main([*command, "--run", "none", "--out", str(tmp_path / out)]) == 1
    streams = capsys.readouterr()
    assert streams.out == "" and said in streams.err and "no run" not in streams.err
    assert not (tmp_path / "none").exists()


def test_histories_that_name_no_user_go_with_one_that_does(run, tmp_path, capsys):
    one = listens(tmp_path / "listens.jsonl", [("Artist 5", "Title 12", 4)])
    other = tmp_path / "scrobbles.csv"
    other.write_text("Artist 6,,Title 13,22 May 2014 20:11\n")
    assert main(["recommend", "--history", str(one), "--history", str(other), "--json"]) == 0
    assert "5 plays read" in capsys.readouterr().err


def test_without_a_user_it_names_some_and_what_to_do(here, capsys):
    assert main(["recommend"]) == 1
    said = capsys.readouterr().err
    assert "90 users (u0000, u0001, u0002, u0003, u0004, …)" in said and "--history FILE" in said


def test_a_history_is_matched_folded_in_and_counted(run, tmp_path, capsys):
    tracks = [("artist 5", "TITLE 12", 4), ("Artist 6", "Title 13 (Remastered 2011)", 2), ("Nobody", "Unknown", 3)]
    history = listens(tmp_path / "listens.jsonl", tracks)
    assert main(["recommend", "--history", str(history), "-n", "6", "--json"]) == 0
    streams = capsys.readouterr()
    found = json.loads(streams.out)
    expected = run.recommend(plays={"S012": 4, "S013": 2}, n=6).table
    assert [song["song_id"] for song in found["songs"]] == expected["song_id"].to_list()
    assert [song["score"] for song in found["songs"]] == pytest.approx(expected["score"].to_list())
    assert "9 plays read" in streams.err and "2 of 3 tracks matched, with 6 of 9 plays" in streams.err
    assert {one["how"]: one["plays"] for one in found["matching"]}["no such artist"] == 3


def test_an_override_wins_over_names(run, tmp_path, capsys):
    history = listens(tmp_path / "listens.jsonl", [("Nobody", "Unknown", 3)])
    assert main(["recommend", "--history", str(history)]) == 1
    assert "none of it is among the songs" in capsys.readouterr().err
    (tmp_path / "said.csv").write_text("artist,title,song_id\nNobody,Unknown,S012\n")
    assert main(["recommend", "--history", str(history), "--overrides", str(tmp_path / "said.csv"), "--json"]) == 0
    expected = run.recommend(plays={"S012": 3}).table["song_id"].to_list()
    assert [song["song_id"] for song in songs_of(capsys)["songs"]] == expected


def counted(capsys):
    return {one["how"]: one["plays"] for one in songs_of(capsys)["matching"]}


def test_a_history_is_read_and_matched_with_the_settings_of_the_run(workplace, tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(workplace / "results/small", tmp_path / "results/small")
    monkeypatch.chdir(tmp_path)
    old, new = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "ab")
    songs = pl.read_parquet("results/small/plays/songs.parquet")
    mbid = pl.when(pl.col("song_id") == "S015").then(pl.lit(new))
    songs.with_columns(recording_mbid=mbid).write_parquet("results/small/plays/songs.parquet")
    history = tmp_path / "events.csv"
    rows = [
        (1_700_000_000, "Artist 5", "Title 12", 200, ""),
        (1_700_000_040, "Artist 5", "Title 12", 200, ""),  # a repetition, where 60 s count as one
        (1_700_001_000, "Artist 5", "Title 12", 40, ""),  # too short, where 50 s are a play
        (1_700_002_000, "Nobody", "Unknown", 200, ""),
        (1_700_003_000, "Artist 6", "Titel 13", 200, ""),  # 87.5 alike
        (1_700_004_000, "Artist 1", "Title 15", 200, old),
    ]
    lines = ["time,artist,title,secondsplayed,mbid", *(",".join(map(str, row)) for row in rows)]
    history.write_text("\n".join(lines) + "\n")
    command = ["recommend", "--history", str(history), "--json"]
    assert main(command) == 0
    assert counted(capsys) == {"artist and title": 4, "below likeness": 1, "no such artist": 1}, (
        "a run without these settings"
    )

    (tmp_path / "said.csv").write_text("artist,title,song_id\nNobody,Unknown,S020\n")
    (tmp_path / "merged.csv").write_text(f"from,to\n{old},{new}\n")
    record = json.loads((folder / "provenance.json").read_text())
    config = yaml.safe_load(record["config"])
    config["plays"] = {
        "history": {"min_seconds": 50, "repeats_within": 60, "user": "x", "also": ["y"]},
        "matching": {"likeness": 80, "margin": 3, "overrides": "said.csv", "redirects": "merged.csv"},
    }
    (folder / "provenance.json").write_text(json.dumps(record | {"config": yaml.safe_dump(config)}))
    assert main(command) == 0
    expected = {"override": 1, "recording mbid": 1, "artist and title": 1}
    assert counted(capsys) == expected | {"fuzzy": 1}
    (tmp_path / "other.csv").write_text("artist,title,song_id\nArtist 6,Titel 13,S013\n")
    assert main([*command, "--overrides", "other.csv"]) == 0
    assert counted(capsys) == expected | {"no such artist": 1}


def test_a_history_of_several_users_needs_a_name(run, tmp_path, capsys):
    rows = ["user,time,artist,title", "ann,1700000000,Artist 5,Title 12", "bob,1700001000,Artist 6,Title 13"]
    history = tmp_path / "events.csv"
    history.write_text("\n".join(rows) + "\n")
    assert main(["recommend", "--history", str(history)]) == 1
    assert "listens of 2 users (ann, bob): name one of them" in capsys.readouterr().err
    assert main(["recommend", "bob", "--history", str(history), "--json"]) == 0
    expected = run.recommend(plays={"S013": 1}).table["song_id"].to_list()
    assert [song["song_id"] for song in songs_of(capsys)["songs"]] == expected
    assert main(["recommend", "cid", "--history", str(history)]) == 1
    assert "no listens of 'cid'; it has ann, bob" in capsys.readouterr().err


def test_a_folder_of_the_runs_audio(run, here, capsys):
    assert main(["recommend", "u0003", "--library", "music/2", "--json"]) == 0
    songs = songs_of(capsys)["songs"]
    audio = dict(run.songs.select("song_id", "audio").iter_rows())
    assert songs and all(audio[song["song_id"]].startswith("music/2/") for song in songs)
    assert main(["recommend", "u0003", "--library", "elsewhere"]) == 1
    assert "--new hears its files" in capsys.readouterr().err


def test_new_files_are_heard_and_scored_as_the_model_scores_songs(run, here, capsys):
    assert main(["recommend", "u0003", "--library", "new", "--new", "--model", "linear", "--json"]) == 0
    songs = {song["song_id"].rpartition("/")[2]: song for song in songs_of(capsys)["songs"]}
    assert set(songs) == {"known.wav", "other.wav"}
    user = run.files.array("wmf/user_factors.npy")[3]
    for name, song in songs.items():
        heard = run.embed(here / "new" / name, ["linear"])["predictions"]["linear"]
        assert song["score"] == pytest.approx(float(user @ heard), rel=1e-5)
        assert song["title"] == name.removesuffix(".wav")


def test_files_without_audio_are_counted_and_recordings_that_were_played_are_left_out(run, here, tmp_path, capsys):
    (tmp_path / "a.wav").write_bytes((here / "new/other.wav").read_bytes())
    soundfile.write(tmp_path / "b.wav", np.zeros(100), 22050)
    assert main(["recommend", "u0003", "--library", str(tmp_path), "--new", "--json"]) == 0
    streams = capsys.readouterr()
    assert len(json.loads(streams.out)["songs"]) == 1 and "1 files cannot be scored" in streams.err
    found = run.recommend_files(["new/known.wav", "new/other.wav"], plays={"S007": 1}).table
    assert found["song_id"].to_list() == ["new/other.wav"], "known.wav sounds as S007"
    assert main(["recommend", "u0003", "--new"]) == 1
    assert "--library DIR" in capsys.readouterr().err


def test_a_playlist_and_its_recipe(run, here, tmp_path, capsys):
    out = tmp_path / "mix.m3u8"
    assert main(["recommend", "u0003", "-n", "4", "--out", str(out), "--path-prefix", f"{here}/music=/server"]) == 0
    assert f"4 songs written to {out}" in capsys.readouterr().err
    expected = run.recommend("u0003", n=4).table["song_id"].to_list()
    audio = dict(run.songs.select("song_id", "audio").iter_rows())
    lines = out.read_text().splitlines()
    paths = [line for line in lines if not line.startswith("#")]
    assert paths == [audio[song].replace("music", "/server", 1) for song in expected]
    recipe = read_recipe(out)
    assert recipe["command"] == "recommend" and recipe["user"] == "u0003" and recipe["n"] == 4
    before = out.read_bytes()
    assert main(["playlist", "--refresh", str(out), "--json"]) == 0
    assert out.read_bytes() == before
    assert [song["song_id"] for song in songs_of(capsys)["songs"]] == expected
    assert main(["recommend", "u0003", "--out", str(tmp_path / "mix.txt")]) == 1
    assert "ends in one of" in capsys.readouterr().err
    assert main(["recommend", "u0003", "--path-prefix", "x"]) == 1
    assert "write FROM=TO" in capsys.readouterr().err


def test_the_run_is_a_folder_a_name_or_the_newest(here, capsys, monkeypatch, tmp_path):
    for run in (["--run", "small"], ["--run", "results/small"], []):
        assert main(["recommend", "u0003", "-n", "1", "--json", *run]) == 0
        assert songs_of(capsys)["run"] == str(here / "results/small")
    assert main(["recommend", "u0003", "--run", "smal"]) == 1
    assert "finished runs are small" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert main(["recommend", "u0003"]) == 1
    assert "no finished run under results/" in capsys.readouterr().err
