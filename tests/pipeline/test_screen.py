"""What a person sees of a run on the screen, and after it by `coldwave results`."""

import re
import subprocess
import sys
from collections import Counter

import pytest

from coldwave.command.cli import main
from tests.conftest import ROOT, TINY, Outcome, Workplace

TABLES = ["results/tiny/plays/plays.parquet"]
FAILS = {"world": None, "plays": {"path": "plays.csv", "songs": {"path": None}, "songs_without_audio": "keep"}}
TABLE = {"delimiter": ",", "header": False, "user": 1, "song": 2, "count": 3}
WIDEST = 200  # characters of a line
WITHOUT_THE_PLUGIN = """
import sys
sys.path = [folder for folder in sys.path if not folder.endswith("scripts")]
from snakemake.cli import main
main()
"""


def full_story(place: Workplace) -> str:
    """The newest of Snakemake's own logs."""
    return max((place.folder / ".snakemake/log").glob("*.log")).read_text()


@pytest.fixture
def failing(workplace):
    """A place whose plays cannot be read, and the outcome."""
    (workplace.folder / "plays.csv").write_text("".join(f"user{n},s{n % 5},{n + 1}\n" for n in range(20)))
    return workplace, workplace.start(targets=TABLES, overlay=FAILS).end()


def test_a_run_is_a_line_a_job_and_few_besides(tiny):
    output = (tiny.home / "screen.txt").read_text()
    lines = output.splitlines()
    story = (tiny.folder / lines[-1].partition("Full log: ")[2]).read_text()
    finished = re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", story, re.MULTILINE)
    assert Counter(Outcome(0, output).done) == Counter(rule for rule in finished if rule != "all")
    assert len(lines) < 1.5 * len(finished)
    assert max(map(len, lines)) <= WIDEST
    assert "\x1b" not in output, "the screen is no terminal"
    assert lines[-1].startswith(f"{len(finished)} of {len(finished)} jobs done in ")
    assert "    reason: Missing output files" in story, "what is not on the screen is there"


def test_it_says_what_is_made_of_what_and_how_long_the_rest_takes(tiny):
    output = (tiny.home / "screen.txt").read_text()
    lines = [re.sub(r"^[\d:]+ ", "", line) for line in output.splitlines()]
    made_of = "split_songs: split/split.parquet from plays/songs.parquet, "
    assert sum(made_of in line for line in lines) == 1
    assert re.search(r"^[\d:]{8} \[\d+ of \d+, [\w ]+ left\] evaluate_model: ", output, re.MULTILINE)
    assert "split_songs: songs by part: train 28, test 6, validation 6" in lines
    assert any(line.startswith("read_plays: kept: 80 users, 40 songs (40 with audio)") for line in lines)
    iterations = (tiny.results / "logs/factorise_plays.log").read_text()
    assert "iteration 3 of at most 5" in iterations and "iteration" not in output
    assert "site-packages" not in output, "warnings of libraries are in the rules' logs"


def test_the_last_lines_of_a_failed_run_are_the_reason(failing):
    place, outcome = failing
    assert outcome.status == 1
    lines = outcome.output.splitlines()
    log = place.results / "logs/read_plays.log"
    assert lines[-3] == "read_plays failed: plays/plays.parquet (+3)"
    assert lines[-2].startswith("    plays.csv: no play among the first 20 lines: wrong number of fields")
    assert lines[-2].strip() in log.read_text()
    assert lines[-1] == f"    log: {log.relative_to(place.folder)}"
    for noise in ("RuleException", "CalledProcessError", "WorkflowError", "message: None", "Traceback"):
        assert noise not in outcome.output
    assert "CalledProcessError" in full_story(place)
    assert len(lines) < 10


def test_results_says_why_until_it_is_mended(failing, capsys, monkeypatch):
    place, _ = failing
    monkeypatch.chdir(place.folder)
    assert main(["results"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "The run tiny is not complete" in lines[0]
    assert lines[1] == "read_plays failed: plays/plays.parquet (+3)"
    assert "no play among the first 20 lines" in lines[2]
    assert lines[3] == "    log: results/tiny/logs/read_plays.log"

    separated = {**FAILS["plays"], "format": "table", "table": TABLE}
    mended = place.snakemake(targets=TABLES, overlay=FAILS | {"plays": separated})
    assert mended.status == 0, mended.output
    assert main(["results", "tiny"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "no results yet" in streams.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "{path}: there is no such config file"),
        ("run: x\nwmf:\n\tfactors: 3\n", "{path}, line 3: there is a tab; indent YAML by spaces only"),
        ("- run\n", "{path}: its content is not a mapping of keys to values, such as `run: mine`"),
    ],
)
def test_a_config_file_that_cannot_be_read_is_one_line(workplace, content, said):
    path = workplace.folder / "mine.yaml"
    if content:
        path.write_text(content)
    _check_one_line(workplace, [path, "--"], said.format(path=path))


def test_a_target_taken_for_a_config_file_is_one_line(workplace):
    said = "predict_new: there is no such config file; if predict_new is a target, write -- before it: "
    _check_one_line(workplace, [TINY, "predict_new"], said)


def _check_one_line(place, configs, said):
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "-d", place.folder]
    command += ["--configfile", *configs]
    done = subprocess.run(command, env=place.environment, cwd=place.home, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    *before, line = (done.stdout + done.stderr).splitlines()
    assert line.startswith(f"error: {said}")
    assert all(other.startswith("Using workflow specific profile") for other in before)


def test_a_dry_run_is_a_line_a_job_with_its_reason_and_the_counts(tiny, tmp_path):
    place = tiny.copy(tmp_path / "copy")
    (place.results / "split/split.parquet").unlink()
    outcome = place.make("--dry-run")
    lines = outcome.output.splitlines()
    assert "split_songs: split/split.parquet from plays/songs.parquet; missing output files" in lines
    assert outcome.jobs["split_songs"] == 1
    assert len(lines) < 15 + sum(outcome.jobs.values()) + len(outcome.jobs)
    assert max(map(len, lines)) <= WIDEST


def test_a_snakemake_without_the_plugin_runs_all_the_same(workplace):
    """Such as one of conda's, in whose Python nothing of this project is installed."""
    command = [sys.executable, "-c", WITHOUT_THE_PLUGIN, "-s", ROOT / "Snakefile", "-d", workplace.folder]
    command += ["--configfile", TINY, "--", *TABLES]
    done = subprocess.run(command, env=workplace.environment, cwd=workplace.home, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Finished jobid: 0 \(Rule: read_plays\)", done.stderr, re.MULTILINE)
    assert (workplace.results / "plays/plays.parquet").is_file()
