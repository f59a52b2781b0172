"""Small histories in the true formats of the programs that write them."""

import csv
import io
import json
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa

MBID = "c7d0bf6e-b2aa-4ffa-bded-2448415b39b0"
OTHER_MBID = "20ddea3a-1ad2-4036-9ca7-5f3383ad31c1"

GOLDEN = {
    "inserted_at": 1748964422.521049,
    "listened_at": 1748964167,
    "track_metadata": {
        "track_name": "Golden Brown",
        "artist_name": "The Stranglers",
        "mbid_mapping": {"recording_mbid": MBID, "recording_name": "Golden Brown", "caa_id": 5761374929},
        "release_name": "La Folie",
        "recording_msid": "03dcc65c-0e01-4f25-aa1f-0f469d10e2ad",
        "additional_info": {"isrc": "GBAYE8100053", "duration_ms": 206760, "music_service": "spotify.com"},
    },
}
DREAMIN = {
    "inserted_at": 1748968336.943957,
    "listened_at": 1748967954,
    "track_metadata": {
        "track_name": "California Dreamin'",
        "artist_name": "The Mamas & The Papas",
        "mbid_mapping": None,
        "recording_msid": "23417b11-6914-4339-991c-bdfc3e120678",
        "additional_info": {"recording_mbid": OTHER_MBID.upper(), "isrc": "US-MC1-65-32697"},
    },
}
FEEDBACK = {"recording_msid": None, "recording_mbid": MBID, "score": 1, "created": 1748964300}
PINNED = {"recording_mbid": MBID, "recording_msid": None, "blurb_content": "!", "pinned_until": 1, "created": 2}
USER = {"user_id": 7, "username": "rob"}

STREAM = {
    "ts": "2023-03-19T18:31:37Z",
    "platform": "ios",
    "ms_played": 174424,
    "conn_country": "DE",
    "ip_addr": "0.0.0.0",
    "master_metadata_track_name": "Monsters (feat. blackbear)",
    "master_metadata_album_artist_name": "All Time Low",
    "master_metadata_album_album_name": "Wake Up, Sunshine",
    "spotify_track_uri": "spotify:track:50DMJJpAeQv4fIpxZvQz2e",
    "episode_name": None,
    "episode_show_name": None,
    "spotify_episode_uri": None,
    "reason_start": "trackdone",
    "reason_end": "trackdone",
    "shuffle": True,
    "skipped": False,
    "offline": False,
    "offline_timestamp": 1679250523,
    "incognito_mode": False,
}
EPISODE = STREAM | {
    "master_metadata_track_name": None,
    "master_metadata_album_artist_name": None,
    "master_metadata_album_album_name": None,
    "spotify_track_uri": None,
    "episode_name": "The first one",
    "episode_show_name": "A show",
    "spotify_episode_uri": "spotify:episode:1",
}
SHORT_STREAM = {
    "endTime": "2025-04-12 13:47",
    "artistName": "Boards of Canada",
    "trackName": "Roygbiv",
    "msPlayed": 151000,
}
SHORT_PODCAST = {"endTime": "2025-04-12 14:47", "podcastName": "A show", "episodeName": "One", "msPlayed": 600000}

LASTFM_ROW = ["TEEN", "In Limbo", "Roses & Wine", "22 May 2014 20:11"]
RECENT = """"uts","utc_time","artist","artist_mbid","album","album_mbid","track","track_mbid"
"1767217094","31 Dec 2025, 21:38","Oneohtrix Point Never","9cea062d-cbe8-4b49-9dfd-c0f2f03e1bd1","Tranquilizer",\
"dda7e98b-9a4c-4b5f-9a2f-5ea6d6d93d90","Modern Lust","da5d357e-3b0b-4a3f-8f02-3c0e5a8d8a10"
"""
API_TRACK = {
    "artist": {"mbid": "", "#text": "Massive Attack"},
    "streamable": "0",
    "mbid": MBID,
    "album": {"mbid": "", "#text": "Mezzanine"},
    "name": "Teardrop",
    "url": "https://www.last.fm/music/Massive+Attack/_/Teardrop",
    "date": {"uts": "1749776100", "#text": "13 Jun 2025, 00:55"},
}
API_NOW = {key: API_TRACK[key] for key in ("artist", "mbid", "album", "name")} | {"@attr": {"nowplaying": "true"}}

SCROBBLE = {
    "time": 1760532613,
    "track": {
        "artists": ["Alabaster Deplume"],
        "title": "Not Now, Jesus",
        "album": {"artists": ["Alabaster Deplume"], "albumtitle": "To Cy & Lee"},
        "length": 220,
    },
    "duration": None,
    "origin": "client:turntable",
}


def aliases(*names: str) -> list[dict]:
    """The last name is the primary one."""
    return [
        {"alias": name, "source": "Canonical" if name == names[-1] else "MusicBrainz", "is_primary": name == names[-1]}
        for name in names
    ]


KOITO_LISTEN = {
    "listened_at": "2022-01-08T22:32:08Z",
    "client": "test",
    "track": {"mbid": None, "duration": 354, "aliases": aliases("Every Wave to Ever Rise")},
    "album": {"image_url": "", "mbid": None, "aliases": aliases("American Football (LP3)"), "various_artists": False},
    "artists": [
        {"mbid": None, "is_primary": False, "aliases": aliases("AF", "American Football")},
        {"mbid": None, "is_primary": False, "aliases": aliases("Elizabeth Powell")},
    ],
}
JELLYFIN_ROW = [
    "2024-01-20 19:06:12.1234567",
    "5f3ab0c1d2e34f5a8b9c0d1e2f3a4b5c",
    "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "Audio",
    "Portishead - Roads (Dummy)",
    "DirectPlay",
    "Finamp",
    "Pixel",
    "303",
]


def json_lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def unzipped(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def listenbrainz_export() -> dict[str, str]:
    return {
        "listens/2025/5.jsonl": json_lines(GOLDEN),
        "listens/2025/6.jsonl": json_lines(DREAMIN),
        "feedback.jsonl": json_lines(FEEDBACK),
        "pinned_recording.jsonl": json_lines(PINNED),
        "user.json": json.dumps(USER),
    }


def dumped(record: dict, user_id: int, user_name: str) -> dict:
    rest = {key: value for key, value in record.items() if key not in ("listened_at", "inserted_at")}
    return rest | {"timestamp": record["listened_at"], "user_id": user_id, "user_name": user_name}


def listenbrainz_dump(path: Path, files: dict[str, str] | None = None) -> Path:
    """The full dump; ``files`` are those of listens."""
    files = files or {
        "listens/2025/5.listens": json_lines(dumped(GOLDEN, 1, "rob"), dumped(GOLDEN, 2, "lucifer")),
        "listens/2025/6.listens": json_lines(dumped(DREAMIN, 1, "rob")),
    }
    files = {"TIMESTAMP": "2025-07-01 00:00:00", "SCHEMA_SEQUENCE": "7", "COPYING": "CC0"} | files
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"listenbrainz-dump-2000-20250701-full/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    path.write_bytes(pa.Codec("zstd").compress(tar.getvalue(), asbytes=True))
    return path


def csv_text(rows: list[list[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue()


def navidrome(path: Path, scrobbles: bool = True, wal: bool = False) -> sqlite3.Connection:
    """A database of two songs; the connection stays open, as a server's does."""
    database = sqlite3.connect(path)
    if wal:
        database.execute("PRAGMA journal_mode = WAL")
    database.executescript("""
        CREATE TABLE user(id varchar PRIMARY KEY, user_name varchar, is_admin bool);
        CREATE TABLE media_file(id varchar PRIMARY KEY, path varchar, library_id integer, title varchar, album varchar,
            artist varchar, duration real, mbz_recording_id varchar, mbz_release_track_id varchar);
        CREATE TABLE annotation(user_id varchar, item_id varchar, item_type varchar, play_count integer,
            play_date datetime, rating integer, starred bool, starred_at datetime);
        INSERT INTO user VALUES ('u1', 'anna', 1), ('u2', 'ben', 0);
        INSERT INTO media_file VALUES
            ('s1', 'Portishead/Dummy/10 - Roads.flac', 1, 'Roads', 'Dummy', 'Portishead', 303.4, NULL, NULL),
            ('s2', 'Björk/Post/02 - Hyperballad.mp3', 1, 'Hyperballad', 'Post', 'Björk', 321.0,
             'C7D0BF6E-b2aa-4ffa-bded-2448415b39b0', 'x');
        INSERT INTO annotation VALUES
            ('u1', 's1', 'media_file', 5, '2025-11-01 10:00:00', 0, 0, NULL),
            ('u1', 'al-1', 'album', 9, NULL, 0, 0, NULL),
            ('u1', 's2', 'media_file', 0, NULL, 5, 1, NULL),
            ('u2', 's2', 'media_file', 2, '2025-11-02 10:00:00', 0, 0, NULL);
    """)
    if scrobbles:
        database.executescript("""
            CREATE TABLE scrobbles(id integer PRIMARY KEY, media_file_id varchar, user_id varchar,
                submission_time integer NOT NULL);
            INSERT INTO scrobbles(media_file_id, user_id, submission_time) VALUES
                ('s1', 'u1', 1761991200), ('s1', 'u1', 1762077600), ('s2', 'u2', 1762078000), ('s2', 'u2', 1762080000);
        """)
    database.commit()
    return database


def write_all(folder: Path) -> dict[str, list[Path]]:
    """One file or more of each format, under names that say nothing."""
    folder.mkdir(parents=True, exist_ok=True)

    def text(name: str, content: str) -> Path:
        (folder / name).write_text(content, encoding="utf-8")
        return folder / name

    events = [["played_at", "artist_name", "track"], ["2024-05-01T10:00:00Z", "Björk", "Hyperballad"]]
    navidrome(folder / "n1").close()
    navidrome(folder / "n2", scrobbles=False).close()
    koito = {"version": "1", "exported_at": "2025-06-18T12:56:53Z", "user": "koito", "listens": [KOITO_LISTEN]}
    return {
        "listenbrainz": [
            text("l1", json_lines(GOLDEN, DREAMIN)),
            text("l2", json.dumps([GOLDEN, DREAMIN])),
            zipped(folder / "l3", listenbrainz_export()),
            unzipped(folder / "l4", listenbrainz_export()),
            listenbrainz_dump(folder / "l5"),
        ],
        "lastfm": [
            text("f1", csv_text([LASTFM_ROW] * 3)),
            text("f2", RECENT),
            text("f3", json.dumps([{"track": [API_NOW, API_TRACK], "@attr": {"user": "rj", "page": "1"}}])),
            text("f4", json.dumps({"recenttracks": {"track": [API_TRACK], "@attr": {"user": "rj"}}})),
            text("f5", json.dumps([API_TRACK, API_TRACK], indent=2)),
        ],
        "spotify": [
            text("s1", json.dumps([STREAM])),
            text("s2", json.dumps([SHORT_STREAM], indent=2)),
            zipped(
                folder / "s3", {"Spotify/Streaming_History_Audio_2023_1.json": json.dumps([STREAM]), "Read.pdf": "%"}
            ),
            unzipped(folder / "s4", {"endsong_0.json": json.dumps([STREAM]), "endsong_1.json": json.dumps([EPISODE])}),
        ],
        "events": [text("e1", csv_text(events)), text("e2", csv_text(events, "\t")), text("e3", csv_text(events, ";"))],
        "maloja": [
            text("m1", json.dumps({"maloja": {"export_time": 1}, "scrobbles": [SCROBBLE]}, indent=4)),
            text("m2", json.dumps({"status": "ok", "list": [SCROBBLE]})),
        ],
        "koito": [text("k1", json.dumps(koito, indent=2))],
        "navidrome": [folder / "n1", folder / "n2"],
        "jellyfin": [text("j1", "\t".join(JELLYFIN_ROW) + "\n")],
    }
