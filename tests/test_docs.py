"""README and docs/: links lead somewhere, every page can be reached, and what the pages name is there."""

import ast
import fnmatch
import re
from pathlib import Path

import pytest

from coldwave.command.cli import main
from workflow.kinds import names_of

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "config/README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {page: page.read_text(encoding="utf-8") for page in PAGES}
PROSE = {page: re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE) for page, text in TEXT.items()}
WHOLE = "\n".join(TEXT.values())
SPANS = set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", "\n".join(PROSE.values())))
RULES = {
    name
    for file in [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
    for name in re.findall(r"^ *(?:(?:rule|checkpoint)|use rule \w+ as) (\w+)", file.read_text(), re.MULTILINE)
}


def links(page):
    """Targets of the links and pictures of a page, without those of the web."""
    found = re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", PROSE[page])
    return [target for pair in found for target in pair if target and not target.startswith("http")]


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", PROSE[page], re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def linked(page, target):
    """The file and the anchor that a link leads to."""
    path, _, anchor = target.partition("#")
    return ((page.parent / path).resolve() if path else page), anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in links(page):
        file, anchor = linked(page, target)
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [README]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        found = {linked(page, target)[0] for target in links(page)}
        waiting += [file for file in found - reached if file.suffix == ".md"]
    assert reached == set(PAGES)


def test_the_readme_is_short():
    assert len(TEXT[README].splitlines()) <= 150


def test_make_targets_that_are_named_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", WHOLE, re.MULTILINE))
    assert {"demo", "test", "pages"} <= named <= targets


def test_commands_that_are_named_exist(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"^ {2}(\w+) ", capsys.readouterr().out, re.MULTILINE))
    named = set(re.findall(r"(?:bin/|`)coldwave (\w+)", WHOLE))
    assert {"results", "repeat", "compare"} <= named <= known


def test_targets_of_snakemake_that_are_named_are_rules():
    named = set(re.findall(r"snakemake .*-- (\w+)", WHOLE))
    assert {"tune", "predict_new"} <= named <= RULES


def test_the_table_of_stages_names_every_rule_and_no_other():
    rows = re.findall(r"^\| [\w() ]+ \| (`.*?) \| .+ \|$", TEXT[ROOT / "docs/files.md"], re.MULTILINE)
    patterns = re.findall(r"`([\w*]+)`", " ".join(rows))
    for pattern in patterns:
        assert fnmatch.filter(RULES, pattern), pattern
    left = {rule for rule in RULES if not any(fnmatch.fnmatch(rule, pattern) for pattern in patterns)}
    assert left == {"all"}


def test_every_preset_is_told_and_no_other():
    presets = {path.stem for path in (ROOT / "presets").glob("*.yaml")}
    assert presets <= SPANS
    assert set(re.findall(r"presets/([\w-]+)\.yaml", WHOLE)) <= presets


def test_every_kind_of_model_has_a_row():
    rows = re.findall(r"^\| `(\w+)` \|", TEXT[ROOT / "docs/models.md"], re.MULTILINE)
    assert set(names_of()) <= set(rows)


def test_files_of_the_project_that_are_named_exist():
    folders = "benchmarks|envs|presets|profiles|scripts|tests|workflow"
    named = {span for span in SPANS if re.fullmatch(rf"(?:{folders})/[\w./-]+", span)}
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_tests_that_are_named_exist():
    named = sorted(span for span in SPANS if "::" in span)
    assert len(named) > 20
    for test in named:
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
