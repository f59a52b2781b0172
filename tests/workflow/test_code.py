"""Digests of code: what changes them, what does not, and which imports are refused."""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.code import CodeError, Sources, code, text_digest

ROOT = Path(__file__).parents[2]

# The library's loose modules, which are left out of the digests.
PLUMBING = {f"coldwave.{file.stem}" for file in (ROOT / "scripts/coldwave").glob("*.py") if file.stem != "__init__"}

NOT_IN_DIGESTS = ("digest", "errors", "files", "job", "parent", "progress", "shown")

TREE = {
    "train.py": '"""Train."""\n\nfrom coldwave.job import run\nfrom coldwave.stage.model import fit\n\nrun(fit)\n',
    "coldwave/__init__.py": "",
    "coldwave/stage/__init__.py": "",
    "coldwave/job.py": "import coldwave.errors\n\ndef run(main):\n    main()\n",
    "coldwave/errors.py": "class InputError(ValueError):\n    pass\n",
    "coldwave/files.py": "def write(path):\n    pass\n",
    "coldwave/progress.py": "def track(items):\n    yield from items\n",
    "coldwave/stage/model.py": "from coldwave.stage.maths import solve\n\ndef fit():\n    return solve(2)\n",
    "coldwave/stage/maths.py": "def solve(x):\n    return x + 1\n",
    "coldwave/stage/other.py": "ANSWER = 42\n",
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path, TREE)


def test_the_script_and_what_it_imports_directly_or_not(tree):
    digests = code("train.py", tree)
    assert list(digests) == ["scripts/coldwave/stage/maths.py", "scripts/coldwave/stage/model.py", "scripts/train.py"]
    text = ast.unparse(ast.parse(TREE["coldwave/stage/maths.py"]))
    assert digests["scripts/coldwave/stage/maths.py"] == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_modules_that_a_script_is_told_are_followed_as_well(tree):
    write(
        tree,
        {"coldwave/stage/other.py": "from coldwave.stage.more import MORE\n", "coldwave/stage/more.py": "MORE = 1\n"},
    )
    told = code("train.py", tree, "coldwave.stage.other")
    assert told.keys() - code("train.py", tree) == {f"scripts/coldwave/stage/{name}.py" for name in ("more", "other")}
    with pytest.raises(CodeError, match=r"there is no module coldwave\.stage\.none"):
        code("train.py", tree, "coldwave.stage.none")


def test_an_absolute_path_names_the_same_script(tree):
    assert code(tree / "scripts" / "train.py", tree) == code("train.py", str(tree))


@pytest.mark.parametrize(
    "edited",
    [
        "def solve(x):\n    return x + 1  # one more\n",
        '"""About maths."""\n\n\ndef solve(x):\n    """Add one."""\n    return x + 1\n',
        "# maths\ndef solve( x ) :\n\n        return (x\n            + 1)\n",
        "def solve(x):\r\n    return x + 1\r\n",
        "\ufeffdef solve(x):\n    return x + 1",
    ],
    ids=["comment", "docstrings", "format", "line ends", "byte order mark"],
)
def test_comments_docstrings_and_format_do_not_count(tree, edited):
    before = code("train.py", tree)
    (tree / "scripts/coldwave/stage/maths.py").write_bytes(edited.encode())
    assert code("train.py", tree) == before


def test_an_edit_of_code_changes_its_own_digest_alone(tree):
    before = code("train.py", tree)
    write(tree, {"coldwave/stage/maths.py": "def solve(x):\n    return x + 2\n"})
    after = code("train.py", tree)
    assert {file for file in before if before[file] != after[file]} == {"scripts/coldwave/stage/maths.py"}


def test_a_string_that_is_no_docstring_counts(tree):
    write(tree, {"coldwave/stage/maths.py": "NAME = 'a'\n"})
    before = code("train.py", tree)
    write(tree, {"coldwave/stage/maths.py": "NAME = 'b'\n"})
    assert code("train.py", tree) != before


@pytest.mark.parametrize("head", ["class A:", "def f():", "async def f():"])
def test_a_body_of_a_docstring_alone_is_an_empty_one(tree, head):
    write(tree, {"coldwave/stage/maths.py": f'{head}\n    """About it."""\n'})
    documented = code("train.py", tree)
    write(tree, {"coldwave/stage/maths.py": f"{head}\n    pass\n"})
    assert code("train.py", tree) == documented


def test_touch_does_not_count(tree):
    before = code("train.py", tree)
    for file in (tree / "scripts").rglob("*.py"):
        os.utime(file, (1, 1))
    assert code("train.py", tree) == before


def test_other_modules_do_not_count(tree):
    before = code("train.py", tree)
    write(
        tree, {"coldwave/stage/other.py": "ANSWER = 43\n", "coldwave/stage/new.py": "x = 1\n", "predict.py": "y = 1\n"}
    )
    assert code("train.py", tree) == before


@pytest.mark.parametrize("name", sorted(PLUMBING))
def test_plumbing_does_not_count(tree, name):
    package, module = name.split(".")
    imports = f"import {name}\nfrom {package} import {module}\nfrom {name} import *\n"
    write(tree, {"train.py": imports, f"{package}/{module}.py": "x = 1\n"})
    before = code("train.py", tree)
    assert list(before) == ["scripts/train.py"]
    write(tree, {f"{package}/{module}.py": "import coldwave.stage.other\nx = 'changed'\n"})
    assert code("train.py", tree) == before


def test_the_plumbing_of_the_project():
    """Another loose module would escape the digests."""
    assert {f"coldwave.{name}" for name in NOT_IN_DIGESTS} == PLUMBING


def test_plumbing_of_the_project_imports_nothing_else_of_it():
    """What it imported would be left out with it."""
    names = {f"scripts/{name.replace('.', '/')}.py" for name in PLUMBING}
    for file in names:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        found = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        found |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert {name for name in found if name.startswith("coldwave")} <= PLUMBING, file


@pytest.mark.parametrize(
    "statement",
    [
        "import coldwave.stage.other",
        "import os, coldwave.stage.other as o",
        "from coldwave.stage.other import ANSWER",
        "from coldwave.stage import other",
        "from coldwave.stage import model, other as o",
        "def late():\n    from coldwave.stage.other import ANSWER\n    return ANSWER",
        "class A:\n    def late(self):\n        if self:\n            import coldwave.stage.other",
        "try:\n    import coldwave.stage.other\nexcept ImportError:\n    pass",
        "import importlib\nimportlib.import_module('coldwave.stage.other')",
    ],
)
def test_every_form_of_import_is_seen(tree, statement):
    write(tree, {"coldwave/stage/maths.py": f"{statement}\n"})
    before = code("train.py", tree)
    assert "scripts/coldwave/stage/other.py" in before
    write(tree, {"coldwave/stage/other.py": "ANSWER = 43\n"})
    assert code("train.py", tree) != before


def test_packages(tree):
    """A package's __init__.py counts where it holds something, for every module inside."""
    write(
        tree,
        {
            "coldwave/stage/maths.py": "from coldwave.cnn.network import f\nfrom coldwave.bow import mfcc, CONSTANT\n",
            "coldwave/cnn/__init__.py": "",
            "coldwave/cnn/network.py": "f = 1\n",
            "coldwave/bow/__init__.py": "from coldwave.stage.other import ANSWER as CONSTANT\n",
            "coldwave/bow/mfcc.py": "g = 1\n",
            "coldwave/bow/codebook.py": "h = 1\n",
        },
    )
    inside = {Path(file).relative_to("scripts").as_posix() for file in code("train.py", tree)}
    bow = {"coldwave/bow/__init__.py", "coldwave/bow/mfcc.py", "coldwave/stage/other.py"}
    assert inside == {"train.py", "coldwave/stage/model.py", "coldwave/stage/maths.py", "coldwave/cnn/network.py"} | bow


def test_a_package_without_init(tree):
    write(tree, {"coldwave/stage/maths.py": "from coldwave.cnn import network\n", "coldwave/cnn/network.py": "f = 1\n"})
    assert "scripts/coldwave/cnn/network.py" in code("train.py", tree)


def test_a_module_comes_before_a_folder_left_behind(tree):
    (tree / "scripts/coldwave/stage/maths/__pycache__").mkdir(parents=True)
    assert "scripts/coldwave/stage/maths.py" in code("train.py", tree)


def test_modules_that_import_each_other(tree):
    write(tree, {"coldwave/stage/maths.py": "import coldwave.stage.model\n"})
    assert "scripts/coldwave/stage/maths.py" in code("train.py", tree)


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("\nfrom .other import ANSWER", "scripts/coldwave/stage/maths.py:2", "relative import"),
        ("def f():\n\n    from . import other", "scripts/coldwave/stage/maths.py:3", "relative import"),
        ("import coldwave.gone", "scripts/coldwave/stage/maths.py:1", "coldwave.gone"),
        ("from coldwave.gone import x", "scripts/coldwave/stage/maths.py:1", "coldwave.gone"),
        ("from coldwave import gone", "scripts/coldwave/stage/maths.py:1", "coldwave.gone"),
        ("import coldwave", "scripts/coldwave/stage/maths.py:1", "coldwave is not a module"),
        ("from coldwave import *", "scripts/coldwave/stage/maths.py:1", "coldwave.* is not a module"),
        ("import predict", "scripts/coldwave/stage/maths.py:1", "imports the script predict"),
        ("x = 1\nimport_module(x)", "scripts/coldwave/stage/maths.py:2", "hides what it imports"),
        ("import_module('.x', 'coldwave')", "scripts/coldwave/stage/maths.py:1", "hides what it imports"),
        ("x = 1\ndef f(:", "scripts/coldwave/stage/maths.py:2", "not valid Python"),
    ],
)
def test_imports_that_cannot_be_followed(tree, text, where, why):
    write(tree, {"coldwave/stage/maths.py": f"{text}\n", "predict.py": "x = 1\n"})
    with pytest.raises(CodeError, match=why.replace("*", r"\*")) as error:
        code("train.py", tree)
    assert str(error.value).startswith(f"{where}: ")


def test_a_missing_script_is_named(tree):
    with pytest.raises(CodeError, match="gone.py"):
        code("gone.py", tree)


def test_a_script_may_be_named_as_a_standard_module(tree):
    write(tree, {"wave.py": "x = 1\n", "coldwave/stage/maths.py": "import wave\n"})
    assert "scripts/wave.py" not in code("train.py", tree)


def test_the_caller_may_change_what_it_gets(tree):
    code("train.py", tree).clear()
    assert code("train.py", tree)


def test_another_process_and_place_give_the_same_digests(tree, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(tree, elsewhere)
    program = "import sys; from workflow.code import code; print(code('train.py', sys.argv[1]))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    found = subprocess.run(
        [sys.executable, "-c", program, str(elsewhere)], env=environment, capture_output=True, text=True, check=True
    )
    assert ast.literal_eval(found.stdout) == code("train.py", tree)


@settings(deadline=None, max_examples=30)
@given(
    comments=st.lists(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])), max_size=8),
    lines=st.permutations([1, 2, 3, 4]),
)
def test_comments_anywhere_change_nothing(tmp_path_factory, comments, lines):
    root = write(tmp_path_factory.mktemp("project"), TREE)
    before = code("train.py", root)
    text = TREE["coldwave/stage/model.py"].splitlines()
    for line, comment in zip(lines, comments, strict=False):
        text[line - 1] = f"{text[line - 1]}  # {comment}"
    write(root, {"coldwave/stage/model.py": "\n".join(text)})
    assert code("train.py", root) == before


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").glob("*.py")))
def test_every_script_of_the_project(script):
    digests = code(script, ROOT)
    assert f"scripts/{script}" in digests
    assert all(len(digest) == 16 and int(digest, 16) >= 0 for digest in digests.values())


def test_against_what_python_imports(tree):
    """The same modules as a run of the script loads, plumbing and empty packages apart.

    Python starts isolated and without installed packages, or an installed coldwave would come before the tree's.
    """
    write(tree, {"coldwave/bow/__init__.py": "", "coldwave/bow/mfcc.py": "from coldwave.stage import other\n"})
    write(tree, {"coldwave/stage/maths.py": "import coldwave.bow.mfcc\n\ndef solve(x):\n    return x\n"})
    program = (
        "import runpy, sys; sys.path.append(sys.argv[1]); runpy.run_path(sys.argv[1] + '/train.py');"
        "print([m.__file__ for n, m in list(sys.modules.items()) if n.startswith('coldwave')])"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(tree / "scripts")], capture_output=True, text=True, check=True
    )
    loaded = {Path(file).relative_to(tree).as_posix() for file in ast.literal_eval(found.stdout)}
    plumbing = {f"scripts/{name.replace('.', '/')}.py" for name in PLUMBING}
    loaded = {file for file in loaded - plumbing if (tree / file).stat().st_size}
    assert loaded | {"scripts/train.py"} == set(code("train.py", tree))


def test_the_digest_of_a_text_knows_its_words_and_not_its_line_ends(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes("first\nsecond: é\n".encode())
    other.write_bytes("first\r\nsecond: é\r\n".encode())
    assert text_digest(one) == text_digest(other) == hashlib.sha256("first\nsecond: é\n".encode()).hexdigest()[:16]
    other.write_text("first\nsecond: e\n")
    assert text_digest(one) != text_digest(other)


def test_the_librarys_own_init_is_plumbing(tree):
    """Every import of the library runs it, so an edit to it would rerun everything."""
    before = code("train.py", tree)
    offered = "from coldwave.stage.other import ANSWER\n\n\ndef load():\n    return ANSWER\n"
    write(tree, {"coldwave/__init__.py": offered})
    assert code("train.py", tree) == before
    write(tree, {"train.py": "from coldwave import load\n\nload()\n"})
    with pytest.raises(CodeError, match=r"train\.py:1: coldwave\.load is not a module"):
        code("train.py", tree)


def test_what_was_found_is_kept_and_found_again(tree, tmp_path, monkeypatch):
    kept = tmp_path / "kept" / "code.json"
    first = Sources(tree, kept)
    digests = first.digests("train.py")
    assert digests == code("train.py", tree)
    assert not kept.exists()
    first.keep()

    monkeypatch.setattr("workflow.code._read", lambda *file: pytest.fail(f"{file} is known"))
    second = Sources(tree, kept)
    assert second.digests("train.py") == digests
    before = kept.stat().st_mtime_ns
    second.keep()
    assert kept.stat().st_mtime_ns == before, "nothing new is not written"


@pytest.mark.parametrize("text", ["def solve(x):\n    return x + 2\n", "from coldwave.stage import other\n"])
def test_an_edit_is_seen_whatever_is_kept(tree, tmp_path, text):
    kept = tmp_path / "code.json"
    first = Sources(tree, kept)
    first.digests("train.py")
    first.keep()
    write(tree, {"coldwave/stage/maths.py": text})
    second = Sources(tree, kept)
    assert second.digests("train.py") == code("train.py", tree) != first.digests("train.py")
    second.keep()
    assert Sources(tree, kept).digests("train.py") == code("train.py", tree)


@pytest.mark.parametrize("text", ["", '{"scripts/train.py": [', "[]", '{"scripts/train.py": 1}'])
def test_a_damaged_file_of_what_was_kept_is_as_none(tree, tmp_path, text):
    kept = tmp_path / "code.json"
    kept.write_text(text)
    sources = Sources(tree, kept)
    assert sources.digests("train.py") == code("train.py", tree)
    sources.keep()
    assert Sources(tree, kept).digests("train.py") == code("train.py", tree)


def test_a_folder_that_cannot_be_written_to_costs_time_alone(tree, tmp_path):
    (tmp_path / "file").write_text("")
    sources = Sources(tree, tmp_path / "file" / "code.json")
    assert sources.digests("train.py")
    sources.keep()


def test_other_code_that_finds_digests_takes_nothing_kept(tree, tmp_path):
    kept = tmp_path / "code.json"
    kept.write_text(json.dumps({"scripts/train.py": [hashlib.sha256(TREE["train.py"].encode()).hexdigest(), "0", []]}))
    assert Sources(tree, kept).digests("train.py") == code("train.py", tree)
