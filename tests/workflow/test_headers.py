"""Columns that a config names, looked up in the headers of hand-made tables before anything is planned."""

import bz2
import copy
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
import yaml
from snakemake.utils import update_config

from coldwave.errors import InputError
from coldwave.plays.reading import read_plays
from workflow.headers import check_headers, check_new_headers
from workflow.settings import SettingsError, as_text, check

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
PLAYS = "who\ttrack\tplays\nu\ts\t1\n"
SONGS = "track;x,name,singer\ns,Song,Someone\n"
TIMBRE = "track,t1,t2\ns,1.0,2.0\n"
SPLIT = "song_id,part\ns,train\n"
COMPRESSORS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
COMPRESSORS[".zst"] = lambda data: pa.compress(data, codec="zstd", asbytes=True)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, content):
    """Write text, compressed as the name says, or the columns of a Parquet file."""
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    if isinstance(content, dict):
        pl.DataFrame(content).write_parquet(name)
    else:
        data = content.encode() if isinstance(content, str) else content
        suffix = Path(name).suffix if Path(name).suffix in COMPRESSORS else ""
        Path(name).write_bytes(COMPRESSORS[suffix](data))
    return name


def config(overlay):
    """A checked config on own data, in which no model hears audio, and one takes an embedding where there is one."""
    merged = copy.deepcopy(CONFIG)
    own = {"world": None, "plays": {"path": "none.tsv", "songs": {"path": None}, "songs_without_audio": "keep"}}
    models = {name: None for name in CONFIG["models"] if name != "random"}
    if "embeddings" in overlay:
        models["on_timbre"] = {"kind": "linear", "features": "timbre"}
    for part in (own, {"models": models}, overlay):
        update_config(merged, copy.deepcopy(part))
    return check(merged)


def mistakes(overlay, look=check_headers):
    """The mistakes that are told; none is told without being one."""
    try:
        look(config(overlay))
    except SettingsError as error:
        return error.mistakes
    return []


def plays(path, **table):
    return {
        "plays": {"path": path, "format": "table", "table": {"user": "who", "song": "track", "count": "plays"} | table}
    }


def songs(path, **columns):
    return {"plays": {"songs": {"path": path, "columns": columns}}}


EVENTS = "when,artist,what\n2024-05-01 10:00,Björk,Jóga\n"
LASTFM = "TEEN,In Limbo,Roses & Wine,22 May 2014 20:11\n"
LISTEN = (
    '{"listened_at": 1748964167, "track_metadata": {"track_name": "Golden Brown", "artist_name": "The Stranglers"}}\n'
)


def history(path, format="events", also=(), header=True, matching=None, **columns):
    settings = {"columns": columns or None, "also": list(also), "header": header}
    given = {"path": path, "format": format, "songs": {"path": "songs.csv"}, "matching": matching or {}}
    return {"plays": given | {"history": settings}}


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def timbre(path, song="track", **others):
    return {"embeddings": {"timbre": {"path": path, "song": song, **others}}}


def theirs(**settings):
    return {"models": {"theirs": {"kind": "predictions", **settings}}}


QUOTED = PLAYS.replace("who", '"who"').replace("\t", ";")
RIGHT = {
    "plays": ("plays.tsv", PLAYS, plays("plays.tsv")),
    "plays after blank lines": ("plays.tsv", f"\r\n\n{PLAYS}", plays("plays.tsv")),
    "a byte order mark": ("plays.tsv", b"\xef\xbb\xbf" + PLAYS.encode(), plays("plays.tsv")),
    "utf-16": ("plays.tsv", PLAYS.encode("utf-16"), plays("plays.tsv", encoding="utf-16")),
    "latin-1": ("plays.tsv", PLAYS.replace("who", "écoute").encode("latin-1"),
                plays("plays.tsv", user="écoute", encoding="latin-1")),
    "quotes": ("plays.txt", QUOTED, plays("plays.txt", delimiter=";", quote='"')),
    "numbers": ("plays.txt", "u,s,1\n", plays("plays.txt", header=False, delimiter=",", user=1, song=2, count=3)),
    "numbers, the first line is short": ("plays.txt", "# made\nu,s,1\n",
                                         plays("plays.txt", header=False, delimiter=",", user=1, song=2, count=3)),
    "no line at all": ("plays.txt", "", plays("plays.txt", header=False, user=1, song=2, count=3)),
    "a header alone": ("plays.tsv", "who\ttrack\tplays", plays("plays.tsv")),
    "Parquet": ("plays.parquet", {"who": ["u"], "track": ["s"], "plays": [1]}, plays("plays.parquet")),
    "a folder": ("folder/a.parquet", {"who": ["u"], "track": ["s"], "plays": [1]}, plays("folder")),
    "not whole Parquet": ("plays.parquet", "PAR1", plays("plays.parquet")),
    "triplets": ("plays.txt", "u\ts\n", {"plays": {"path": "plays.txt"}}),
    "events": ("x.txt", EVENTS, history("x.txt", time="when", title=3)),
    "events by their names": ("x.txt", EVENTS.replace("when", "Played At").replace("what", "Track"), history("x.txt")),
    "events without a header": ("x.txt", LASTFM, history("x.txt", header=False, artist=1, title=3, time=4)),
    "a history of any kind": ("x.txt", LASTFM, history("x.txt", "history", title="what")),
    "an archive, whose first file may be another": ("x.zip", zipped(readme="x", table=EVENTS), history("x.zip")),
    "overrides": ("o.csv", "song_id,title,artist\n", history("none", "lastfm", matching={"overrides": "o.csv"})),
    "redirects": ("r.csv", "\ufeffto,why,from\n", history("none", "lastfm", matching={"redirects": "r.csv"})),
    "matching without a history": ("o.csv", "x\n", {"plays": {"matching": {"overrides": "o.csv"}}}),
    "songs": ("songs.csv", SONGS, songs("songs.csv", song_id="track;x", title="name")),
    "songs in a line that goes on": ("songs.csv", '"song\nid",title\ns,S\n', songs("songs.csv", song_id="song\nid")),
    "songs after what is no CSV": ("songs.csv", f'"a"b\n{SONGS}', songs("songs.csv", song_id="track;x")),
    "a folder of audio": ("audio/a.ogg", "", songs("audio", song_id="nothing")),
    "split": ("split.csv", SPLIT, {"split": {"path": "split.csv"}}),
    "a split with a column twice": ("split.csv", "part,song_id,part\ntrain,s,test\n", {"split": {"path": "split.csv"}}),
    "timbre": ("timbre.csv", TIMBRE, timbre("timbre.csv", columns=["t2"])),
    "scores": ("scores.csv", "user_id,song_id,score,note\n", theirs(scores="scores.csv")),
    "scores in Parquet": ("s.parquet", {"user_id": [1], "song_id": ["s"], "points": [1]},
                          theirs(scores="s.parquet", score="points")),
    "factors": ("factors.dat", "song_id;x;y\ns;1;2\n", theirs(songs="factors.dat", delimiter=";")),
    "timbre by the beginning": ("timbre.tsv.gz", TIMBRE.replace(",", "\t"), timbre("timbre.tsv.gz", columns="t")),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "overlay"), RIGHT.values(), ids=RIGHT)
def test_what_is_right_or_left_to_the_job_is_let_through(name, content, overlay):
    write(name, content)
    assert mistakes(overlay) == []


WRONG = {
    "plays": ("plays.tsv", PLAYS, plays("plays.tsv", user="whom", song="track", count="Plays"), [
        "plays.table.user: plays.tsv has no column 'whom'. It has 'who', 'track', 'plays'; did you mean 'who'?",
        "plays.table.count: plays.tsv has no column 'Plays'. It has 'who', 'track', 'plays'; did you mean 'plays'?",
    ]),
    "delimiter": ("plays.csv", PLAYS.replace("\t", ","), plays("plays.csv", count=None), [
        "plays.table.user: plays.csv has no column 'who'. It has 'who,track,plays'",
        "plays.table.song: plays.csv has no column 'track'. It has 'who,track,plays'",
    ]),
    "numbers": ("plays.txt", "# a\nu s 1\n", plays("plays.txt", header=False, delimiter=" ", user=4, song=2, count=9), [
        "plays.table.user: 4 is not the number of a column, counted from 1; plays.txt has 3 columns",
        "plays.table.count: 9 is not the number of a column, counted from 1; plays.txt has 3 columns",
    ]),
    "encoding": ("plays.tsv", PLAYS.encode("utf-16"), plays("plays.tsv"), [
        "plays.tsv: the header is not valid utf-8; set plays.table.encoding: utf-16",
    ]),
    "no header": ("plays.tsv", "\n", plays("plays.tsv"), [
        "plays.tsv: the file is empty, without even a header (plays.path)",
    ]),
    "compression": ("plays.tsv", gzip.compress(PLAYS.encode()), plays("plays.tsv"), [
        "plays.tsv: it is compressed with gzip: its name has to end in .gz",
    ]),
    "Parquet": ("plays.parquet", {"who": ["u"], "song": ["s"], "plays": [1]}, plays("plays.parquet"), [
        "plays.table.song: plays.parquet has no column 'track'. It has 'who', 'song', 'plays'",
    ]),
    "a folder": ("folder/a.parquet", {"who": ["u"], "track": ["s"]}, plays("folder"), [
        "plays.table.count: folder/a.parquet has no column 'plays'. It has 'who', 'track'",
    ]),
    "events": ("x.txt", EVENTS, history("x.txt", time="wenn", title="Band"), [
        "plays.history.columns.time: x.txt has no column 'wenn'. It has 'when', 'artist', 'what'; did you mean 'when'?",
        "plays.history.columns.title: x.txt has no column 'Band'. It has 'when', 'artist', 'what'",
    ]),
    "events that are not known": ("x.txt", EVENTS, history("x.txt"), [
        "plays.history.columns.time: no column of x.txt is known as the time: name it here. It has 'when', 'artist', "
        "'what'",
        "plays.history.columns.title: no column of x.txt is known as the title: name it here. It has 'when', 'artist', "
        "'what'",
    ]),
    "events without a header": ("x.txt", LASTFM, history("x.txt", header=False, artist="who", time=4), [
        "plays.history.columns.artist: 'who' is a name, but x.txt is read without a header: give the column's number, "
        "counted from 1, or set header: true",
    ]),
    "a history that is events": ("x.txt", EVENTS.replace("when", "time").replace("what", "title"),
                                 history("x.txt", "history", album="record"), [
        "plays.history.columns.album: x.txt has no column 'record'. It has 'time', 'artist', 'title'",
    ]),
    "a history that nobody knows": ("x.txt", EVENTS, history("x.txt", "history", time="when", title="what"), [
        "plays.history.columns: x.txt is not known as a history by its content; to name the columns of a table of "
        "events, give it as plays.path and write plays.format: events",
    ]),
    "another history that is events": ("x.txt", EVENTS.replace("when", "time").replace("what", "title"),
                                       history("none", "lastfm", ["x.txt"], album="record"), [
        "plays.history.columns.album: x.txt has no column 'record'. It has 'time', 'artist', 'title'",
    ]),
    "overrides": ("o.csv", "artist,titel\n", history("none", "lastfm", matching={"overrides": "o.csv"}), [
        "plays.matching.overrides: o.csv has no column 'title'. It has 'artist', 'titel'; did you mean 'titel'?",
        "plays.matching.overrides: o.csv has no column 'song_id'. It has 'artist', 'titel'",
    ]),
    "redirects": ("r.csv", "old,new\n", history("none", "lastfm", matching={"redirects": "r.csv"}), [
        "plays.matching.redirects: r.csv has no column 'from'. It has 'old', 'new'",
        "plays.matching.redirects: r.csv has no column 'to'. It has 'old', 'new'",
    ]),
    "no redirects": ("r.csv", "", history("none", "lastfm", matching={"redirects": "r.csv"}), [
        "r.csv: the redirects are empty; the header must name from, to",
    ]),
    "a history as triplets": ("x.jsonl", LISTEN * 3, {"plays": {"path": "x.jsonl"}}, [
        "plays.format: x.jsonl is no taste_profile, but looks like a listening history in the format listenbrainz: "
        "write plays.format: listenbrainz",
    ]),
    "an archive as triplets": ("x.zip", zipped(a=LASTFM), {"plays": {"path": "x.zip"}}, [
        "plays.format: x.zip is no taste_profile, but looks like a listening history in the format lastfm: write "
        "plays.format: lastfm",
    ]),
    "a history as a table": ("x.csv", LASTFM, plays("x.csv"), [
        "plays.format: x.csv is no table, but looks like a listening history in the format lastfm: write plays.format: "
        "lastfm",
    ]),
    "events as a table": ("x.tsv", "time\tartist\ttrack\n2024-05-01 10:00\ta\tb\n", plays("x.tsv", count=None), [
        "plays.table.user: x.tsv has no column 'who'. It has 'time', 'artist', 'track'",
        "plays.format: x.tsv is no table, but looks like a listening history in the format events: write plays.format: "
        "events",
    ]),
    "songs": ("songs.csv.bz2", SONGS, songs("songs.csv.bz2", song_id="track", artist="Singer"), [
        "plays.songs.columns.song_id: songs.csv.bz2 has no column 'track'. It has 'track;x', 'name', 'singer'; "
        "did you mean 'track;x'?",
        "plays.songs.columns.artist: songs.csv.bz2 has no column 'Singer'. It has 'track;x', 'name', 'singer'; "
        "did you mean 'singer'?",
    ]),
    "songs in Parquet": ("songs.parquet", {"id": ["s"]}, songs("songs.parquet"), [
        "plays.songs.columns.song_id: songs.parquet has no column 'song_id'. It has 'id'",
    ]),
    "split": ("split.tsv", SPLIT.replace("part", "set"), {"split": {"path": "split.tsv"}}, [
        "split.path: split.tsv has no column 'song_id'. It has 'song_id,set'; did you mean 'song_id,set'?",
        "split.path: split.tsv has no column 'part'. It has 'song_id,set'",
    ]),
    "split in Parquet": ("split.parquet", {"song_id": ["s"]}, {"split": {"path": "split.parquet"}}, [
        "split.path: split.parquet has no column 'part'. It has 'song_id'",
    ]),
    "a split of another kind": ("split.json", SPLIT, {"split": {"path": "split.json"}}, [
        "split.json: a split is a .parquet, .csv or .tsv file (split.path)",
    ]),
    "timbre": ("timbre.csv", TIMBRE, timbre("timbre.csv", song="tracks", columns=["t1", "t9"]), [
        "embeddings.timbre.song: timbre.csv has no column 'tracks'. It has 'track', 't1', 't2'; did you mean 'track'?",
        "embeddings.timbre.columns: timbre.csv has no column 't9'. It has 'track', 't1', 't2'",
    ]),
    "timbre by the beginning": ("timbre.csv", TIMBRE, timbre("timbre.csv", columns="T"), [
        "embeddings.timbre.columns: no column of timbre.csv begins with 'T'",
    ]),
    "scores": ("scores.csv", "who,song_id,score\n", theirs(scores="scores.csv", score="points"), [
        "models.theirs.user: scores.csv has no column 'user_id'. It has 'who', 'song_id', 'score'",
        "models.theirs.score: scores.csv has no column 'points'. It has 'who', 'song_id', 'score'",
    ]),
    "scores in Parquet": ("s.parquet", {"user_id": [1], "score": [1]}, theirs(scores="s.parquet"), [
        "models.theirs.song: s.parquet has no column 'song_id'. It has 'user_id', 'score'",
    ]),
    "users' vectors": ("users.csv", "id,x\n", theirs(songs="none.csv", users="users.csv"), [
        "models.theirs.user: users.csv has no column 'user_id'. It has 'id', 'x'",
    ]),
    "factors in Parquet": ("f.parquet", {"song_id": ["s"]}, theirs(songs="f.parquet"), [
        "models.theirs: f.parquet has no column besides the song's id",
    ]),
    "timbre in Parquet": ("timbre.parquet", {"id": ["s"], "t": [[1.0]]}, timbre("timbre.parquet"), [
        "embeddings.timbre.song: timbre.parquet has no column 'track'. It has 'id', 't'",
    ]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "overlay", "told"), WRONG.values(), ids=WRONG)
def test_all_that_is_missing_is_told_a_line_each(name, content, overlay, told):
    write(name, content)
    assert mistakes(overlay) == told


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_the_header_is_read_through_any_compression(suffix):
    path = write(f"plays.tsv{suffix}", PLAYS)
    assert mistakes(plays(path)) == []
    (told,) = mistakes(plays(path, user="whom"))
    with pytest.raises(InputError) as refused:
        read_plays(Path(path), config(plays(path, user="whom"))["plays"])
    assert str(refused.value) == told, "the job would say the same"


def test_mistakes_of_all_tables_are_told_at_once():
    tables = {"plays.tsv": PLAYS, "songs.csv": SONGS, "split.csv": "id,part\n", "timbre.csv": TIMBRE}
    for name, content in tables.items():
        write(name, content)
    overlay = plays("plays.tsv", user="u") | timbre("timbre.csv", song="id") | {"split": {"path": "split.csv"}}
    overlay["plays"]["songs"] = {"path": "songs.csv"}
    keys = ["plays.table.user", "plays.songs.columns.song_id", "split.path", "embeddings.timbre.song"]
    assert [line.partition(":")[0] for line in mistakes(overlay)] == keys


def test_what_no_job_reads_is_not_looked_into():
    write("timbre.csv", TIMBRE)
    unused = {"embeddings": {"timbre": {"path": "timbre.csv", "song": "track"},
                             "unused": {"path": "timbre.csv", "song": "nothing"}}}  # fmt: skip
    assert mistakes(unused) == []
    write("results/demo/made.tsv", PLAYS)
    assert mistakes(plays("results/demo/made.tsv", user="nothing")) == []
    os.mkfifo("pipe.tsv")
    assert mistakes(plays("pipe.tsv", user="nothing")) == [], "it would wait for ever"


def test_no_more_than_the_first_lines_are_read():
    rng = random.Random(0)
    lines = "".join(f"u{rng.random()}\ts{rng.random()}\t1\n" for _ in range(20_000))
    Path("plays.tsv.gz").write_bytes(gzip.compress((PLAYS + lines).encode())[:-100_000])
    assert mistakes(plays("plays.tsv.gz")) == []
    with pytest.raises(InputError, match="cannot be read beyond"):
        read_plays(Path("plays.tsv.gz"), config(plays("plays.tsv.gz"))["plays"])


def new(**tables):
    write("new.csv", "song_id,name\nn,New\n")
    write("results/demo/embeddings/timbre.columns.parquet", {"column": ["t1", "t2"]})
    columns = {"title": "name"}
    return timbre("timbre.csv") | {"new_songs": {"path": "new.csv", "columns": columns, "embeddings": tables}}


def test_new_songs_are_looked_into_where_they_are_predicted():
    write("new_timbre.csv", "t2,track,t1\n1,n,2\n")
    assert mistakes(new(timbre="new_timbre.csv"), check_new_headers) == []
    assert mistakes(new(), check_new_headers) == []
    write("new_timbre.csv", "t1,t3,song\n1,2,n\n")
    overlay = new(timbre="new_timbre.csv")
    overlay["new_songs"]["columns"] = {"title": "nome"}
    assert mistakes(overlay) == [], "a run does not read them"
    assert mistakes(overlay, check_new_headers) == [
        "new_songs.columns.title: new.csv has no column 'nome'. It has 'song_id', 'name'; did you mean 'name'?",
        "embeddings.timbre.song: new_timbre.csv has no column 'track'. It has 't1', 't3', 'song'",
        "new_songs.embeddings.timbre: the run has learnt from other columns: new_timbre.csv has no column 't2'. It has "
        "'t1', 't3', 'song'",
    ]


@pytest.mark.parametrize(
    ("plays_text", "overlay"),
    [
        (PLAYS, plays("plays.tsv")),
        ("u\ts\t1\n", {"plays": {"path": "plays.tsv"}}),
        (EVENTS, history("plays.tsv", matching={"overrides": "o.csv"}, time="when", title="what")),
    ],
    ids=["table", "triplets", "events"],
)
def test_text_is_looked_into_without_the_libraries_of_the_jobs(plays_text, overlay):
    """They take longer to import than a dry run does."""
    tables = {"plays.tsv": plays_text, "songs.csv": "song_id\ns\n", "split.csv": SPLIT, "timbre.csv": TIMBRE}
    for name, content in (tables | {"o.csv": "artist,title,song_id\n"}).items():
        write(name, content)
    overlay |= timbre("timbre.csv") | {"split": {"path": "split.csv"}}
    overlay["plays"]["songs"] = {"path": "songs.csv"}
    Path("checked.yaml").write_text(as_text(config(overlay)))
    script = (
        f"import sys, yaml; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'scripts')!r}]\n"
        "from workflow.headers import check_headers\n"
        "check_headers(yaml.safe_load(open('checked.yaml')))\n"
        "print(*{'polars', 'pyarrow', 'numpy', 'pandas'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_songs_in_json_are_looked_into():
    write("songs.json", '[{"track": 1, "name": "Song"}]')
    assert mistakes(songs("songs.json", song_id="track", title="name")) == []
    (told,) = mistakes(songs("songs.json", song_id="track", title="nome"))
    assert told.startswith("plays.songs.columns.title: songs.json has no column 'nome'")
    write("songs.json", "[{")
    (told,) = mistakes(songs("songs.json"))
    assert "not valid JSON" in told


@pytest.mark.parametrize(
    ("name", "format", "content", "told"),
    [
        ("train.json", "melon", '[{"id": 1, "songs": [2]}]', ""),
        ("train.json", "melon", '[{"id": 1}]', "the first element is no playlist"),
        ("listens.parquet", "yambda", {"uid": [1], "item_id": [2], "timestamp": [3], "played_ratio_pct": [4]}, ""),
        ("listens.parquet", "yambda", {"uid": [1], "item_id": [[2]], "timestamp": [[3]], "played_ratio_pct": [[4]]},
         "the sequential layout"),
        ("listens.csv", "mlhd", "x", "a folder of UUID.txt.zst"),
    ],
)  # fmt: skip
def test_research_data_are_looked_into(name, format, content, told):
    write(name, content)
    found = mistakes({"plays": {"path": name, "format": format}})
    assert len(found) == bool(told)
    assert told in "".join(found)
