"""An edit to any module or script reaches the digests of exactly the scripts that import it, by another import graph.

The other graph is read from bytecode (the standard library's ``modulefinder``), in which an import inside of a function
is one like any other.
"""

import shutil
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from workflow.code import code
from workflow.kinds import ROWS

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.name for path in (ROOT / "scripts").glob("*.py"))
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "scripts/coldwave").rglob("*.py"))
# Of the command line, of what uses a finished run (new songs are placed by some of it), of benchmarks and of the
# workflow's own files: nothing else that a rule makes depends on them.
OF_THE_COMMAND = tuple(
    f"scripts/coldwave/{name}/" for name in ("bundle", "command", "export", "inspection", "playlists", "serve", "use")
)
ELSEWHERE = {module for module in MODULES if module.startswith(OF_THE_COMMAND)}
ELSEWHERE |= {f"scripts/coldwave/{name}.py" for name in ("provenance/comparison", "audio/state", "evaluation/growth")}
# Modules that a script takes by their names.
TOLD = {"tune.py": [f"coldwave.tuning.teachers.{row.kind}" for row in ROWS if row.tuned]}
LEFT_OUT = {path.relative_to(ROOT).as_posix() for path in (ROOT / "scripts/coldwave").glob("*.py")}
EMPTY = {module for module in MODULES if not (ROOT / module).stat().st_size}


@pytest.fixture(scope="module")
def imported():
    """From each script to the project's modules that it imports, directly or not."""
    finders = {script: ModuleFinder(path=[str(ROOT / "scripts")]) for script in SCRIPTS}
    found = {}
    for script, finder in finders.items():
        finder.run_script(str(ROOT / "scripts" / script))
        for module in TOLD.get(script, []):
            finder.import_hook(module)
        files = [module.__file__ for name, module in finder.modules.items() if name.split(".")[0] == "coldwave"]
        found[script] = {Path(file).relative_to(ROOT).as_posix() for file in files if file}
    return found


@pytest.fixture(scope="module")
def reached(tmp_path_factory):
    """From each script to the files whose edit changes its digests, every file of the project being edited at once."""
    copy = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "scripts", copy / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    before = {script: code(script, copy, *TOLD.get(script, [])) for script in SCRIPTS}
    for file in (copy / "scripts").rglob("*.py"):
        if file.stat().st_size:
            file.write_text(f"{file.read_text()}\nEDITED = {file.name!r}\n")
    after = {script: code(script, copy, *TOLD.get(script, [])) for script in SCRIPTS}
    assert {script: list(files) for script, files in before.items()} == {
        script: list(files) for script, files in after.items()
    }
    return {
        script: {file for file, digest in files.items() if digest != after[script][file]}
        for script, files in before.items()
    }


@pytest.mark.parametrize("module", MODULES)
def test_an_edited_module_reaches_the_scripts_that_import_it(module, imported, reached):
    found = {script for script, files in reached.items() if module in files}
    importing = {script for script, files in imported.items() if module in files}
    assert found == (set() if module in LEFT_OUT | EMPTY else importing)
    assert importing or module in ELSEWHERE | EMPTY, "nothing imports it"


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_edited_script_reaches_itself_alone(script, reached):
    assert [other for other, files in reached.items() if f"scripts/{script}" in files] == [script]
