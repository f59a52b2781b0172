"""The lock, the conda environments and the rules, read as text: everything imported is there, and in one version."""

import ast
import importlib.metadata
import re
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from coldwave.wmf.spark.installation import JAVA
from workflow.code import code
from workflow.features import SOURCES
from workflow.kinds import ROWS

ROOT = Path(__file__).parents[2]
DIRECTIVES = ["input", "output", "log", "benchmark", "wildcard_constraints", "priority", "conda", "threads",
              "resources", "params", "message", "script"]  # fmt: skip
NEEDED = set(DIRECTIVES) - {"input", "wildcard_constraints", "priority", "message"}
OWN = {"coldwave", "workflow", "tests", "benchmarks", "snakemake_logger_plugin_coldwave"}
PARITY = ROOT / "benchmarks/parity.py"  # its peers are in no environment of the workflow's


def pins(lines):
    """From the canonical name of each package to its version."""
    requirements = [Requirement(line) for line in lines]
    assert all(re.fullmatch(r"==[^*,]+", str(one.specifier)) for one in requirements), "every version is pinned"
    names = [canonicalize_name(one.name) for one in requirements]
    assert len(set(names)) == len(names), "no package is named twice"
    return {name: str(one.specifier)[2:] for name, one in zip(names, requirements, strict=True)}


def read_lock(name):
    lines = [line.strip() for line in (ROOT / name).read_text().splitlines()]
    return pins([line for line in lines if line and not line.startswith("#")])


def read_environment(path):
    *conda, last = yaml.safe_load(path.read_text())["dependencies"]
    java = ["openjdk"] if "pyspark" in path.read_text() else []
    assert [line.partition("=")[0] for line in conda] == ["python", "pip", *java]
    return pins(last["pip"])


LOCK = read_lock("requirements.txt")
SPARK = read_lock("requirements-spark.txt")  # what one engine of one rule needs, and most do without
BROWSER = read_lock("requirements-page.txt")  # what `make test-page` needs
ENVIRONMENTS = {path.name: read_environment(path) for path in sorted((ROOT / "envs").glob("*.yaml"))}


def read_rules():
    """From each rule to the text of its directives; rules that make an empty file need no job, and are left out."""
    rules = {}
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        blocks = re.split(r"^( *)(?:rule|checkpoint) (\w+):\n", path.read_text(), flags=re.MULTILINE)
        for indent, name, text in zip(blocks[1::3], blocks[2::3], blocks[3::3], strict=True):
            begin = rf"^{indent}    (\w+):"
            body = re.split(rf"^(?!{indent}    |$)", text, maxsplit=1, flags=re.MULTILINE)[0]
            parts = re.split(begin, body, flags=re.MULTILINE)
            assert name not in rules
            found = dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))
            if found.keys() != {"input", "output"} or not re.fullmatch(r"touch\(.*\),", found["output"]):
                rules[name] = found
    return rules


RULES = read_rules()
# from modules to the packages that install them; those of Spark are seldom installed
PROVIDERS = {name.replace("-", "_"): [name] for name in SPARK | BROWSER} | importlib.metadata.packages_distributions()


@cache
def imports_of(path):
    """The modules that a file imports anywhere in it, with the names that it takes from them."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def own_file(name):
    """The file of a module of the project, by its full name or that of something in it; None for other modules."""
    for parts in (name.split("."), name.split(".")[:-1]):
        for folder in (ROOT / "scripts", ROOT):
            if parts and parts[0] in OWN and (file := folder.joinpath(*parts).with_suffix(".py")).is_file():
                return file
    return None


@cache
def reached_from(script):
    """A file and the project's files that it imports, directly or not."""
    reached, waiting = set(), [script]
    while waiting:
        file = waiting.pop()
        if file not in reached:
            reached.add(file)
            waiting += [found for name in imports_of(file) if (found := own_file(name))]
    return reached


def distributions(files):
    """The packages from which some files import, by canonical name."""
    modules = {name.partition(".")[0] for file in files for name in imports_of(file)}
    local = OWN | {name for file in files for name in (file.stem, file.parent.name)}
    found = set()
    for module in modules - set(sys.stdlib_module_names) - local:
        assert module in PROVIDERS, f"{module} is imported and not installed"
        found.add(canonicalize_name(PROVIDERS[module][0]))
    return found


# Versions


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environments_versions_are_the_locks(name):
    assert ENVIRONMENTS[name].items() <= (LOCK | SPARK).items()


def test_the_lock_is_what_is_installed():
    installed = {
        canonicalize_name(one.metadata["Name"]): one.version.partition("+")[0]
        for one in importlib.metadata.distributions()
    }
    pinned = LOCK | SPARK
    differing = {name: installed[name] for name in pinned if name in installed and installed[name] != pinned[name]}
    assert not differing


def test_spark_has_a_lock_of_its_own_which_names_what_it_needs():
    assert not set(SPARK) & set(LOCK)
    assert set(SPARK) == {"pyspark", "py4j"}
    reached = reached_from(ROOT / "scripts/factorise_plays_spark.py")
    others = {path for path in (ROOT / "scripts").glob("*.py") if path.name != "factorise_plays_spark.py"}
    assert distributions(reached) >= set(SPARK)
    assert not any(distributions(reached_from(path)) & set(SPARK) for path in others)


def test_the_environment_of_spark_has_the_java_that_is_asked_for():
    conda = yaml.safe_load((ROOT / "envs/wmf-spark.yaml").read_text())["dependencies"]
    assert f"openjdk={JAVA}" in conda


def test_the_lock_names_what_each_of_its_packages_needs():
    lacking = set()
    for name in set(LOCK) - {"torch"}:  # it brings libraries of its own, which differ between its builds
        try:
            needed = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another version of Python
        for requirement in map(Requirement, needed):
            here = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if here and canonicalize_name(requirement.name) not in LOCK:
                lacking.add(f"{name} needs {requirement}")
    assert not lacking


# Imports


def test_the_lock_names_everything_that_is_imported():
    folders = ("scripts", "workflow", "tests", "benchmarks")
    files = {file for folder in folders for file in (ROOT / folder).rglob("*.py")} - {PARITY}
    assert len(files) > 80
    assert distributions(files) <= set(LOCK | SPARK | BROWSER)


def test_the_peers_that_are_no_part_of_the_lock_are_pinned_beside_their_benchmark():
    lines = (ROOT / "benchmarks/requirements.txt").read_text().splitlines()
    modules = {name.partition(".")[0] for file in reached_from(PARITY) for name in imports_of(file)}
    theirs = modules - set(sys.stdlib_module_names) - OWN
    assert set(pins([line for line in lines if not line.startswith("#")])) == theirs


@pytest.mark.parametrize("rule", RULES)
def test_a_rules_environment_is_there(rule):
    path = ROOT / "workflow/rules" / RULES[rule]["conda"].strip('"')
    assert path.resolve().relative_to(ROOT / "envs").as_posix() in ENVIRONMENTS


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_has_what_its_rules_scripts_import_and_no_more(name):
    users = [rule for rule, parts in RULES.items() if parts["conda"].strip('"').endswith(f"/{name}")]
    assert users, "no rule uses it"
    scripts = [f"{rule}.py" for rule in users]
    if "audit_leakage" in users:  # it runs them
        learning = [*(row.rule for row in ROWS if row.weights), *(rule for one in SOURCES for rule in one.learning)]
        learning = [rule for rule in learning if rule in RULES]  # others share the script of a rule that is among them
        scripts += [f"{rule}.py" for rule in ("factorise_plays", *learning)]
    if "tune" in users:  # it takes one of them, by its name
        scripts += [f"coldwave/tuning/teachers/{row.kind}.py" for row in ROWS if row.tuned]
    used = set().union(*(distributions(reached_from(ROOT / "scripts" / script)) for script in scripts))
    assert set(ENVIRONMENTS[name]) == used


@pytest.mark.parametrize("rule", RULES)
def test_the_digests_of_a_rule_cover_every_file_that_it_reaches(rule):
    plumbing = set((ROOT / "scripts/coldwave").glob("*.py"))
    reached = {file for file in reached_from(ROOT / "scripts" / f"{rule}.py") - plumbing if file.stat().st_size}
    assert {ROOT / file for file in code(f"{rule}.py", ROOT)} == reached


# Rules


def test_there_is_a_rule_for_each_script():
    assert set(RULES) == {path.stem for path in (ROOT / "scripts").glob("*.py")}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_all_that_it_should_in_the_houses_order(rule):
    parts = RULES[rule]
    assert list(parts) == [name for name in DIRECTIVES if name in parts]
    assert set(parts) >= NEEDED
    assert parts["script"] == f'"../../scripts/{rule}.py"'
    assert re.search(rf'\bcode=code\("{rule}\.py"[,)]', parts["params"])
    assert {"mem_mb", "runtime"} <= set(re.findall(r"^\s*(\w+)=", parts["resources"], re.MULTILINE))
    for directive, suffix in (("log", "log"), ("benchmark", "tsv")):
        folder = "logs" if directive == "log" else "timings"
        assert re.fullmatch(rf'"<results>/{folder}/{rule}(/\{{\w+\}})*\.{suffix}",?', parts[directive])
    assert re.findall(r"\{\w+\}", parts["log"]) == re.findall(r"\{\w+\}", parts["benchmark"])
    assert bool(re.search(r"\{\w+\}", parts["log"])) == ("wildcard_constraints" in parts)
