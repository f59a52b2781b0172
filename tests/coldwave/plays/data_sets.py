"""Small files of public data sets, written as their owners write them, odd lines included.

Of each data set the plays are told as well: (user, song, seconds or None, plays), as a person reads them off the rules.
"""

import bz2
import datetime
from pathlib import Path


def mbid_of(song: int) -> str:
    return f"{song:08x}-0000-4000-8000-000000000000"


def seconds(text: str) -> float:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp()


def write(path: Path, lines: list[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(line + end for line in lines).encode(encoding)
    path.write_bytes(bz2.compress(text) if path.suffix == ".bz2" else text)
    return path


def events(users: int = 12, songs: int = 30) -> list[tuple[int, int, datetime.datetime]]:
    """Users who hear songs from a day on that comes later for later songs: (user, song, time), none twice."""
    begin = datetime.datetime(2008, 1, 1, 10, 0, 0)
    return [
        (user, song, begin + datetime.timedelta(days=10 * song + user, minutes=again))
        for song in range(songs)
        for user in range(users)
        if (user + song) % 3
        for again in range(1 + (user * song) % 2)
    ]


def lastfm_1k(folder: Path) -> list:
    """Songs with a number of 5 have no MBID, those of 10 an artist and a title with quotes."""
    lines, plays = [], []
    for user, song, time in events():
        artist = f'The "{song}" Band' if song % 10 == 0 else f"Band {song}"
        title, mbid = f'Song "{song}' if song % 10 == 0 else f"Song {song}", "" if song % 5 == 0 else mbid_of(song)
        lines.append(f"user_{user:06}\t{time.isoformat()}Z\t\t{artist}\t{mbid}\t{title}")
        plays.append((f"user_{user:06}", mbid or f"{artist} - {title}", seconds(time.isoformat()), 1))
    odd = [
        f"user_000001\tnever\t\tBand 1\t{mbid_of(1)}\tSong 1",  # no time
        "user_000001\t2008-01-02T00:00:00Z\t\tBand 1\t\t",  # neither an id nor a title
        f"\t2008-01-02T00:00:00Z\t\tBand 1\t{mbid_of(1)}\tSong 1",  # nobody
        "user_000001\t2008-01-02T00:00:00Z\t\tBand 1",  # short
        "",
    ]
    write(folder / "lastfm-1k" / "userid-timestamp-artid-artname-traid-traname.tsv", lines[:9] + odd + lines[9:])
    return plays


def lastfm_360k(folder: Path) -> list:
    lines, plays = [], []
    for user, song, time in {(user, song): (user, song, time) for user, song, time in events()}.values():
        name, mbid = f'"artist" {song}', "" if song % 4 == 0 else mbid_of(song)
        lines.append(f"{user:040x}\t{mbid}\t{name}\t{time.day}")
        plays.append((f"{user:040x}", mbid or name, None, time.day))
    odd = [
        f"{1:040x}\t{mbid_of(1)}\tbroken\t0",
        f"{1:040x}\t{mbid_of(1)}\tbroken\tmany",
        f"{1:040x}\t\t\t3",
        f"{1:040x}\t{mbid_of(1)}\t3",
    ]
    write(folder / "lastfm-360k" / "usersha1-artmbid-artname-plays.tsv", lines + odd)
    return plays


def lfm_1b(folder: Path) -> list:
    plays = [(str(31435741 + user), str(song), seconds(time.isoformat()), 1) for user, song, time in events()]
    lines = [f"{user}\t{int(song) + 100}\t4\t{song}\t{int(time)}" for user, song, time, _ in plays]
    odd = ["31435741\t2\t4\t4\t0", "31435741\t2\t4\t4", "31435741\t2\t4\t\t1385212958", "31435741\t2\t4\t4\t2013-11"]
    write(folder / "lfm-1b" / "LFM-1b_LEs.txt", lines + odd)
    return plays


def lfm_2b(folder: Path) -> list:
    plays = [(str(user), str(song), seconds(time.isoformat()), 1) for user, song, time in events()]
    lines = ["user_id\ttrack_id\talbum_id\ttimestamp"]
    lines += [f"{user}\t{song}\t{song + 100}\t{time.isoformat(' ')}" for user, song, time in events()]
    odd = ["1\t1\t\tnull", "1\t1", "\t1\t1\t2013-11-23 14:22:38"]
    write(folder / "lfm-2b" / "listening-events.tsv.bz2", lines + odd)
    return plays


def hetrec(folder: Path) -> list:
    """CRLF, and a quote that is never closed in a name."""
    plays = [(str(u), str(s), None, 1 + u) for u, s in {(user, song): 0 for user, song, _ in events()}]
    own = folder / "hetrec2011-lastfm"
    lines = ["userID\tartistID\tweight", *(f"{user}\t{song}\t{count}" for user, song, _, count in plays)]
    write(own / "user_artists.dat", [*lines, "2\t51\t0", "2\t51"], end="\r\n")
    names = [f'{song}\tThe "{song}\thttp://x/{song}\t' for song in range(30)]
    write(own / "artists.dat", ["id\tname\turl\tpictureURL", *names], end="\r\n")
    return plays


def _music4all_songs(folder: Path) -> None:
    rows = [f'{song:016}\tBand {song}\tA "song {song}\tAlbum' for song in range(30)]
    write(folder / "music4all" / "id_information.csv", ["id\tartist\tsong\talbum_name", *rows])
    genres = [f"{song:016}\t['rock', \"rock 'n' roll {song}\"]" for song in range(29)]  # none of the last song
    write(folder / "music4all" / "id_genres.csv", ["id\tgenre", *genres, f"{0:016}\tpop"])


def music4all(folder: Path) -> list:
    _music4all_songs(folder)
    plays = [(f"user_{u}", f"{s:016}", seconds(t.strftime("%Y-%m-%d %H:%M")), 1) for u, s, t in events()]
    lines = [f"user_{user}\t{song:016}\t{time.strftime('%Y-%m-%d %H:%M')}" for user, song, time in events()]
    write(
        folder / "music4all" / "listening_history.csv", ["user\tsong\ttimestamp", *lines, "user_1\t\t2019-02-20 12:28"]
    )
    audios = folder / "music4all" / "audios"
    audios.mkdir(exist_ok=True)
    for song in range(30):
        (audios / f"{song:016}.mp3").touch()
    return plays


def onion(folder: Path) -> list:
    _music4all_songs(folder)
    own = folder / "music4all-onion"
    plays = [(f"user_{user}", f"{song:016}", seconds(time.isoformat()), 1) for user, song, time in events()]
    lines = [f"user_{user}\t{song:016}\t{time.isoformat(' ')}" for user, song, time in events()]
    write(own / "userid_trackid_timestamp.tsv.bz2", ["user_id\ttrack_id\ttimestamp", *lines])
    counts = [f"user_{user}\t{song:016}\t{2 + user}" for user, song in {(user, song): 0 for user, song, _ in events()}]
    write(own / "userid_trackid_count.tsv.bz2", ["user_id\ttrack_id\tcount", *counts])
    numbers = [f"{song:016}\t{song / 7}\t{song % 3}\t-1e-3" for song in range(30)]
    write(own / "id_mfcc_bow.tsv.bz2", ["id\t0\t1\t2", *numbers])
    return plays


PRESETS = {
    "lastfm-1k": lastfm_1k, "lastfm-360k": lastfm_360k, "lfm-1b": lfm_1b, "lfm-2b": lfm_2b, "hetrec": hetrec,
    "music4all": music4all, "music4all-onion": onion,
}  # fmt: skip
