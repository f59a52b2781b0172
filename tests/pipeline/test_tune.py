"""The target `tune` of the tiny run: nothing else asks for it, and the next run takes what it has found."""

import polars as pl
import yaml

SEARCH = {"tuning": {"model": "linear", "trials": 4, "wmf": {"factors": {"choices": [2, 4, 6]}}}}


def test_the_search_ends_in_a_config_that_the_next_run_takes(tiny, tmp_path):
    place = tiny.copy(tmp_path / "copy")
    assert place.make(targets=["tune"], overlay=SEARCH).done == ["tune"]
    trials = place.table("tables/tuning.parquet")
    assert trials["value"].null_count() == 0
    start = trials.row(0, named=True)
    assert (start["wmf.factors"], start["wmf.regularization"]) == (4, 0.1), "the config's settings come first"
    assert (place.results / "tables/tuning.md").read_text().startswith("# Settings tried\n")
    assert (place.results / "figures/tuning.svg").read_text().startswith("<svg")

    found = yaml.safe_load((place.results / "tuning/overlay.yaml").read_text())
    best = trials.sort("value", "trial", descending=[True, False]).row(0, named=True)
    assert found == {"wmf": {name.removeprefix("wmf."): best[name] for name in trials.columns[4:]}}

    assert place.make(targets=["tune"], overlay=SEARCH).done == []
    (place.results / "tuning/overlay.yaml").unlink()
    assert place.make(targets=["tune"], overlay=SEARCH).done == ["tune"]
    assert place.table("tables/tuning.parquet").equals(trials), "trials are saved, and not made twice"

    planned = place.plan(overlay=found)
    assert planned.get("factorise_plays", 0) == (best["trial"] != 0)
    assert not {"tune", "extract_log_mel", "learn_codebook", "read_plays"} & set(planned)
    assert pl.read_parquet(next((place.folder / "cache/tuning").glob("*.parquet"))).equals(trials)
