"""TREC runs: read back by a parser and by tools, they give the measures of the run's tables."""

import shutil
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest
from odd_runs import CUTOFF, scores_of

import coldwave
from coldwave.errors import InputError
from coldwave.evaluation.lists import tie_order
from coldwave.export.asked import Asked
from coldwave.export.trec import export
from coldwave.use.run import Run
from tests.coldwave.use.small_runs import MODELS, NO_AUDIO, SEED, write_run


@pytest.fixture(scope="module")
def exported(odd_run, tmp_path_factory):
    """The folder of the files."""
    out = tmp_path_factory.mktemp("trec")
    written = export(odd_run, Asked(out)).files
    assert {one.path for one in written} == {path for path in out.iterdir()}
    for one in written:
        assert one.path.read_bytes().count(b"\n") == one.rows
    return out


def read_qrels(path):
    found = defaultdict(set)
    for line in path.read_text().splitlines():
        user, zero, song, relevance = line.split()
        assert (zero, relevance) == ("0", "1")
        found[user].add(song)
    return dict(found)


def read_run(path, tag):
    found = defaultdict(list)
    for line in path.read_text().splitlines():
        user, q0, song, rank, score, name = line.split(" ")
        assert (q0, name) == ("Q0", tag)
        found[user].append((song, float(score)))
        assert int(rank) == len(found[user])
    return dict(found)


def ap_and_auc(ranking, relevant, cutoff):
    """Average precision over random orders of ties, sampled exactly by pairs, and AUC."""
    scores = dict(ranking)
    assert len(scores) == len(ranking)
    places = {song: (sum(s > scores[song] for s in scores.values()), sum(s == scores[song] for s in scores.values()))
              for song in scores}  # fmt: skip
    total = 0.0
    for song in relevant:  # E[precision at its place], and its place is uniform within its tie
        above, tied = places[song]
        before = sum(places[other][0] < above for other in relevant)
        beside = sum(places[other][0] == above for other in relevant) - 1
        for place in range(tied):
            if above + place < cutoff:
                total += (before + 1 + (beside * place / (tied - 1) if tied > 1 else 0)) / (above + place + 1) / tied
    others = [score for song, score in ranking if song not in relevant]
    pairs = [(scores[song] > other) + (scores[song] == other) / 2 for song in relevant for other in others]
    return total / min(cutoff, len(relevant)), np.mean(pairs) if pairs else None


@pytest.mark.parametrize("model", MODELS)
def test_the_files_give_the_measures_of_the_tables(odd_folder, exported, model):
    qrels, ranking = read_qrels(exported / "qrels"), read_run(exported / f"{model}.{SEED}.run", f"{model}-{SEED}")
    users = pl.read_parquet(odd_folder / "plays/users.parquet")["user_id"]
    expected = scores_of(odd_folder, model).users
    assert [unquote(user) for user in ranking] == users.gather(expected["user"]).to_list()
    assert list(qrels) == list(ranking)
    found = [ap_and_auc(ranking[user], qrels[user], CUTOFF) for user in ranking]
    assert [ap for ap, _ in found] == pytest.approx(expected["ap"].to_list(), abs=1e-12)
    assert [auc for _, auc in found] == pytest.approx(expected["auc"].to_list(), abs=1e-12)
    table = pl.read_parquet(odd_folder / "tables/recommendation.parquet").row(
        by_predicate=pl.col("model") == model, named=True
    )
    assert np.mean([ap for ap, _ in found]) == pytest.approx(table[f"map_{CUTOFF}"])
    assert np.mean([auc for _, auc in found]) == pytest.approx(table["auc"])


def test_qrels_are_the_test_plays(exported, plays_by_part):
    found = {(unquote(user), unquote(song)) for user, songs in read_qrels(exported / "qrels").items() for song in songs}
    assert found == {(user, song) for user, song, _ in plays_by_part["test"]}


@pytest.mark.parametrize("model", ["linear", "random"])
def test_scores_and_their_order_are_those_of_the_run(odd_folder, odd_run, exported, model):
    ids = odd_run.songs["song_id"].to_list()
    test = np.flatnonzero((pl.read_parquet(odd_folder / "split/split.parquet")["part"] == "test").to_numpy())
    place = {ids[test[song]]: place for place, song in enumerate(tie_order([ids[song] for song in test]))}
    ties = 0
    for user, ranking in read_run(exported / f"{model}.{SEED}.run", f"{model}-{SEED}").items():
        songs = [unquote(song) for song, _ in ranking]
        assert sorted(songs) == sorted(place)
        known = odd_run.scores(unquote(user), model=model, by="sound")
        scores = np.array([known[ids.index(song)] for song in songs])
        assert [score for _, score in ranking] == pytest.approx(scores, rel=1e-5, abs=1e-5, nan_ok=True)
        for (one, above), (other, below) in pairwise(ranking):
            assert above > below or (above == below and place[unquote(one)] < place[unquote(other)])
            ties += above == below
    assert ties, "songs tie in this run"


def test_songs_without_a_prediction_come_last_and_tie(tmp_path, odd_folder, odd_run):
    """The song without audio is a test song here."""
    assert np.isnan(odd_run.files.array(f"predictions/linear/{SEED}.npy")[NO_AUDIO]).all()
    folder = shutil.copytree(odd_folder, tmp_path / "run")
    split = pl.read_parquet(folder / "split/split.parquet")
    lacking = split.with_columns(part=pl.when(song=NO_AUDIO).then(pl.lit("test")).otherwise("part"))
    lacking.write_parquet(folder / "split/split.parquet")
    export(coldwave.load(folder), Asked(tmp_path / "out", "linear"))
    last = odd_run.songs["song_id"][NO_AUDIO]
    for ranking in read_run(tmp_path / f"out/linear.{SEED}.run", f"linear-{SEED}").values():
        assert unquote(ranking[-1][0]) == last
        assert ranking[-1][1] < ranking[-2][1] - 0.99


def test_one_model_the_first_songs_and_what_is_not_there(odd_run: Run, tmp_path):
    files = export(odd_run, Asked(tmp_path, "knn", n=3)).files
    assert [one.path.name for one in files] == ["qrels", f"knn.{SEED}.run"]
    assert {len(ranking) for ranking in read_run(files[1].path, f"knn-{SEED}").values()} == {3}
    with pytest.raises(InputError, match="has no model 'cnn'; it has random, knn"):
        export(odd_run, Asked(tmp_path, "cnn"))
    with pytest.raises(InputError, match="nothing was trained with seed 9; the run has seeds 3"):
        export(odd_run, Asked(tmp_path, seed=9))


@pytest.fixture(scope="module")
def without_ties(tmp_path_factory):
    """Files of a run in which no songs tie, because tools order those that do in ways of their own; and its mAP."""
    folder = write_run(tmp_path_factory.mktemp("untied") / "run", models={"random": MODELS["random"]})
    out = folder / "export"
    export(coldwave.load(folder), Asked(out))
    return str(out / "qrels"), str(out / f"random.{SEED}.run"), scores_of(folder, "random").users["ap_relevant"].mean()


def test_ranx_reads_them(without_ties):
    ranx = pytest.importorskip("ranx", reason="ranx is not installed (benchmarks/requirements.txt)")
    qrels, run, expected = without_ties
    found = ranx.evaluate(ranx.Qrels.from_file(qrels, kind="trec"), ranx.Run.from_file(run, kind="trec"), "map")
    assert found == pytest.approx(expected, abs=1e-9)


def test_ir_measures_reads_them(without_ties):
    measures = pytest.importorskip("ir_measures", reason="ir-measures is not installed")
    qrels, run, expected = without_ties
    files = measures.read_trec_qrels(qrels), measures.read_trec_run(run)
    assert measures.calc_aggregate([measures.AP], *files)[measures.AP] == pytest.approx(expected, abs=1e-4)


def test_pytrec_eval_reads_them(without_ties):
    tool = pytest.importorskip("pytrec_eval", reason="pytrec_eval is not installed")
    qrels, run, expected = without_ties
    with Path(qrels).open() as file, Path(run).open() as other:
        found = tool.RelevanceEvaluator(tool.parse_qrel(file), {"map"}).evaluate(tool.parse_run(other))
    assert np.mean([user["map"] for user in found.values()]) == pytest.approx(expected, abs=1e-9)
