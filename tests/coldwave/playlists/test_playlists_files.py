"""Playlists: written for players, read back by readers of our own, and refused where they cannot be."""

import os
from pathlib import Path

import pytest

from coldwave.errors import InputError
from coldwave.playlists.entries import Entry
from coldwave.playlists.files import read_recipe, write_playlist
from tests.coldwave.playlists.readers import read_extinf, read_jspf, read_m3u, read_xspf

ONE, TWO = "c7d0bf6e-5a51-4b4a-8a5b-0123456789ab", "03dcc65c-5a51-4b4a-8a5b-0123456789ab"
RECIPE = {"command": "similar", "seeds": ["Nick Drake/é\u0301 \udcff.mp3"], "n": 25, "variety": 0.5}
SUFFIXES = (".m3u", ".m3u8", ".xspf", ".jspf")


def songs(folder):
    return [
        Entry("a", "Golden Brown", "The Stranglers", "La Folie", 206.76, folder / "The Stranglers" / "01.mp3", ONE),
        Entry("b", "Hyper-Ballad", "Björk", None, None, folder / "Björk" / "100% #1, a?.ogg", TWO.upper()),
    ]


def test_an_m3u_to_the_byte(tmp_path):
    left_out = write_playlist(tmp_path / "mix.m3u8", "My mix", songs(tmp_path / "music"), recipe={"n": 2})
    assert (tmp_path / "mix.m3u8").read_bytes() == (
        '#EXTM3U\n#PLAYLIST:My mix\n#COLDWAVE-RECIPE:{"n": 2}\n'
        "#EXTINF:207,The Stranglers - Golden Brown\nmusic/The Stranglers/01.mp3\n"
        "#EXTINF:-1,Björk - Hyper-Ballad\nmusic/Björk/100% #1, a?.ogg\n"
    ).encode()
    assert left_out == [] and list(tmp_path.iterdir()) == [tmp_path / "mix.m3u8"], "no temporary file stays"


def test_an_xspf_to_the_byte(tmp_path):
    assert write_playlist(tmp_path / "mix.xspf", "A & B", songs(tmp_path)[1:], recipe={"n": 2}) == []
    assert (tmp_path / "mix.xspf").read_text(encoding="utf-8").splitlines() == [
        "<?xml version='1.0' encoding='utf-8'?>",
        '<playlist version="1" xmlns="http://xspf.org/ns/0/">',
        "  <title>A &amp; B</title>",
        '  <meta rel="urn:coldwave:recipe">{"n": 2}</meta>',
        "  <trackList>",
        "    <track>",
        "      <location>Bj%C3%B6rk/100%25%20%231%2C%20a%3F.ogg</location>",
        f"      <identifier>https://musicbrainz.org/recording/{TWO}</identifier>",
        "      <title>Hyper-Ballad</title>",
        "      <creator>Björk</creator>",
        "    </track>",
        "  </trackList>",
        "</playlist>",
    ]


def test_a_jspf_is_what_listenbrainz_takes(tmp_path):
    entries = [*songs(tmp_path), Entry("c", "Unknown"), Entry("d", recording_mbid="c7d0bf6e")]
    left_out = write_playlist(tmp_path / "mix.jspf", "My mix", entries)
    playlist = read_jspf(tmp_path / "mix.jspf")
    assert playlist == {
        "title": "My mix",
        "extension": {"https://musicbrainz.org/doc/jspf#playlist": {"public": False}},
        "track": [
            {"identifier": [f"https://musicbrainz.org/recording/{ONE}"], "title": "Golden Brown",
             "creator": "The Stranglers", "album": "La Folie", "duration": 206760},
            {"identifier": [f"https://musicbrainz.org/recording/{TWO}"], "title": "Hyper-Ballad", "creator": "Björk"},
        ],
    }  # fmt: skip
    assert [(entry.song_id, reason) for entry, reason in left_out] == [
        ("c", "no MusicBrainz recording id is known for it"),
        ("d", "its MusicBrainz recording id is not one"),
    ]
    assert b"\\u" not in (tmp_path / "mix.jspf").read_bytes(), "accents are themselves"


def test_a_jspf_may_be_longer_than_a_request(tmp_path):
    entries = [Entry(str(n), recording_mbid=f"{n:08x}{ONE[8:]}") for n in range(250)]
    assert write_playlist(tmp_path / "mix.jspf", "Long", entries) == []
    assert len(read_jspf(tmp_path / "mix.jspf")["track"]) == 250


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_recipe_comes_back(tmp_path, suffix):
    path = tmp_path / f"mix{suffix}"
    write_playlist(path, "My mix", songs(tmp_path), recipe=RECIPE)
    assert read_recipe(path) == RECIPE
    write_playlist(path, "#COLDWAVE-RECIPE:{}\n#COLDWAVE-RECIPE:{}", songs(tmp_path), recipe=None)
    with pytest.raises(InputError, match=rf"mix\{suffix}: there is no recipe in it.*made can be refreshed"):
        read_recipe(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_playlist_has_no_recipe(tmp_path, suffix):
    path = tmp_path / f"mix{suffix}"
    with pytest.raises(InputError, match="no such playlist"):
        read_recipe(path)
    path.write_bytes(b"\xff\xfe[1, 2")
    with pytest.raises(InputError, match=r"there is no recipe|recipe cannot be read \(not"):
        read_recipe(path)


@pytest.mark.parametrize("recipe", ['{"n": 1', "[1]", ""])
def test_a_damaged_recipe_is_refused(tmp_path, recipe):
    (tmp_path / "mix.m3u").write_text(f"#EXTM3U\n#COLDWAVE-RECIPE:{recipe}\n")
    with pytest.raises(InputError, match=r"mix\.m3u: (its recipe cannot be read|there is no recipe)"):
        read_recipe(tmp_path / "mix.m3u")


def test_a_recipe_is_found_where_an_editor_has_rewritten_the_file(tmp_path):
    text = '\ufeff#EXTM3U\r\n#COLDWAVE-RECIPE:{"n": 2}\r\nmusic/1.mp3\r\n'
    (tmp_path / "mix.m3u").write_text(text, encoding="utf-8", newline="")
    assert read_recipe(tmp_path / "mix.m3u") == {"n": 2}


@pytest.mark.parametrize("name", ["mix.pls", "mix", "mix.m3u8.txt"])
def test_an_unknown_suffix_names_what_can_be_written(tmp_path, name):
    for call in (lambda path: write_playlist(path, "x", songs(tmp_path)), read_recipe):
        with pytest.raises(InputError, match=r"\.m3u, \.m3u8, \.xspf, \.jspf"):
            call(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_songs_that_cannot_be_written_are_returned(tmp_path):
    entries = [
        Entry("kept", audio=tmp_path / "1.mp3"),
        Entry("none", "No audio"),
        Entry("break", audio=tmp_path / "a\nb.mp3"),
        Entry("blank", audio=tmp_path / "a.mp3 "),
        Entry("surrogate", audio=tmp_path / "\ud800.mp3"),
    ]
    left_out = write_playlist(tmp_path / "mix.m3u", "x", entries)
    assert [(entry.song_id, reason.partition(":")[0]) for entry, reason in left_out] == [
        ("none", "no audio file is known for it"),
        ("break", "its path has a line break, which M3U cannot hold"),
        ("blank", "its path ends in a blank, which players cut off"),
        ("surrogate", "its path is not one that a file can have"),
    ]
    assert read_m3u(tmp_path / "mix.m3u", "/x") == ("x", [b"/x/1.mp3"])
    left_out = write_playlist(tmp_path / "mix.xspf", "x", [*entries, Entry("nothing")])
    assert [entry.song_id for entry, _ in left_out] == ["surrogate", "nothing"]
    assert [track.get("location") for track in read_xspf(tmp_path / "mix.xspf", "/x")[1]] == [
        b"/x/1.mp3", None, b"/x/a\nb.mp3", b"/x/a.mp3 "
    ]  # fmt: skip


def test_an_older_list_is_kept_where_no_song_can_be_written(tmp_path):
    path = tmp_path / "mix.jspf"
    write_playlist(path, "old", songs(tmp_path))
    old = path.read_bytes()
    with pytest.raises(InputError, match="none of the 2 songs can be written, e.g. a: no MusicBrainz recording id"):
        write_playlist(path, "new", [entry._replace(recording_mbid=None) for entry in songs(tmp_path)])
    assert path.read_bytes() == old
    assert write_playlist(path, "empty", []) == [] and read_jspf(path)["track"] == []


def test_paths_lead_to_the_files_from_where_the_playlist_lies(tmp_path, monkeypatch):
    music = tmp_path / "music"
    names = ["a.mp3", "#1.mp3", " b.mp3", "\u00e9.mp3", "e\u0301.mp3", "B/c:d.mp3"]
    for name in [*names, b"\xff\xe9.mp3".decode("utf-8", "surrogateescape")]:
        (music / name).parent.mkdir(parents=True, exist_ok=True)
        (music / name).write_bytes(os.fsencode(name))
    files = sorted(path for path in music.rglob("*") if path.is_file())
    monkeypatch.chdir(tmp_path)
    given = [path.relative_to(tmp_path) for path in files]  # as a run stores them
    readers = {
        ".m3u8": lambda path: read_m3u(path, str(path.parent))[1],
        ".xspf": lambda path: [track["location"] for track in read_xspf(path, str(path.parent))[1]],
    }
    for place in (music, tmp_path, tmp_path / "lists" / "mine"):
        for suffix, read in readers.items():
            path = place / f"mix{suffix}"
            assert write_playlist(path, "x", [Entry(str(file), audio=file) for file in given]) == []
            assert [Path(os.fsdecode(one)).read_bytes() for one in read(path)] == [
                os.fsencode(file.relative_to(music)) for file in files
            ]


def test_a_path_that_goes_up_does_so_from_the_real_folder(tmp_path):
    (tmp_path / "disk" / "lists").mkdir(parents=True)
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "1.mp3").write_bytes(b"one")
    (tmp_path / "lists").symlink_to(tmp_path / "disk" / "lists")
    path = tmp_path / "lists" / "mix.m3u"
    write_playlist(path, "x", [Entry("1", audio=tmp_path / "music" / "1.mp3")])
    line = path.read_text().splitlines()[-1]
    assert line == "../../music/1.mp3"
    assert (tmp_path / "lists" / line).read_bytes() == b"one", "the system follows the link before it goes up"


@pytest.mark.parametrize(
    ("prefixes", "path", "uri"),
    [
        ([], "../home/Music/A b/1.mp3", "../home/Music/A%20b/1.mp3"),
        ([("/home/Music", "/music")], "/music/A b/1.mp3", "file:///music/A%20b/1.mp3"),
        ([("/home/Music/", "/music/")], "/music/A b/1.mp3", "file:///music/A%20b/1.mp3"),
        ([("/home", "/h"), ("/home/Music", "/")], "/A b/1.mp3", "file:///A%20b/1.mp3"),
        ([("/home/Music", "")], "A b/1.mp3", "A%20b/1.mp3"),
        ([("/home/Music", "../library")], "../library/A b/1.mp3", "../library/A%20b/1.mp3"),
        ([("/home/Mus", "/wrong")], "../home/Music/A b/1.mp3", "../home/Music/A%20b/1.mp3"),
        ([("/home/Music", "D:\\Music")], "D:/Music/A b/1.mp3", "file:///D:/Music/A%20b/1.mp3"),
        ([("/home/Music", r"\\nas\music")], "//nas/music/A b/1.mp3", "file://nas/music/A%20b/1.mp3"),
    ],
)  # fmt: skip
def test_prefixes(prefixes, path, uri, tmp_path):
    inside = [(f"{tmp_path}{old}", new) for old, new in prefixes]
    entry = Entry("1", audio=tmp_path / "home" / "Music" / "A b" / "1.mp3")
    write_playlist(tmp_path / "out" / "mix.m3u", "x", [entry], prefixes=inside)
    assert (tmp_path / "out" / "mix.m3u").read_text().splitlines()[-1] == path
    write_playlist(tmp_path / "out" / "mix.xspf", "x", [entry], prefixes=inside)
    assert f"<location>{uri}</location>" in (tmp_path / "out" / "mix.xspf").read_text()


@pytest.mark.parametrize(("prefix", "message"), [(("", "/music"), "FROM=TO"), (("/a", "http://nas/a"), "an address")])
def test_wrong_prefixes(tmp_path, prefix, message):
    with pytest.raises(InputError, match=f"--path-prefix: .*{message}"):
        write_playlist(tmp_path / "mix.m3u", "x", songs(tmp_path), prefixes=[prefix])


def test_titles_cannot_break_lines_or_forge_a_recipe(tmp_path):
    evil = "x\r\n#COLDWAVE-RECIPE:{}\u2028\x85\x0b\n/etc/passwd\x1b[2J\0<b>]]>&"
    entries = [Entry("1", evil, evil, evil, float("nan"), tmp_path / "1.mp3", ONE)]
    for suffix in SUFFIXES:
        write_playlist(tmp_path / f"mix{suffix}", evil, entries)
        with pytest.raises(InputError, match="no recipe"):
            read_recipe(tmp_path / f"mix{suffix}")
    shown = "x #COLDWAVE-RECIPE:{} /etc/passwd\\x1b[2J\\x00<b>]]>&"
    assert read_m3u(tmp_path / "mix.m3u", "/x") == (shown, [b"/x/1.mp3"])
    assert read_extinf(tmp_path / "mix.m3u") == [(-1, f"{shown} - {shown}")]
    assert read_xspf(tmp_path / "mix.xspf", "/x") == (
        shown,
        [{"location": b"/x/1.mp3", "identifier": f"https://musicbrainz.org/recording/{ONE}", "title": shown,
          "creator": shown, "album": shown}],
    )  # fmt: skip
    assert read_jspf(tmp_path / "mix.jspf")["track"][0]["title"] == shown


def test_a_song_or_a_list_without_a_name_gets_its_file_s(tmp_path):
    write_playlist(tmp_path / "mix.m3u", " ", [Entry("1", seconds=0.2, audio=tmp_path / "07 - Song.flac")])
    assert read_m3u(tmp_path / "mix.m3u", "/x")[0] == "mix"
    assert read_extinf(tmp_path / "mix.m3u") == [(1, "07 - Song")]
