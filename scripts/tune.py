"""Search settings of the factorisation and of a model by validation songs; write the best as a config overlay."""

from pathlib import Path
from pkgutil import resolve_name

from coldwave.audio.digests import content_digests
from coldwave.exhibits.files import write_exhibit_figure, write_exhibit_table
from coldwave.files import read_table, write_table, write_text
from coldwave.job import run
from coldwave.tuning.figures import search_figure
from coldwave.tuning.outcome import about, overlay, saved_as, table_for_people
from coldwave.tuning.search import columns_of, search
from coldwave.tuning.trials import MEASURES, evaluator, search_data, search_space, start_of
from coldwave.wmf.chosen import read_chosen


def main(
    *,
    plays: Path,
    users: Path,
    split: Path,
    found: Path,
    trials: Path,
    markdown: Path,
    csv: Path,
    figure: Path,
    options: dict,
    cache: Path,
    state: dict = None,
    chosen: Path = None,
    features: Path = None,
    index: Path = None,
    log_mels: list[Path] = (),
    threads: int = 1,
) -> None:
    """``options``: tuning, wmf and model (settings), name (of the model), teacher (the module that teaches its kind),
    cutoff, seed, data (a sentence).

    ``state`` is the digests of the code. Saved trials are continued if it, the options and the inputs are the same.
    """
    tuning, model, seed = options["tuning"], options["model"], options["seed"]
    wmf = options["wmf"] | read_chosen(chosen)
    read = [path for path in (plays, split, chosen, features, index, *log_mels) if path]
    saved = saved_as(options, state, content_digests(map(str, read), cache, threads), cache)
    data = search_data(read_table(plays), read_table(split), len(read_table(users, ["user"])))
    teach = resolve_name(options["teacher"]).teacher(data, features, index, log_mels, seed, threads)
    space = search_space(tuning, wmf, model)
    evaluate = evaluator(data, teach, tuning["measure"], wmf, model, options["cutoff"], seed, threads)
    table = search(evaluate, space, start_of(space, wmf, model), tuning["trials"], seed, saved, tuning["minutes"])

    measure = MEASURES[tuning["measure"]].name
    write_table(trials, table, columns_of(space))
    write_text(csv, table.write_csv())
    text = about(table, options["name"], measure)
    write_exhibit_table(markdown, "Settings tried", [options["data"], text], table_for_people(table, measure), left=0)
    logarithmic = {name: values.get("log", False) for name, values in space.items()}
    caption = f"{text} Orange: the settings before the search. Ring: the best."
    write_exhibit_figure(figure, search_figure(table, logarithmic, f"{measure}, validation", text), caption)
    write_text(found, overlay(table, options["name"], text))


run(main)
