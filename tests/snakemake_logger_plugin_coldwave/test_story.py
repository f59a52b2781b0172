"""The lines that tell of a run, from the records that Snakemake sends a logger plugin."""

import logging

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings, TestLogHandlerBase

from snakemake_logger_plugin_coldwave import LogHandler
from snakemake_logger_plugin_coldwave.story import MOST_FAILURES, Story


def record(event=None, message="", level=logging.INFO, **fields):
    made = logging.LogRecord("snakemake", level, "x.py", 1, message, None, None)
    vars(made).update({"event": event} if event else {}, **fields)
    return made


def started(number, rule="count_words", **fields):
    fields = {"output": [f"results/mine/bow/{number}.npy"], "input": [], "log": [], "wildcards": {}} | fields
    return record(LogEvent.JOB_INFO, jobid=number, rule_name=rule, reason="Forced execution", **fields)


def failed(number, rule="count_words", said=None, **fields):
    fields = {"output": [f"results/mine/bow/{number}.npy"], "input": [], "log": []} | fields
    return record(LogEvent.JOB_ERROR, level=logging.ERROR, jobid=number, rule_name=rule, rule_msg=said, **fields)


def tell(story, *records):
    return [line for each in records for line in story.lines(each)]


@pytest.fixture
def story():
    """The story of a run of three jobs, which has begun."""
    story = Story(dry=False, arguments=[])
    assert tell(story, record(LogEvent.RUN_INFO, stats={"count_words": 2, "all": 1, "total": 3})) == ["3 jobs to do"]
    return story


def finished(number, done):
    return record(LogEvent.JOB_FINISHED, job_id=number), record(LogEvent.PROGRESS, done=done, total=3)


def test_a_job_is_one_line_that_says_what_was_made_of_what(story):
    outputs = [f"results/mine/bow/{name}.npy" for name in "abc"]
    inputs = ["results/mine/plays/songs.parquet", "my/songs.csv", "results/mine/x", "results/mine/y"]
    assert tell(story, started(1, output=outputs, input=inputs)) == []
    (line,) = tell(story, *finished(1, 1))
    expected = "[1 of 3] count_words: bow/a.npy (+2) from plays/songs.parquet, my/songs.csv (+2), 0 s"
    assert line.split(" ", 1)[1] == expected


def test_jobs_that_a_checkpoint_finds_needless_are_in_neither_count(story, monkeypatch):
    monkeypatch.chdir("/")
    tell(story, record(LogEvent.RUN_INFO, stats={"count_words": 40, "all": 1, "total": 41}))
    assert sum(story._waiting(record(done=1, total=3)).values()) == pytest.approx(2, abs=0.1)
    tell(story, started(1), *finished(1, 1), started(0, "all", output=[]), *finished(0, 3))
    tell(story, record(message="Complete log(s): /x/y.log"))
    assert story.end() == ["3 of 3 jobs done in 0 s. Full log: x/y.log"]


def test_the_end_of_a_run_names_the_log(story, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tell(story, started(1), *finished(1, 1), started(0, "all", output=[]), *finished(0, 2))
    assert tell(story, record(message=f"Complete log(s): {tmp_path}/.snakemake/log/x.log")) == []
    assert story.end() == ["2 of 3 jobs done in 0 s. Full log: .snakemake/log/x.log"]
    assert story.end() == [], "Snakemake closes its handlers twice"


def test_a_failure_is_told_last_with_the_reason_of_the_rules_log(story, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.log").write_text("10:00:00 count_words: error: plays.tsv: no play\nTraceback (most recent call)\n")
    shell = "RuleException:\nCalledProcessError in file x.smk, line 3:\nCommand returned non-zero exit status 1."
    tell(story, started(1, wildcards={"shard": "007"}), record(LogEvent.ERROR, shell, logging.ERROR))
    (line,) = tell(story, failed(1, log=["x.log"]))
    assert line.split(" ", 1)[1] == "[failed] count_words: bow/1.npy; log: x.log"
    last = record(LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.", logging.ERROR)
    assert tell(story, record(message="Complete log(s): /x/y.log"), last) == []
    assert story.end() == [
        "0 of 3 jobs done in 0 s; 1 failed. Full log: /x/y.log",
        "count_words (shard=007) failed: bow/1.npy",
        "    plays.tsv: no play",
        "    log: x.log",
    ]


def test_a_job_that_is_tried_again_and_done_has_not_failed(story):
    said = "SLURM-job '7' failed, SLURM status is: 'CANCELLED'. For further error details see the cluster/cloud log and"
    lines = tell(story, started(1), failed(1, said=said), record(message="Trying to restart job 1."))
    assert [line.split(" ", 1)[1] for line in lines] == [
        "[failed] count_words: bow/1.npy; SLURM-job '7' failed, SLURM status is: 'CANCELLED'.",
        "[tried again] count_words: bow/1.npy",
    ]
    tell(story, started(1), *finished(1, 1))
    assert story.end() == []


def test_of_many_failures_some_are_told(story):
    tell(story, *(failed(number, said="out of memory") for number in range(MOST_FAILURES + 2)))
    lines = story.end()
    assert lines[-1] == "and 2 more: `coldwave results` names them all"
    assert lines.count("    out of memory") == MOST_FAILURES


def test_other_messages_pass_but_for_those_that_nobody_needs(story):
    for message in ("Select jobs to execute...", "Execute 2 jobs...", "Building DAG of jobs...", "None", ""):
        assert tell(story, record(message=message)) == []
    assert tell(story, record(message="SLURM run ID: 1-2")) == ["SLURM run ID: 1-2"]
    warning = "a warning\n" + 300 * "x"
    assert tell(story, record(message=warning, level=logging.WARNING)) == warning.splitlines()


def test_what_a_file_is_called_cannot_act_on_a_terminal(story):
    tell(story, started(1, output=["results/mine/\x1b[31mred.npy"]))
    assert "\x1b" not in tell(story, *finished(1, 1))[0]


def test_a_dry_run_gives_each_job_with_its_reason_and_the_counts_once():
    story = Story(dry=True, arguments=[])
    plan = record(LogEvent.RUN_INFO, "Job stats:\njob  count", stats={"count_words": 1, "total": 1})
    assert tell(story, plan) == []
    job = started(1, input=["<TBD>"])
    job.reason = "Missing output files: a, b; Params have changed since last execution: before 3"
    assert tell(story, job) == [
        "count_words: bow/1.npy; missing output files; params have changed since last execution"
    ]
    assert tell(story, plan) == ["Job stats:", "job  count"]


def test_mistakes_in_the_config_stand_without_where_python_was(story):
    message = 'WorkflowError in file "/x/common.smk", line 8:\n1 mistake in the config:\n  a: b\n'
    message += '  File "/x/common.smk", line 8, in <module>'
    assert tell(story, record(LogEvent.ERROR, message, logging.ERROR, exception="WorkflowError")) == [
        "error: 1 mistake in the config:",
        "  a: b",
    ]


@pytest.mark.parametrize("asked", ["verbose", "debug_dag", "printshellcmds", "quiet"])
def test_the_screen_is_snakemakes_where_more_or_less_is_asked_for(asked, capsys):
    settings = MockOutputSettings()
    settings.printshellcmds = False
    assert LogHandler(settings, None).writes_to_stream
    setattr(settings, asked, True)
    handler = LogHandler(settings, None)
    assert not handler.writes_to_stream
    handler.emit(record(message="hello"))
    assert capsys.readouterr().err == ""


class TestAsSnakemakeChecksItsPlugins(TestLogHandlerBase):
    """Every event, as the interface's own tests send it."""

    __test__ = True

    def get_log_handler_cls(self):
        return LogHandler

    def get_log_handler_settings(self):
        return None

    def _create_handler(self):
        settings = MockOutputSettings()
        settings.printshellcmds = False
        return LogHandler(settings, None)

    def test_no_event_is_an_error_within(self, capsys):
        for name in dir(self):
            if name.endswith("_event"):
                getattr(self, name)()
        assert "Traceback" not in capsys.readouterr().err
