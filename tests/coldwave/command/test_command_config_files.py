"""What is wrong with a config file that cannot be read, on one line."""

from pathlib import Path

import pytest

from coldwave.command.config_files import config_files, mistake_in


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("run: a\nwmf:\n\tfactors: 3\n", ", line 3: there is a tab; indent YAML by spaces only"),
        ("run: a\nwmf: {factors: 3\nsplit: 4\n", ", line 3: not valid YAML: while parsing a flow mapping, expected"),
        ("- run\n", ": its content is not a mapping of keys to values, such as `run: mine`"),
        ("", ": its content is not a mapping"),
        (b"run: \xff\n", ": not encoded in UTF-8 (byte 5)"),
        (b"run: \x01\n", ": not valid YAML: unacceptable character"),
    ],
)
def test_the_file_the_line_and_what_to_do(tmp_path, content, said):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    mistake = mistake_in(path)
    assert mistake.startswith(f"{path}{said}")
    assert "\n" not in mistake


def test_one_that_is_not_there_may_have_been_meant_as_a_target(tmp_path):
    assert mistake_in(tmp_path / "gone.yaml") == f"{tmp_path}/gone.yaml: there is no such config file"
    assert "if predict_new is a target, write -- before it: --configfile FILE -- predict_new" in mistake_in(
        Path("predict_new")
    )
    assert mistake_in(tmp_path) == f"{tmp_path}: cannot be read as a config file: Is a directory"


def test_one_that_can_be_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("run: mine\nnote: 'a\ttab inside is fine'\n")
    assert mistake_in(path) is None


def test_config_files_among_other_arguments():
    given = ["-n", "--configfile", "a.yaml", "b.yaml", "--cores", "2", "--", "all"]
    configs, others = config_files(given)
    assert configs == [Path("a.yaml"), Path("b.yaml")]
    assert others[:3] == ["-n", "--cores", "2"]
    assert others[-1] == "all"
