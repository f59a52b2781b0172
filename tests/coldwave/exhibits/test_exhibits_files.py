"""Exhibits: written to be read where they lie, and safe to put on the page whatever their words are."""

from xml.etree import ElementTree

import pytest

from coldwave.errors import InputError
from coldwave.exhibits.files import read_exhibit, write_exhibit_figure, write_exhibit_table
from coldwave.report import figures
from coldwave.report.page import divide

HOSTILE = '<img src=x onerror="alert(1)"> [a](javascript:alert(1)) *b* | \n`c` \\'


def test_a_table_holds_its_words_as_they_are(tmp_path):
    path = tmp_path / "table.md"
    write_exhibit_table(path, "Title", [HOSTILE, None], {"song": [HOSTILE, "x"], "n": ["1", "2"]}, 1, [HOSTILE])
    lines = path.read_text().splitlines()
    assert lines[0] == "# Title"
    assert len({len(line) for line in lines if line.startswith("|")}) == 1, "the table lines up"
    exhibit = read_exhibit(path)
    assert (exhibit.title, exhibit.figure) == ("Title", False)
    tree = ElementTree.fromstring(f"<div>{exhibit.markup}</div>")
    assert {element.tag for element in tree.iter()} <= {
        "div",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
    }
    words = " ".join(HOSTILE.split())
    assert [cell.text.strip() for cell in tree.iter("td")][:2] == [words, "1"]
    assert tree.find("p").text == words


def test_a_figure_stands_alone_and_comes_back_as_it_was_drawn(tmp_path):
    path = tmp_path / "figure.svg"
    svg = figures.lines({"a": [([1, 2], [3, 4])]}, [(1, 3)], "x", "y", "From 3 to 4 & <more>")
    write_exhibit_figure(path, svg, "A <caption> & more")
    root = ElementTree.parse(path).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}title").text == "A <caption> & more"
    exhibit = read_exhibit(path)
    assert (exhibit.title, exhibit.figure) == ("A <caption> & more", True)
    assert exhibit.markup.strip() == svg.strip()


@pytest.mark.parametrize(("name", "text"), [("a.md", "no title"), ("a.svg", "<svg></svg>"), ("a.txt", "# Title\n")])
def test_other_files_are_refused(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=f"{name}: not an exhibit"):
        read_exhibit(tmp_path / name)
    with pytest.raises(InputError, match=r"gone\.md: cannot be read"):
        read_exhibit(tmp_path / "gone.md")


def test_exhibits_are_divided_among_the_headings_in_order():
    assert divide("abc", {"one": 2, "none": 0, "two": 1}) == {"one": ["a", "b"], "none": [], "two": ["c"]}
