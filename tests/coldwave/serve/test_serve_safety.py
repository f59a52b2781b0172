"""What is refused: other hosts and pages, paths, wrong numbers, wrong passwords; and what no answer tells."""

import hashlib
import logging

import polars as pl
import pytest

from coldwave.serve.catalogue import Catalogue
from tests.coldwave.serve.places import OCTETS, client_of, write_place

SECRET = "kept from all"


def problem(answer, status):
    """The words of an error, which is problem details."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["title"] and body["detail"] and "Traceback" not in answer.text
    return body["detail"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "[::1", "a b"])
def test_only_allowed_hosts_are_answered(client, host):
    assert "--allowed-host" in problem(client.get("/api/run", headers={"Host": host}), 421)


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765"])
def test_this_machine_has_several_names(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("address", ["/api/place", "/api/recommendations", "/api/playlists"])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"},
                                     {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://127.0.0.1:1"}])  # fmt: skip
def test_pages_of_other_sites_send_nothing(client, address, headers):
    assert "own page" in problem(client.post(address, content=b"x", headers=OCTETS | headers), 403)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_sites_lead_here_and_ask_nothing(client, site):
    asked = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    assert "another site" in problem(client.get("/api/songs/3/similar?n=200", headers=asked), 403)
    assert client.get("/", headers=asked | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert client.get("/api/run", headers=asked | {"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_the_own_page_may_send(client):
    own = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/playlists", json={"name": "x", "songs": [1]}, headers=own).status_code == 200


def test_all_answers_bind_browsers(client):
    for answer in (client.get("/"), client.get("/api/run"), client.get("/nothing"), client.get("/api/songs/x")):
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/../settings.py", "/%2e%2e/settings.py", "/..%2fsettings.py",
                                  "/page.js/../../app.py", "/%00", "/?file=/etc/passwd",
                                  "/page/../../../../etc/passwd"])  # fmt: skip
def test_no_path_of_a_request_is_opened(client, path):
    answer = client.get(path)
    assert "root:" not in answer.text and "dataclass" not in answer.text
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or answer.text == client.get("/").text


@pytest.mark.parametrize("song", ["-1", "1e3", "x", "%2e%2e", "99999999999999999999", "1.5"])
def test_numbers_of_songs_are_numbers(client, song):
    problem(client.get(f"/api/songs/{song}/audio"), 422)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", f"q={'a' * 201}", "limit=-1"]
)  # fmt: skip
def test_queries_have_bounds(client, query):
    assert query.partition("=")[0] in problem(client.get(f"/api/songs?{query}"), 422)


@pytest.fixture
def wild(tmp_path):
    """A run whose songs name files out of reach, and a file that must not be sent."""
    write_place(tmp_path / "here")
    (tmp_path / "secret.flac").write_text(SECRET)
    (tmp_path / "here/music/1/1.flac").unlink()
    (tmp_path / "here/music/1/1.flac").symlink_to(tmp_path / "secret.flac")
    (tmp_path / "here/music/circle.flac").symlink_to("circle.flac")
    songs = pl.read_parquet(table := tmp_path / "here/results/small/plays/songs.parquet")
    named = {2: "../secret.flac", 3: str(tmp_path / "secret.flac"), 4: "music/circle.flac", 5: "music", 7: "a\0b",
             8: "music/../../secret.flac", 9: "x" * 5000}  # fmt: skip
    audio = [named.get(song, path) for song, path in enumerate(songs["audio"])]
    songs.with_columns(audio=pl.Series(audio)).write_parquet(table)
    return tmp_path / "here"


def test_audio_stays_below_its_folder(wild):
    client = client_of(wild)
    for song in (1, 2, 3, 4, 5, 7, 8, 9):
        answer = client.get(f"/api/songs/{song}/audio")
        assert SECRET not in answer.text
        problem(answer, 404)
        assert client.get(f"/api/songs/{song}").json()["playable"] is False
    assert client.get("/api/songs/6/audio").status_code == 200


def test_another_folder_for_audio(place):
    for root, status in (("music/1", 200), ("new", 404)):
        client = client_of(place, audio_root=place / root)
        assert client.get("/api/songs/6/audio").status_code == status


def test_a_failure_says_nothing_of_the_server(client, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("of /home/anna/secret\n2026-01-01 ERROR: \x1b[31mmade up")

    monkeypatch.setattr(Catalogue, "song", fail)
    with caplog.at_level(logging.ERROR):
        detail = problem(client.get("/api/songs/3"), 500)
    assert "anna" not in detail
    assert [record.getMessage() for record in caplog.records] == [
        "GET /api/songs/3: RuntimeError: of /home/anna/secret 2026-01-01 ERROR: \\x1b[31mmade up"
    ]


def test_a_body_of_json_is_not_large(client, caplog):
    large = b'{"name": "' + b"x" * (2 << 20) + b'", "songs": [1]}'
    for content in (large, iter([large])):
        answer = client.post("/api/playlists", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413 and answer.headers["x-content-type-options"] == "nosniff"
    assert 'route="/api/playlists",status="413"' in client.get("/metrics").text and not caplog.records
    problem(client.post("/api/playlists", json={"name": "x", "songs": [1] * 1001}), 422)
    problem(client.post("/api/playlists", content=b"{", headers={"Content-Type": "application/json"}), 422)
    problem(client.post("/api/playlists", json={"name": "x", "songs": [1, 61]}), 404)


@pytest.fixture(scope="module")
def with_password(place):
    """A client of a server that asks players for a password."""
    return client_of(place, subsonic=("anna", "pass"))


def token(password, salt):
    return {"t": hashlib.md5((password + salt).encode()).hexdigest(), "s": salt}


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"u": "anna", **token("pass", "abc")}, None), ({"u": "anna", "p": "pass"}, None),
     ({"u": "anna", "p": "enc:" + b"pass".hex()}, None), ({"u": "anna", **token("wrong", "abc")}, 40),
     ({"u": "bob", "p": "pass"}, 40), ({"u": "anna", "p": "enc:zz"}, 40), ({"u": "anna", "p": "pâss"}, 40), ({}, 10),
     ({"u": "anna", "t": "x"}, 10)],
)  # fmt: skip
def test_players_need_the_password_if_there_is_one(with_password, asked, code):
    found = with_password.get("/rest/ping.view", params=asked | {"f": "json"}).json()["subsonic-response"]
    assert found.get("error", {}).get("code") == code and found["status"] == ("failed" if code else "ok")


def test_players_see_the_extensions_without_the_password(with_password):
    found = with_password.get("/rest/getOpenSubsonicExtensions?f=json").json()["subsonic-response"]
    assert found["openSubsonicExtensions"] == [{"name": "sonicSimilarity", "versions": [1]}]
