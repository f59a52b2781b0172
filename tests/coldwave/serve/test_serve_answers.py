"""Each address answers what the library answers."""

import mimetypes
import re
import xml.etree.ElementTree as ET

import numpy as np
import polars as pl
import pytest

from coldwave.command.history import match_history
from coldwave.serve.app import PAGE
from coldwave.use.journeys import path
from tests.coldwave.serve.places import OCTETS, listens
from tests.coldwave.use.workplaces import KNOWN


def get(client, address, **query):
    answer = client.get(address, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="session")
def songs(place):
    """The run's songs as its own table has them."""
    return pl.read_parquet(place / "results/small/plays/songs.parquet")


def test_the_run(client, run):
    about = get(client, "/api/run")
    model, notes = run.default_model
    assert (about["run"], about["songs"], about["users"]) == ("small", 60, 90)
    assert (about["model"], about["notes"]) == (model, notes)
    assert about["hears_files"] and about["plays_audio"]


def test_every_song(client, songs, place):
    for row in songs.to_dicts():
        found = get(client, f"/api/songs/{row['song']}")
        playable = (place / row["audio"]).is_file()
        shown = ("song", "song_id", "title", "artist", "album", "tags", "plays")
        assert found == {name: row[name] for name in shown} | {"playable": playable}
    assert client.get("/api/songs/60").status_code == 404


@pytest.mark.parametrize(
    "text", ["", "title 1", "TITLE", "album 3 artist", "1 artist title", "itle", "S012", "nothing"]
)
def test_songs_are_found_by_beginnings_of_their_words(client, songs, text):
    found = get(client, "/api/songs", q=text, limit=100)

    def words(row):
        return " ".join(row[name] or "" for name in ("title", "artist", "album")).lower().split()

    wanted = text.lower().split()
    rows = [row for row in songs.to_dicts() if all(any(w.startswith(one) for w in words(row)) for one in wanted)]
    if text == "S012":
        rows = [songs.row(12, named=True)]
    rows.sort(key=lambda row: (not set(wanted) <= set(words(row)), -row["plays"], row["song"]))
    assert found["total"] == len(rows)
    assert [one["song"] for one in found["songs"]] == [row["song"] for row in rows]


def test_the_nearest_songs(client, run):
    for song in (0, KNOWN, 59):
        found = get(client, f"/api/songs/{song}/similar", n=9)
        table = run.similar(f"S{song:03}", 9)
        for by in ("sound", "usage"):
            rows = table.filter(by=by)
            assert [one["song"] for one in found[by]] == rows["song"].to_list()
            assert [one["cosine"] for one in found[by]] == pytest.approx(rows["cosine"].to_list())
            assert [one["shared_tags"] for one in found[by]] == rows["tags"].to_list()


def test_audio_and_parts_of_it(client, place, songs):
    content = (place / "music/1/6.flac").read_bytes()
    whole = client.get("/api/songs/6/audio")
    assert whole.content == content and whole.headers["content-type"] == mimetypes.guess_type("6.flac")[0]
    part = client.get("/api/songs/6/audio", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    assert client.get("/api/songs/6/audio", headers={"Range": "bytes=99999999-"}).status_code == 416
    assert client.get("/api/songs/5/audio").status_code == 404


def test_users(client, run, place):
    users = pl.read_parquet(place / "results/small/plays/users.parquet")
    found = get(client, "/api/users", q="u000", limit=5)
    best = users.filter(pl.col("user_id").str.starts_with("u000")).sort("plays", "user", descending=[True, False])
    assert found["total"] == 10 and found["users"] == best.head(5).to_dicts()
    assert get(client, "/api/users", q="u0042")["users"] == users.filter(user=42).to_dicts()


@pytest.mark.parametrize("among", ["unheard", "nobody", "all"])
def test_recommendations_for_a_user(client, run, among):
    found = get(client, "/api/users/4/recommendations", n=12, among=among, per_artist=2)
    same = run.recommend("u0004", n=12, among=among, per_artist=2)
    assert (found["model"], found["notes"]) == (same.model, same.notes)
    for name in ("rank", "song", "song_id", "title", "artist", "by", "because_id", "because_plays", "why"):
        assert [one[name] for one in found["songs"]] == same.table[name].to_list(), name
    assert [one["score"] for one in found["songs"]] == pytest.approx(same.table["score"].to_list(), abs=1e-6)
    without = get(client, "/api/users/4/recommendations", n=60, per_artist=0)
    assert len(without["songs"]) == run.recommend("u0004", n=60, per_artist=None).table.height


def test_a_file_is_placed(client, run, place):
    file = place / "new/known.wav"
    answer = client.post("/api/place", params={"n": 5}, content=file.read_bytes(), headers=OCTETS)
    found, same = answer.json(), run.place(file, 5)
    for by in ("sound", "usage"):
        rows = same.similar.filter(by=by)
        assert [one["song"] for one in found["similar"][by]] == rows["song"].to_list()
        assert [one["cosine"] for one in found["similar"][by]] == pytest.approx(rows["cosine"].to_list())
    assert found["similar"]["sound"][0]["song"] == KNOWN
    assert found["tags"] == same.tags.to_dicts()
    assert [one["user_id"] for one in found["listeners"]] == same.listeners["user_id"].to_list()
    assert [one["user"] for one in found["listeners"]] == [int(name[1:]) for name in same.listeners["user_id"]]


def test_recommendations_for_a_history(client, run, tmp_path):
    history = tmp_path / "listens.jsonl"
    history.write_bytes(listens([("Artist 1", "Title 1", 3), ("artist 2", "TITLE 2", 5), ("Nobody", "Nothing", 2)]))
    answer = client.post("/api/recommendations", params={"n": 6}, content=history.read_bytes(), headers=OCTETS)
    found = answer.json()
    same = run.recommend(plays=match_history(run, [history]).plays, n=6)
    assert [one["song"] for one in found["songs"]] == same.table["song"].to_list()
    assert found["matched"] == {"tracks": 2, "of_tracks": 3, "plays": 8, "of_plays": 10}
    assert [(one["artist"], one["title"], one["plays"]) for one in found["unmatched"]] == [("Nobody", "Nothing", 2)]


def test_playlists(client, place):
    body = {"name": "A mix/№ 1", "songs": [1, 6]}
    answer = client.post("/api/playlists", json=body)
    assert "attachment" in answer.headers["content-disposition"]
    paths = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert paths == [str(place / "music/1/1.flac"), str(place / "music/1/6.flac")]
    tracks = ET.fromstring(client.post("/api/playlists", json=body | {"format": "xspf"}).content)
    assert len(tracks.findall(".//{http://xspf.org/ns/0/}track")) == 2
    refused = client.post("/api/playlists", json=body | {"format": "jspf"})
    assert refused.status_code == 422 and "MusicBrainz" in refused.json()["detail"]


def test_a_path(client, run):
    found = get(client, "/api/path", start=3, end=50, n=8)
    assert [one["song"] for one in found["songs"]] == path(3, 50, run.sound_vectors(), 8).tolist()
    assert client.get("/api/path", params={"start": 3, "end": 3}).status_code == 422
    assert client.get("/api/path", params={"start": 3, "end": 300}).status_code == 404


def test_what_players_are_told(client, run):
    similar = get(client, "/rest/getSonicSimilarTracks.view", id="S007", count=4, f="json")["subsonic-response"]
    rows = run.similar("S007", 4).filter(by="sound")
    assert (similar["status"], similar["openSubsonic"]) == ("ok", True)
    assert [one["entry"]["id"] for one in similar["sonicMatch"]] == rows["song_id"].to_list()
    assert [one["similarity"] for one in similar["sonicMatch"]] == pytest.approx((1 + rows["cosine"].to_numpy()) / 2)
    way = get(client, "/rest/findSonicPath", startSongId="S003", endSongId="S050", count=6, f="json")
    matches, units = way["subsonic-response"]["sonicMatch"], run.sound_vectors()
    songs = path(3, 50, units, 6)
    assert [one["entry"]["id"] for one in matches] == [f"S{song:03}" for song in songs]
    assert matches[0]["similarity"] == 1 and matches[-1]["similarity"] == pytest.approx((1 + units[50] @ units[3]) / 2)
    root = ET.fromstring(client.get("/rest/getSonicSimilarTracks", params={"id": "S007", "count": 4}).content)
    entries = root.findall("{*}sonicMatch/{*}entry")
    assert root.get("status") == "ok" and [one.get("id") for one in entries] == rows["song_id"].to_list()


@pytest.mark.parametrize(
    ("address", "code"),
    [("getSonicSimilarTracks?c=x", 10), ("getSonicSimilarTracks?id=none", 70), ("findSonicPath?startSongId=S001", 10),
     ("findSonicPath?startSongId=S001&endSongId=S001", 0)],
)  # fmt: skip
def test_players_get_errors_by_their_code(client, address, code):
    answer = client.get(f"/rest/{address}&f=json").json()["subsonic-response"]
    assert answer["status"] == "failed" and answer["error"]["code"] == code and answer["error"]["message"]


def test_the_counts_of_requests(client):
    client.get("/api/songs/3")
    text = client.get("/metrics").text
    counts = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}
    assert counts['coldwave_requests_total{method="GET",route="/api/songs/{song}",status="200"}'] >= 1
    assert np.isfinite(list(counts.values())).all()
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_page_is_there_and_loads_nothing_from_elsewhere(client):
    for file in PAGE.iterdir():
        answer = client.get("/" if file.name == "index.html" else f"/{file.name}")
        assert answer.status_code == 200 and answer.content == file.read_bytes()
        kind = {".html": "html", ".css": "css", ".js": "javascript", ".svg": "svg"}[file.suffix]
        assert kind in answer.headers["content-type"], "browsers take nothing of another type"
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg\b)", answer.text), file.name
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
