"""The report of a run: one self-contained HTML page.

The page holds no time and no path of the machine, so that the same results give the same bytes.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import jinja2
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.differences import Comparison
from coldwave.evaluation.models import Model
from coldwave.evaluation.recommendation import Trained, cutoff_of, notes
from coldwave.evaluation.table_of_measures import LED_BY_COMPARED
from coldwave.evaluation.where_text import statement
from coldwave.exhibits.files import Exhibit, read_exhibit
from coldwave.report.data import Data, audio_failures, audio_statuses, counts, parts, rejected_reasons
from coldwave.report.lead import lead
from coldwave.report.results import finding, result_figures, results, shares
from coldwave.report.song_map import Places, song_map
from coldwave.report.training import Curve, training_figures
from coldwave.shown import printable

TEMPLATES = Path(__file__).resolve().parents[3] / "workflow" / "report"
PAGE, STYLE, SCRIPTS = "page.html.j2", "page.css", ("page.js", "map.js")


def render(
    *,
    run: str,
    about: Sequence[str],
    config: str,
    table: pl.DataFrame,
    comparison: Comparison,
    where: pl.DataFrame,
    models: Mapping[str, Model],
    kind_notes: Sequence[str],
    trained: Sequence[Trained],
    curves: Sequence[Curve],
    objective: pl.DataFrame,
    data: Data,
    places: Places,
    sections: Mapping[str, Sequence[Path]],
    listen: Mapping | None = None,
    excerpts: Mapping[int, bytes] | None = None,
    templates: Path = TEMPLATES,
) -> str:
    """Build the page.

    Parameters
    ----------
    run, about, config
        The run's name, sentences about its data and protocol, its configuration as text.
    table
        The table of the recommendation experiment.
    comparison
        What is known of differences between its models.
    where
        Where each model earns its AUC (``coldwave.evaluation.where``).
    models, kind_notes
        What is shown of each model of the table, and how to read the rows of some kinds.
    trained
        Scores by model and seed; the columns ``ap`` and ``auc`` are enough.
    curves
        Learning curves; of a network (``epoch``, ``train_loss``, ``validation_loss``, ``best``) or of ridge
        regression (``strength``, ``train_mse``, ``left_out_mse``, ``best``). Others are not drawn.
    objective
        ``iteration`` and ``objective`` of the matrix factorisation.
    sections
        More exhibits (see ``coldwave.exhibits.files``) under each heading, in order.
    listen
        What ``listen.html.j2`` shows as ``listen``; None if the page has no songs to listen to.
    excerpts
        MP3 by song, each put into the page once. Any ``<button class="play" data-song="17">`` plays that of song 17.
    templates
        The folder of the templates, the style sheet and the script.

    Raises
    ------
    InputError
        A template is missing or not valid, or a file is not an exhibit.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    found = finding(table, models, comparison.differences)
    shown = {
        heading: [_reachable(read_exhibit(path, about)) for path in paths]
        for heading, paths in sections.items()
        if paths
    }
    mapped = song_map(places, data.songs, excerpts or {})
    drawn = training_figures(objective, curves)
    values = {
        "run": run,
        "about": [sentence for sentence in about if sentence],
        "config": config,
        "models": results(table, models),
        "titles": [one.title_at(cutoff_of(table)) for one in LED_BY_COMPARED] + list(shares(table).values()),
        "size": table.row(0, named=True),
        "notes": notes(table, kind_notes),
        "finding": found,
        "where": statement(where, found["model"]) if found else None,
        "result_figures": result_figures(table, models, trained, comparison.intervals),
        "training_figures": drawn,
        "lead": lead(found),
        "contents": contents(shown, bool(listen), mapped is not None, bool(drawn)),
        "map": mapped,
        "map_figure": places.figure,
        "map_words": places.words,
        "sections": [(anchor(heading), heading, exhibits) for heading, exhibits in shown.items()],
        "listen": listen,
        "excerpts": {song: base64.b64encode(sound).decode() for song, sound in (excerpts or {}).items()},
        "counts": counts(data),
        "parts": parts(data.split, data.plays),
        "rejected": rejected_reasons(data.rejected),
        "audio": [] if data.audio is None else audio_statuses(data.audio),
        "failures": [] if data.audio is None else audio_failures(data.audio, data.songs),
    }
    try:
        style, *scripts = (environment.loader.get_source(environment, name)[0] for name in (STYLE, *SCRIPTS))
        script = "".join(scripts)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        values |= {"style": style, "script": script, "script_hash": f"sha256-{digest}"}
        return environment.get_template(PAGE).render(values)
    except jinja2.TemplateError as error:
        name = getattr(error, "name", None) or PAGE
        raise InputError(f"{templates / name}: not a valid template ({error})") from error


def contents(headings: Sequence[str], listen: bool, map: bool, training: bool) -> list[tuple[str, str]]:
    """List the sections of the page in order: the anchor and the title of each."""
    shown = [("results", "Results")]
    shown += [("listen", "Listen")] * listen + [("map", "Map of songs")] * map
    shown += [(anchor(heading), heading) for heading in headings]
    shown += [("data", "Data"), *[("training", "Training")] * training, ("configuration", "Configuration")]
    return shown


def anchor(heading: str) -> str:
    """Make the anchor of a section of exhibits from its heading."""
    return "-".join(heading.lower().split())


def divide(exhibits: Sequence[Path], sizes: Mapping[str, int]) -> dict[str, list[Path]]:
    """Put exhibits under headings, in order; ``sizes`` says how many belong under each heading."""
    left = iter(exhibits)
    return {heading: [next(left) for _ in range(size)] for heading, size in sizes.items()}


def _reachable(exhibit: Exhibit) -> Exhibit:
    """Let the keyboard reach tables that may have to be scrolled."""
    region = f'<div class="scroll" role="region" aria-label="{escape(printable(exhibit.title))}" tabindex="0">'
    return exhibit._replace(markup=exhibit.markup.replace('<div class="scroll">', region))


def _shown(value: object) -> object:
    """Make text printable before the template inserts it; markup already is."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
