"""The report page: what it says, that it stands alone, and that nothing in it is markup from the data."""

import re
import shutil

import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.evaluation.models import PREDICTIONS, Model
from coldwave.evaluation.recommendation import Trained, recommendation_table
from coldwave.evaluation.where import SCHEMA as WHERE
from coldwave.exhibits.files import write_exhibit_figure, write_exhibit_table
from coldwave.report.data import audio_failures, parts, rejected_reasons
from coldwave.report.figures import lines
from coldwave.report.page import TEMPLATES
from coldwave.report.results import finding
from coldwave.report.training import Curve
from tests.coldwave.report.made_up import HOSTILE, MODELS, Elements, comparison, data, network_curve, page, scores

SCRIPTS = [{"type": "application/json", "id": "map-songs"}, {}]  # of the page itself


@pytest.fixture(scope="module")
def html():
    return page()


@pytest.fixture(scope="module")
def elements(html):
    return Elements(html)


def test_it_says_what_the_run_is_and_found(elements):
    text = " ".join(" ".join(elements.words).split())
    for expected in ("Synthetic demo world.", "Strict protocol.", "cnn_mse has the highest AUC, 0.720: of two test",
                     "better than chance (0.500)", "cnn_mse is 55.0 % of the way", "chance, the floor", "bad count",
                     "Some kinds are explained.", "3 users have played no test song", "1,005"):  # fmt: skip
        assert expected in text


def test_nothing_from_the_data_is_markup(html, elements):
    assert elements.named("script") == SCRIPTS and not elements.named("img")
    assert html.count("&lt;script&gt;") >= 3
    assert HOSTILE not in html


def test_nothing_unseen_is_on_the_page_and_long_titles_are_cut():
    tables = data()
    odd = "\x1b[2J\u202eeltit\x00\x9b" + "x" * (1 << 20)
    songs = tables.songs.with_columns(title=pl.lit(odd), artist=pl.lit(odd))
    reasons = tables.rejected.with_columns(source=pl.lit("a\x1bb"))
    html = page(data=tables._replace(songs=songs, rejected=reasons), run="r\u202eun", config="a: \x07\nb: 1\n\tc")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    for words in ("\\x1b[2J\\u202eeltit\\x00\\x9bxxx", "a\\x1bb", "r\\u202eun", "a: \\x07\nb: 1\n\tc"):
        assert words in html
    assert max(map(len, html.split())) < 100_000


def test_a_hostile_model_name_is_not_markup_in_figures_either():
    name = HOSTILE + "$x$"
    trained = [Trained(name, 1, scores(0.6))]
    models = {name: MODELS["cnn_mse"]}
    table = recommendation_table(trained, models, 5, 500)
    html = page(
        table=table,
        models=models,
        trained=trained,
        curves=[Curve(name, 1, network_curve(2))],
        run=HOSTILE,
        config=HOSTILE,
    )
    found = Elements(html)
    assert found.named("script") == SCRIPTS and not found.named("img")
    assert name in map(str.strip, found.words)  # the table has the whole name, a figure its beginning
    assert name[:19] + "…" in found.words


def test_it_stands_alone(html, elements):
    assert "http" not in html.replace("http-equiv", "")
    assert "url(" not in re.sub(r"url\(#\w+\)", "", html)
    for tag, attributes in elements.elements:
        assert tag not in ("link", "iframe", "object")
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith("#")


def test_the_same_results_give_the_same_bytes(html):
    assert page() == html


def test_it_can_be_read_aloud(elements):
    images = elements.named("svg")
    assert [image["role"] for image in images].count("img") == 7 and len(images) == 8  # and the map to look up songs on
    assert all(image["aria-label"] for image in images)
    assert all(cell["scope"] in ("col", "row") for cell in elements.named("th"))
    assert len(elements.named("table")) == len(elements.named("caption"))
    assert elements.named("html")[0]["lang"] == "en"


def test_ids_are_unique_and_every_reference_has_one(html, elements):
    ids = [attributes["id"] for _, attributes in elements.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#(\w+)\)", html)) | {use["href"][1:] for use in elements.named("use")} <= set(ids)


def test_figures_take_their_colours_from_the_page(html):
    svg = " ".join(re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))
    assert not re.findall(r"(?:fill|stroke): #\w+", svg)
    assert {"--ink", "--muted", "--accent", "--second"} <= set(re.findall(r"var\((--\w+)\)", svg))


def test_every_label_is_plain_text(html):
    shown = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert "$" not in shown and "mathdefault" not in shown


def test_failures_are_listed_up_to_fifty():
    html = page(data=data(failures=60))
    assert "the first 50 of 60" in html
    assert len(audio_failures(data(60).audio, data(60).songs)) == 50


def test_little_data_still_makes_a_page():
    whole = data(0)
    models = {"random": MODELS["random"]}
    none = pl.Series("auc", [None, None], dtype=pl.Float64)
    trained = [Trained("random", 1, scores(0.5).with_columns(none))]
    html = page(
        table=recommendation_table(trained, models, 2, 500), trained=trained, curves=[],
        objective=pl.DataFrame(schema={"iteration": pl.Int64, "objective": pl.Float64}),
        data=whole._replace(rejected=whole.rejected.clear()), about=[],
    )  # fmt: skip
    assert "Every song has usable audio" in html
    assert "No line of the input was set aside" in html
    assert "Training" not in html
    Elements(html)


def test_numbers_of_the_data():
    tables = data()
    assert parts(tables.split, tables.plays) == [
        {"part": "train", "songs": 1, "pairs": 2, "plays": 5},
        {"part": "validation", "songs": 2, "pairs": 0, "plays": 0},
        {"part": "test", "songs": 1, "pairs": 1, "plays": 1000},
    ]
    assert rejected_reasons(tables.rejected)[0] == {"source": "a.txt", "reason": "bad count", "lines": 2}


def test_no_finding_without_a_model_that_hears():
    trained, differences = [Trained("random", 1, scores(0.5))], comparison().differences
    assert finding(recommendation_table(trained, {"random": MODELS["random"]}, 2, 500), MODELS, differences) is None
    models = {"names": Model("names", 2), "fame": Model("popularity", 4)}
    models["both"] = Model("names + audio", 3, hears=PREDICTIONS)
    table = recommendation_table([Trained(name, 1, scores(0.7)) for name in models], models, 2, 500)
    assert finding(table, models, differences)["model"] == "both"
    assert finding(table.filter(pl.col("kind") != "names + audio"), models, differences) is None


def test_the_lead_names_all_audio_models_that_are_not_told_apart():
    assert "It can be told apart from every other audio model." in " ".join(page().split())
    text = " ".join(page(comparison=comparison(("linear", "cnn_mse"), ("usage", "cnn_mse"))).split())
    assert "cannot be told apart from linear." in text
    assert "not told apart from what the songs&#39; own plays would give (0.900)" in text
    assert "It can be told apart" not in text


def test_a_broken_template_is_named(tmp_path):
    shutil.copytree(TEMPLATES, tmp_path, dirs_exist_ok=True)
    (tmp_path / "map.html.j2").write_text("{% if %}")
    with pytest.raises(InputError, match="map.html.j2: not a valid template"):
        page(templates=tmp_path)
    (tmp_path / "page.css").unlink()
    with pytest.raises(InputError, match="page.css: not a valid template"):
        page(templates=tmp_path)


def test_exhibits_are_under_their_headings(tmp_path):
    write_exhibit_table(tmp_path / "a.md", "A title", ["About it."], {"song": [HOSTILE]}, 1)
    write_exhibit_figure(tmp_path / "a.svg", lines({"a": [([1, 2], [3, 4])]}, [], "x", "y", "alt"), "A caption")
    html = page(sections={"Songs": [tmp_path / "a.svg", tmp_path / "a.md"], "Empty": []})
    elements = Elements(html)
    for words in ("Songs", "A title", "About it.", "A caption", HOSTILE):
        assert words in " ".join(elements.words)
    assert "Empty" not in html


def test_what_the_page_says_at_its_top_is_not_said_again_in_each_table(tmp_path):
    write_exhibit_table(tmp_path / "a.md", "A title", ["Synthetic demo world.", "About it."], {"song": ["x"]}, 1)
    html = page(about=["Synthetic  demo world."], sections={"Songs": [tmp_path / "a.md"]})
    assert " ".join(html.split()).count("Synthetic demo world.") == 1
    assert "About it." in html


def test_the_first_paragraph_says_where_the_best_model_earns_its_auc():
    interval = {"lead": 0.2, "lead_low": 0.1, "lead_high": 0.3}
    row = {"by": "all", "pairs": "all", "share": 1.0, "model": "cnn_mse", "reference": "linear", **interval}
    html = page(where=pl.DataFrame([row], schema=WHERE))
    first = html[html.index('<section id="results"') : html.index("<table>")]
    assert "cnn_mse is ahead of linear by AUC, 0.200 (0.100 to 0.300)." in first
