"""Mistakes as a user meets them: what `snakemake` prints, and that it ends with an error. (Bad audio, which ends
nothing, is in test_nothing_leaks.py.)
"""

import pytest

SONGS = "song_id,title,artist,album,tags,audio\n" + "".join(f"s{n},Song {n},An artist,,,s{n}.ogg\n" for n in range(5))
PLAYS = [f"user{n},s{n % 5},{n + 1}" for n in range(20)]
READ = ["results/tiny/plays/plays.parquet"]


@pytest.fixture
def own_data(workplace):
    """Function of the lines of a file of plays and other settings: a config that reads it."""

    def overlay(lines, **settings):
        (workplace.folder / "plays.txt").write_text("".join(f"{line}\n" for line in lines))
        (workplace.folder / "songs.csv").write_text(SONGS)
        return {"world": None, "plays": {"path": "plays.txt", "songs": {"path": "songs.csv"}, **settings}}

    return overlay


def plain(output: str) -> bool:
    """Whether it speaks to a user: no traceback, no dump of the schema."""
    return not any(word in output for word in ("Traceback", "jsonschema", "'type':", "additionalProperties"))


def error_of_job(outcome) -> str:
    """The line in which a job says what is wrong, which comes before any traceback out of its log."""
    assert outcome.status == 1
    return next(line for line in outcome.output.partition("Traceback")[0].splitlines() if " error: " in line)


def test_all_mistakes_in_the_config_are_told_at_once_a_line_each(workplace):
    mistakes = {
        "wmf": {"alhpa": 2.0, "factors": "many"},
        "split": {"by": "singer"},
    }
    outcome = workplace.snakemake("--dry-run", overlay=mistakes)
    assert outcome.status == 1
    lines = [line.strip() for line in outcome.output.splitlines()]
    assert "error: 3 mistakes in the config:" in lines
    assert [sum(line.startswith(key) for line in lines) for key in ("wmf.alhpa: ", "wmf.factors: ", "split.by: ")] == [
        1, 1, 1,
    ]  # fmt: skip
    assert any("did you mean 'alpha'" in line for line in lines)
    assert plain(outcome.output)
    assert len(lines) < 12
    assert not (workplace.folder / "results").exists()


def test_a_missing_file_of_plays_is_told_before_any_job(workplace):
    outcome = workplace.snakemake(overlay={"world": None, "plays": {"path": "gone.tsv", "songs": {"path": None}}})
    assert outcome.status == 1
    line = next(line for line in outcome.output.splitlines() if "gone.tsv" in line)
    assert line.strip() == f"plays.path: there is no 'gone.tsv' (looked for in {workplace.folder})"
    assert "1 mistake in the config" in outcome.output
    assert plain(outcome.output)
    assert not (workplace.folder / "results").exists()


def test_columns_that_are_not_there_are_told_before_any_job(workplace, own_data):
    overlay = own_data(["user,song,count", *PLAYS], format="table", table={"user": "users", "delimiter": ","})
    (workplace.folder / "timbre.csv").write_text("track,t1\ns0,1.0\n")
    overlay["embeddings"] = {"timbre": {"path": "timbre.csv", "song": "tracks"}}
    overlay["models"] = {"linear": {"features": "timbre"}}
    outcome = workplace.snakemake("--dry-run", overlay=overlay)
    assert outcome.status == 1
    assert [line.strip() for line in outcome.output.partition("2 mistakes in the config:\n")[2].splitlines()[:2]] == [
        "plays.table.user: plays.txt has no column 'users'. It has 'user', 'song', 'count'; did you mean 'user'?",
        "embeddings.timbre.song: timbre.csv has no column 'tracks'. It has 'track', 't1'; did you mean 'track'?",
    ]
    assert plain(outcome.output)
    assert "Job stats" not in outcome.output
    assert not (workplace.folder / "results").exists()


def test_a_wrong_delimiter_is_named_with_the_file_and_what_to_set(workplace, own_data):
    outcome = workplace.snakemake(overlay=own_data(PLAYS), targets=READ)
    error = error_of_job(outcome)
    assert "read_plays: error: plays.txt: no play among the first 20 lines" in error
    assert "The fields look separated by ','" in error
    assert "plays.table.delimiter" in error
    log = (workplace.results / "logs/read_plays.log").read_text()
    assert error in log
    assert "Traceback" in log  # where it happened is not lost


def test_audio_outside_its_root_is_counted_and_never_read(workplace, own_data):
    overlay = own_data([line.replace(",", "\t") for line in PLAYS])
    secret = workplace.folder.parent / "secret.ogg"
    table = SONGS.replace("s1.ogg", "../secret.ogg").replace("s2.ogg", str(secret))
    (workplace.folder / "songs.csv").write_text(table)
    workplace.make(overlay=overlay, targets=READ)
    rejected = workplace.table("plays/rejected.parquet")
    assert rejected["line"].to_list() == [3, 4]
    assert all("outside plays.songs.audio_root" in reason for reason in rejected["reason"])
    assert sorted(workplace.table("plays/songs.parquet")["audio"]) == ["s0.ogg", "s3.ogg", "s4.ogg"]


def test_a_malformed_line_is_set_aside_and_counted_or_fatal_where_strict(workplace, own_data):
    lines = [line.replace(",", "\t") for line in PLAYS]
    lines[6] = "user6\ts1\tmany"
    outcome = workplace.make(overlay=own_data(lines), targets=READ)
    assert "1 set aside" in outcome.output
    row = workplace.table("plays/rejected.parquet").row(0, named=True)
    assert (row["source"], row["line"], row["text"]) == ("plays.txt", 7, lines[6])
    assert workplace.table("plays/plays.parquet").height == 19

    outcome = workplace.snakemake(overlay=own_data(lines, strict=True), targets=READ)
    error = error_of_job(outcome)
    assert "plays.txt" in error
    assert "line 7" in error
    assert "strict" in error
    assert not (
        workplace.results / "plays/plays.parquet"
    ).exists()  # the tables of the settings before are not left standing
