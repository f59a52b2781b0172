"""Precision and recall of the matching, on names whose truth is known."""

import csv
import os
import random
from pathlib import Path

import polars as pl
import pytest
from matching_noise import NOISE, other_recordings
from matching_tables import songs_of, tracks_of

from coldwave.matching.matching import match_tracks

ARTISTS = [
    "Sigur Rós", "Björk", "Earth, Wind & Fire", "AC/DC", "The Beatles", "Simon & Garfunkel", "Motörhead", "Ne-Yo",
    "R.E.M.", "!!!", "Кино", "椎名林檎", "Tyler, The Creator", "Florence + the Machine", "Guns N' Roses", "Beyoncé",
    "Blue Öyster Cult", "The Knife", "Sade", "Can", "עידן רייכל", "Mogwai", "Stan Getz & João Gilberto",
    "Boards of Canada", "Nina Simone", "Fela Kuti", "Cocteau Twins", "Slowdive",
]  # fmt: skip
FIRST = [
    "Silver", "Broken", "Endless", "Électric", "Quiet", "Golden", "Hollow", "Midnight", "Paper", "Restless",
    "Northern", "Naïve", "Crimson",
]  # fmt: skip
SECOND = [
    "River", "Machine", "Señorita", "Garden", "Engine", "Horizon", "Letters", "Ghosts", "Avenue", "Mountain",
    "Telephone", "Harbour", "Satellite",
]  # fmt: skip
ENDS = ["", ", Again", " & the Sea", " (So Far Away)", "?", " of Tomorrow", " 1999", " - A Story", "'s Lament"]
TWINS = 30  # songs of which the library has an instrumental and a live recording too
OTHERS = ["歌舞伎町の女王", "丸の内サディスティック", "Группа крови", "Звезда по имени Солнце", "ממעמקים"]


def generated(rng):
    """A library of some hundred songs: (artist, title, album, seconds, recording id)."""
    titles = [f"{one} {two}{end}" for one in FIRST for two in SECOND for end in rng.sample(ENDS, 1)]
    titles = rng.sample([*titles, *OTHERS], len(titles))
    return [
        (
            ARTISTS[n % len(ARTISTS)],
            title,
            f"Album {n % 60}",
            rng.uniform(120, 400),
            f"{n:08x}-0000-4000-8000-000000000000",
        )
        for n, title in enumerate(titles)
    ]


def row(song, names=None):
    artist, title, album, seconds, recording = song
    artist, title = names or (artist, title)
    return {"artist": artist, "title": title, "album": album, "seconds": seconds, "recording_mbid": recording}


def as_track(song, names, rng):
    """A track as a history tells it: often without album, duration and id."""
    whole = row(song, names)
    track = {name: whole[name] for name in ("artist", "title")}
    track |= {"album": whole["album"]} if rng.random() < 0.5 else {}
    track |= {"duration": whole["seconds"] + rng.uniform(-1.5, 1.5)} if rng.random() < 0.4 else {}
    return track | ({"recording_mbid": whole["recording_mbid"]} if rng.random() < 0.05 else {})


def measure(tracks, songs, truth):
    """Precision, recall, and a table of every track with its truth."""
    table = match_tracks(tracks_of(*tracks), songs)
    table = table.with_columns(truth=pl.Series(truth, dtype=pl.String)).join(tracks_of(*tracks), on="track")
    right = (table["song_id"] == table["truth"]).fill_null(False).sum()
    return right / table["song_id"].count(), right / table["truth"].count(), table


def told(precision, recall, table):
    wrong = table.filter(pl.col("song_id").fill_null("") != pl.col("truth").fill_null(""))
    return (
        f"precision {precision:.4f}, recall {recall:.4f}, wrong: {wrong.select('artist', 'title', 'how').rows()[:20]}"
    )


@pytest.fixture(scope="module")
def generated_cases():
    """Tracks of a library, changed in each way; twins and decoys; and songs that are not in the library."""
    rng = random.Random(20)
    songs = generated(rng)
    inside, outside = songs[:120], songs[120:]
    library, tracks, truth = [row(song) for song in inside], [], []
    for place, song in enumerate(inside):
        for name, change in NOISE.items():
            track = as_track(song, change(*song[:2], rng), rng)
            twin = place < TWINS and name == "live" and "recording_mbid" not in track
            tracks.append(track)
            truth.append(f"s{len(inside) + 2 * place + 1}" if twin else f"s{place}")
    # twins: each of three recordings is asked for by its own name, and the live one by other live ones' too
    for artist, title, album, seconds, _ in inside[:TWINS]:
        for note in (" (Instrumental)", " (Live)"):
            library.append(row((artist, title + note, album, seconds, None)))
            tracks.append({"artist": artist, "title": title + note.replace(" (", " - ").replace(")", "")})
            truth.append(f"s{len(library) - 1}")
        tracks.append({"artist": artist, "title": f"{title} (Live in Rome)"})
        truth.append(f"s{len(library) - 1}")
    # decoys: in the library by others and of other recordings, asked for by the song's name and the other way round
    for artist, title, album, seconds, _ in outside[:25]:
        library.append(row(("Karaoke Stars", f"{title} (Karaoke Version)", album, seconds, None)))
        library.append(row((artist, other_recordings(title, rng), album, None, None)))
        tracks.append({"artist": artist, "title": title})
        truth.append(None)
    for song in inside[TWINS:]:
        tracks.append({"artist": song[0], "title": other_recordings(song[1], rng)})
        truth.append(None)
    for song in outside[25:]:
        for change in rng.sample(list(NOISE.values()), 6):
            tracks.append(as_track(song, change(*song[:2], rng), rng))
            truth.append(None)
    return tracks, library, truth


def test_generated_names(generated_cases):
    tracks, library, truth = generated_cases
    precision, recall, table = measure(tracks, songs_of(*library), truth)
    assert len(truth) > 2000
    assert precision >= 0.99, told(precision, recall, table)
    assert recall >= 0.95, told(precision, recall, table)
    assert table["how"].n_unique() >= 7, "the cases reach most tiers and reasons"


def test_generated_names_of_a_library_without_tags(generated_cases):
    """Titles are read from paths, in which some characters may not be."""
    tracks, library, truth = generated_cases
    paths = []
    for number, song in enumerate(library):
        names = [song[name].replace("/", "_").replace("?", "_") for name in ("artist", "album", "title")]
        paths.append({"audio": f"Music/{names[0]}/{names[1]}/{number % 20 + 1:02} - {names[2]}.mp3"})
    tracks = [track | {"recording_mbid": None} for track in tracks]
    precision, recall, table = measure(tracks, songs_of(*paths), truth)
    assert precision >= 0.99, told(precision, recall, table)
    assert recall >= 0.95, told(precision, recall, table)
    assert set(table["how"].filter(table["song_id"].is_not_null())) == {"path"}


def bare(text):
    """Letters and digits before any bracket or dash: what two songs of one name share."""
    return "".join(filter(str.isalnum, text.split(" (")[0].split(" - ")[0].casefold())) or text


def test_real_names():
    folder = os.environ.get("COLDWAVE_DATA")
    path = Path(folder or "nowhere") / "music4all/id_information.csv"
    if not path.exists():
        pytest.skip("COLDWAVE_DATA does not name a folder with music4all/id_information.csv")
    rng = random.Random(1)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    rows = list({(bare(artist), bare(title)): (artist, title, album) for _, artist, title, album in rows}.values())
    rng.shuffle(rows)
    inside, outside = rows[: len(rows) * 7 // 10], rows[len(rows) * 7 // 10 :]
    songs = songs_of(*({"artist": artist, "title": title, "album": album} for artist, title, album in inside))
    tracks, truth = [], []
    for number, (artist, title, album) in enumerate([*inside, *outside]):
        for change in rng.sample(list(NOISE.values()), 2):
            names = change(artist, title, rng)
            tracks.append({"artist": names[0], "title": names[1], "album": rng.choice([album, None])})
            truth.append(f"s{number}" if number < len(inside) else None)
        if number < len(inside) and number % 4 == 0:
            tracks.append({"artist": artist, "title": other_recordings(title, rng)})
            truth.append(None)
    precision, recall, table = measure(tracks, songs, truth)
    assert precision >= 0.995, told(precision, recall, table)
    assert recall >= 0.98, told(precision, recall, table)
    print(told(precision, recall, table))
