"""What one run of the whole workflow has made, against the data contracts and arithmetic of its own."""

import base64
import io
import json
import re
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score
from snakemake.utils import update_config

from coldwave.command.cli import main
from coldwave.evaluation.differences import DIFFERENCES, INTERVALS
from coldwave.evaluation.further import schema as ranking_schema
from coldwave.evaluation.plays_worth import CURVE, WORTH
from coldwave.evaluation.published import SCHEMA as PUBLISHED
from coldwave.evaluation.scores import SONG_SCORES
from coldwave.evaluation.strata import SCHEMA as STRATA
from coldwave.evaluation.where import SCHEMA as WHERE
from coldwave.examples.tables import EXCERPTS, PLAYED, RECOMMENDED, SIMILAR
from coldwave.examples.tables import MODELS as EXAMPLE_MODELS
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import fit_names
from coldwave.provenance.comparison import STAGES
from coldwave.wmf.gram import score_metric
from workflow.settings import check

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).with_name("tiny.yaml")
SEED, CUTOFF = 3, 3
MODELS = [
    "random", "mean", "names", "knn", "mlr", "linear", "mlp", "names_and_linear", "cnn_mse", "cnn_wpe", "popularity",
    "perfect_ear", "usage", "usage_in_sample",
]  # fmt: skip
LEARNT = ["mlr", "linear", "names_and_linear", "mlp", "cnn_mse", "cnn_wpe"]  # with weights
OWN_USERS = ("random", "knn", "mlr", "popularity", "usage")
FACTORS = [model for model in MODELS if model not in OWN_USERS]  # predicted, for WMF's users
SHARDS = ["000", "001"]
COMPARISON = ["ranking", "published", "differences", "strata", "where", "plays_worth"]
SIZES = {"songs": 40, "users": 80, "factors": 4, "words": 32, "bands": 128, "coefficients": 39}

U32, U64, I32, I64, F32, F64 = pl.UInt32, pl.UInt64, pl.Int32, pl.Int64, pl.Float32, pl.Float64
TEXT, TEXTS = pl.String, pl.List(pl.String)
STATUS = {"start": I64, "frames": I32, "seconds": F32, "status": TEXT, "detail": TEXT}
MEASURES = [f"map_{CUTOFF}", f"map_{CUTOFF}_relevant", "auc"]
FIRST_SONGS = dict.fromkeys(
    [
        *(f"{name}_{length}" for length in (10, 50) for name in ("precision", "recall", "ndcg")),
        "reciprocal_rank", "artist_diversity", "novelty",
    ],
    F64,
)  # fmt: skip
TABLES = {
    "plays/plays": {"user": U32, "song": U32, "count": U32},
    "plays/users": {"user": U32, "user_id": TEXT, "songs": U32, "plays": U64},
    "plays/songs": {
        "song": U32, "song_id": TEXT, "title": TEXT, "artist": TEXT, "album": TEXT, "date": TEXT,
        "tags": TEXTS, "audio": TEXT, "recording_mbid": TEXT, "track_mbid": TEXT, "isrc": TEXT, "seconds": F64,
        "users": U32, "plays": U64,
    },
    "plays/rejected": {"source": TEXT, "line": U64, "reason": TEXT, "text": TEXT},
    "split/split": {"song": U32, "part": TEXT},
    "report/played": PLAYED,
    "report/recommended": RECOMMENDED,
    "report/similar": SIMILAR,
    "report/models": EXAMPLE_MODELS,
    "report/excerpts": EXCERPTS,
    "wmf/objective": {"iteration": U32, "objective": F64, "seconds": F64},
    "audio/index": {"song": U32, "shard": TEXT, **STATUS},
    **{f"audio/manifests/{shard}": {"song_id": TEXT, "audio": TEXT, "digest": TEXT} for shard in SHARDS},
    **{f"audio/log_mel/{shard}": {"song_id": TEXT, **STATUS} for shard in SHARDS},
    **{f"bow/counts/{shard}": {"song_id": TEXT, "word": U32, "count": U32} for shard in SHARDS},
    f"models/mlr/{SEED}": {
        "strength": F64, "iteration": U32, "slack": F64, "risk": F64, "validation_auc": F64, "best": pl.Boolean,
    },
    f"models/linear/{SEED}": {
        "strength": F64, "train_mse": F64, "left_out_mse": F64, "directions": U32, "best": pl.Boolean,
    },
    **{
        f"models/{model}/{SEED}": {
            "epoch": U32, "train_loss": F64, "validation_loss": F64, "learning_rate": F64, "seconds": F64,
            "best": pl.Boolean,
        }
        for model in ("mlp", "cnn_mse", "cnn_wpe")
    },
    **{
        f"scores/{model}/{SEED}": {
            "user": U32, "relevant": U32, "ap": F64, "ap_relevant": F64, "auc": F64, "songs": U32, "missing": U32,
            **FIRST_SONGS,
        }
        for model in MODELS
    },
    "tables/leakage": dict.fromkeys(("check", "of", "result", "detail"), TEXT),
    "tables/recommendation": {
        "model": TEXT, "kind": TEXT, "seeds": U32,
        **{column: F64 for measure in MEASURES for column in (measure, f"{measure}_sd")},
        **dict.fromkeys(("gap_closed_map", "gap_closed_auc", "heard_map", "heard_auc"), F64),
        "users": U32, "users_without_test_plays": U32, "users_without_auc": U32, "songs": U32, "missing": U32,
    },
    "tables/warm": {
        "system": TEXT, f"map_{CUTOFF}": F64, "auc": F64, "recall_20": F64, "users": U32, "songs": U32, "plays": U64,
        "held_out": U64, "unreachable": U64,
    },
    "analysis/map": {"song": U32, "x": F64, "y": F64},
    "tables/tags": {
        "inputs": TEXT, "part": TEXT, "songs": U32, "tags": U32, "auc": F64, "auc_sd": F64, "paper": F64,
    },
    "tables/tags_by_tag": {
        "inputs": TEXT, "part": TEXT, "tag": TEXT, "songs": U32, "tagged": U32, "auc": F64, "auc_sd": F64,
    },
    "tables/factors": {
        "factor": U32, "variance": F64, "end": TEXT, "rank": U32, "artist": TEXT, "songs": U32, "loading": F64,
    },
    "tables/neighbours": {
        "vectors": TEXT, "query": U32, "query_id": TEXT, "rank": U32, "song": U32, "song_id": TEXT, "artist": TEXT,
        "title": TEXT, "cosine": F64,
    },
    "tables/neighbour_artists": {
        "vectors": TEXT, "queries": U32, "neighbours": U32, "same_artist": F64, "chance": F64, "artists": F64,
    },
    "tables/factor_fit": {
        "model": TEXT, "songs": U32, "missing": U32,
        **dict.fromkeys(("r2", "r2_lowest", "r2_median", "r2_highest", "slope", "cosine", "cosine_sd"), F64),
    },
    "tables/factor_r2": {"model": TEXT, "factor": U32, "r2": F64, "slope": F64},
    "tables/popularity_error": {
        "model": TEXT, "songs": U32,
        **dict.fromkeys(("share_of_factors", "share_of_scores", "bias", "correlation"), F64),
    },
}  # fmt: skip
TABLES |= {f"scores_by_song/{model}/{SEED}": SONG_SCORES for model in MODELS}
TABLES |= {
    "tables/ranking": ranking_schema([10, 50]), "tables/published": PUBLISHED, "tables/differences": DIFFERENCES,
    "tables/intervals": INTERVALS, "tables/strata": STRATA, "tables/where": WHERE,
    "tables/plays_worth": WORTH, "tables/plays_curve": CURVE,
}  # fmt: skip
ARRAYS = {
    "wmf/user_factors": (np.float32, ("users", "factors")),
    "wmf/song_factors": (np.float32, ("songs", "factors")),
    **{path: (np.bool_, ("songs",)) for path in ("wmf/fitted_songs", "bow/codebook_songs", "bow/pca_songs")},
    **{f"audio/log_mel/{shard}": (np.float16, (None, "bands")) for shard in SHARDS},
    "bow/codebook": (np.float32, ("words", "coefficients")),
    "bow/frame_scale": (np.float32, ("coefficients",)),
    "bow/pca_mean": (np.float32, ("words",)),
    "bow/pca_components": (np.float32, (None, "words")),
    "bow/features": (np.float32, ("songs", None)),
    f"predictions/random/{SEED}": (np.float32, ("songs", None)),
    f"predictions/random/{SEED}.users": (np.float32, ("users", None)),
    f"predictions/mlr/{SEED}": (np.float32, ("songs", None)),
    f"predictions/mlr/{SEED}.users": (np.float32, ("users", None)),
    f"predictions/knn/{SEED}": (np.float32, ("songs", None)),
    f"predictions/knn/{SEED}.users": (np.float32, ("users", None)),
    f"predictions/usage/{SEED}": (np.float32, ("songs", None)),
    f"predictions/usage/{SEED}.users": (np.float32, ("users", None)),
    f"predictions/popularity/{SEED}": (np.float32, ("songs", None)),
    f"predictions/popularity/{SEED}.users": (np.float32, ("users", None)),
    **{f"predictions/{model}/{SEED}": (np.float32, ("songs", "factors")) for model in FACTORS},
    **{f"scores_without_songs/{model}/{SEED}": (np.float64, (None, None, None)) for model in MODELS},
}
ANALYSED = ["tags", "tags_by_tag", "factors", "neighbours", "neighbour_artists", "factor_fit", "popularity_error"]
OTHERS = [
    "world/train_triplets.txt", "world/songs.csv", "world/truth.parquet", "tables/recommendation.md",
    "tables/recommendation.csv", "tables/warm.md", "tables/warm.csv", "report/index.html", "tables/leakage.md",
    "tables/leakage.csv", "provenance.json", "audio/settled",
    *(f"models/{model}/{SEED}.safetensors" for model in LEARNT), f"models/linear/{SEED}.left_out.npy",
    *(f"tables/{name}.{suffix}" for name in COMPARISON for suffix in ("md", "csv")),
    "figures/popularity_strata.svg", "figures/activity_strata.svg", "figures/plays_worth_auc.svg",
    "figures/plays_worth_map.svg",
    *(f"tables/{name}.md" for name in ANALYSED), *(f"tables/{name}.csv" for name in [*ANALYSED, "factor_r2"]),
    *(f"figures/{name}.svg" for name in ("map", "factor_fit", "confidence", "spectrograms", "filters")),
]  # fmt: skip


def config():
    """The default config with the tiny one laid over it, and all defaults."""
    merged = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(merged, yaml.safe_load(TINY.read_text()))
    return check(merged)


# The files


def test_every_file_of_the_contracts_and_no_other(tiny):
    named = {f"{path}.parquet" for path in TABLES} | {f"{path}.npy" for path in ARRAYS} | set(OTHERS)
    found = {path.relative_to(tiny.results).as_posix() for path in tiny.results.rglob("*") if path.is_file()}
    ours = {path for path in found if not path.startswith(("logs/", "timings/", "world/audio/"))}
    assert ours == named


@pytest.mark.parametrize("path", TABLES)
def test_columns_and_types_of(path, tiny):
    assert dict(tiny.table(f"{path}.parquet").schema) == TABLES[path]


@pytest.mark.parametrize("path", ARRAYS)
def test_type_and_shape_of(path, tiny):
    dtype, sizes = ARRAYS[path]
    array = np.load(tiny.results / f"{path}.npy", mmap_mode="r")
    assert array.dtype == dtype
    assert array.ndim == len(sizes)
    wanted = [SIZES.get(size, found) for size, found in zip(sizes, array.shape, strict=True)]
    assert list(array.shape) == wanted
    assert np.isfinite(array).all()  # every song of this world has audio


def test_rows_are_songs_and_users(tiny):
    assert tiny.table("plays/songs.parquet")["song"].to_list() == list(range(SIZES["songs"]))
    assert tiny.table("plays/users.parquet")["user"].to_list() == list(range(SIZES["users"]))
    assert tiny.table("split/split.parquet")["song"].to_list() == list(range(SIZES["songs"]))
    assert tiny.table("audio/index.parquet")["song"].to_list() == list(range(SIZES["songs"]))


def test_the_pca_has_the_features_width(tiny):
    assert tiny.array("bow/features.npy").shape[1] == len(tiny.array("bow/pca_components.npy"))


@pytest.mark.parametrize("model", LEARNT)
def test_weights_hold_the_settings_as_metadata(model, tiny):
    content = (tiny.results / f"models/{model}/{SEED}.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    settings = json.loads(header["__metadata__"]["coldwave"])
    for key, value in config()["models"][model].items():
        assert key == "kind" or settings[key] == value


def test_every_job_left_a_log_and_its_timing(tiny):
    logs, timings = (
        {path.relative_to(tiny.results / folder).with_suffix("") for path in (tiny.results / folder).rglob(pattern)}
        for folder, pattern in (("logs", "*.log"), ("timings", "*.tsv"))
    )
    assert logs == timings
    rules = {path.parts[0] for path in logs}
    not_needed = {"read_embeddings", "scale_embeddings", "tune"}  # no model takes an embedding, and nobody tunes
    not_needed |= {"read_scores", "read_vectors", "read_factors"}  # no predictions come from elsewhere
    not_needed |= {"train_contrastive", "predict_contrastive"}  # no model is of this kind
    not_needed |= {"learn_blend", "predict_blend"}  # tests/pipeline/test_blend.py has some
    not_needed |= {"fit_catalogue_attention", "predict_catalogue_attention"}  # test_attention.py has them
    not_needed |= {"encode_songs", "gather_encodings", "gather_tags"}  # no model takes an encoder's features
    not_needed |= {"place_new_songs"}  # only predict_new asks for it
    not_needed |= {"factorise_plays_spark", "choose_wmf"}  # the engine is implicit, and no setting is a list
    not_needed |= {"fit_popularity", "predict_popularity_estimate", "judge_popularity"}  # no popularity is estimated
    not_needed |= {"cut_plays", "match_history"}  # the split is not by date, and the plays are no history
    not_needed |= {"rank_users"}  # the users are not shared out; test_threads.py has shards of them
    shared = {"predict_stacked_names"}  # it runs the script of predict_names
    assert rules == {path.stem for path in (ROOT / "scripts").glob("*.py")} - not_needed | shared


# What is in them


def test_the_demos_raw_files_are_read_back_whole(tiny):
    lines = [line.split("\t") for line in (tiny.results / "world/train_triplets.txt").read_text().splitlines()]
    users, songs = tiny.table("plays/users.parquet")["user_id"], tiny.table("plays/songs.parquet")["song_id"]
    plays = tiny.table("plays/plays.parquet")
    found = set(zip(users[plays["user"]], songs[plays["song"]], plays["count"], strict=True))
    assert found == {(user, song, int(count)) for user, song, count in lines}
    assert tiny.table("plays/rejected.parquet").is_empty()
    pairs = plays.select("user", "song").rows()
    assert pairs == sorted(set(pairs))


def test_each_song_is_in_one_part_of_the_sizes_asked_for(tiny):
    sizes = dict(tiny.table("split/split.parquet")["part"].value_counts().iter_rows())
    assert sizes == {"train": 28, "validation": 6, "test": 6}


def test_word_counts_of_a_song_sum_to_its_frames(tiny):
    counts = pl.concat([tiny.table(f"bow/counts/{shard}.parquet") for shard in SHARDS])
    songs = tiny.table("plays/songs.parquet").join(tiny.table("audio/index.parquet"), on="song")
    summed = dict(counts.group_by("song_id").agg(pl.col("count").sum()).iter_rows())
    assert summed == dict(songs.select("song_id", "frames").iter_rows())
    frames = sum(len(tiny.array(f"audio/log_mel/{shard}.npy")) for shard in SHARDS)
    assert sum(summed.values()) == frames
    assert set(songs["frames"]) == {1 + 4 * 22050 // 512}
    assert counts["word"].max() < SIZES["words"]
    assert counts["count"].min() > 0


def test_features_are_the_centred_frequencies_on_the_components(tiny):
    songs = dict(tiny.table("plays/songs.parquet").select("song_id", "song").iter_rows())
    frequencies = np.zeros((SIZES["songs"], SIZES["words"]))
    for shard in SHARDS:
        for song_id, word, count in tiny.table(f"bow/counts/{shard}.parquet").iter_rows():
            frequencies[songs[song_id], word] = count
    frequencies /= frequencies.sum(axis=1, keepdims=True)
    mean, components = tiny.array("bow/pca_mean.npy"), tiny.array("bow/pca_components.npy")
    assert tiny.array("bow/features.npy") == pytest.approx((frequencies - mean) @ components.T, abs=1e-5)
    # a mistake found in re-implementations: the mean and the components of all songs
    training = frequencies[tiny.part("train")]
    assert mean == pytest.approx(training.mean(axis=0), abs=1e-6)
    values, vectors = np.linalg.eigh(np.cov(training.T))
    largest = vectors[:, np.argsort(-values)][:, : len(components)]
    assert np.abs(np.sum(largest.T * components, axis=1)) == pytest.approx(1, abs=1e-3)
    share = np.cumsum(np.sort(values)[::-1]) / values.sum()
    assert share[len(components) - 2] < 0.95 <= share[len(components) - 1]


# The factors


def dense_confidences(tiny):
    """Confidences of all pairs, 1 where nothing was played; and preferences. float64 [users, songs]."""
    plays, settings = tiny.table("plays/plays.parquet"), config()["wmf"]
    counts = np.zeros((SIZES["users"], SIZES["songs"]))
    counts[plays["user"], plays["song"]] = plays["count"]
    return 1 + settings["alpha"] * np.log(1 + counts / settings["epsilon"]), (counts > 0).astype(float)


def dense_objective(tiny, songs):
    """Equation 3 over all pairs of users and some songs."""
    confidences, preferences = (matrix[:, songs] for matrix in dense_confidences(tiny))
    users, factors = (tiny.array(f"wmf/{name}_factors.npy").astype(np.float64) for name in ("user", "song"))
    error = np.sum(confidences * (preferences - users @ factors[songs].T) ** 2)
    return error + config()["wmf"]["regularization"] * (np.sum(users**2) + np.sum(factors[songs] ** 2))


def test_the_factorisation_was_fitted_to_training_songs_plays_alone(tiny):
    # a mistake found in re-implementations: plays are split instead of songs, so test songs have plays in training
    last = tiny.table("wmf/objective.parquet")["objective"][-1]
    assert dense_objective(tiny, tiny.part("train")) == pytest.approx(last, rel=1e-4)
    with_test_songs = np.concatenate([tiny.part("train"), tiny.part("test")])
    assert dense_objective(tiny, with_test_songs) > 1.02 * last


def test_the_bound_in_sample_solves_the_normal_equations_of_the_songs_own_plays(tiny):
    confidences, preferences = dense_confidences(tiny)
    users = tiny.array("wmf/user_factors.npy").astype(np.float64)
    predicted = tiny.array(f"predictions/usage_in_sample/{SEED}.npy")
    penalty = config()["wmf"]["regularization"] * np.eye(SIZES["factors"])
    for song in [*tiny.part("test"), *tiny.part("validation")]:
        weighted = users * confidences[:, song : song + 1]
        solved = np.linalg.solve(users.T @ weighted + penalty, weighted.T @ preferences[:, song])
        assert predicted[song] == pytest.approx(solved, rel=1e-3, abs=1e-4)


def test_the_upper_bound_is_made_of_other_users_plays(tiny):
    confidences, preferences = dense_confidences(tiny)
    users, penalty = tiny.array("wmf/user_factors.npy").astype(np.float64), config()["wmf"]["regularization"]
    songs, facing = (tiny.array(f"predictions/usage/{SEED}{end}.npy") for end in ("", ".users"))
    first = ~facing[:, : SIZES["factors"]].any(axis=1)
    assert first.sum() == SIZES["users"] // 2
    for song in tiny.part("test"):
        for half in (first, ~first):
            others = users[~half]
            weighted = others * confidences[~half, song : song + 1]
            system = others.T @ weighted + penalty * np.eye(SIZES["factors"])
            solved = np.linalg.solve(system, weighted.T @ preferences[~half, song])
            assert facing[half] @ songs[song] == pytest.approx(users[half] @ solved, rel=1e-3, abs=1e-4)


def test_the_mean_model_predicts_the_mean_of_training_songs(tiny):
    mean = tiny.array("wmf/song_factors.npy")[tiny.part("train")].mean(axis=0)
    assert tiny.array(f"predictions/mean/{SEED}.npy") == pytest.approx(np.tile(mean, (SIZES["songs"], 1)), rel=1e-5)


def test_names_give_songs_the_effects_of_their_artist_and_album(tiny):
    """Worked out from the covariance matrix of all known songs, along each direction, at the variances estimated."""
    factors, columns = tiny.array("wmf/song_factors.npy").astype(np.float64), ["song_id", "artist", "album"]
    known = np.sort(np.concatenate([tiny.part("train"), tiny.part("validation")]))
    songs, is_known = tiny.table("plays/songs.parquet"), np.isin(np.arange(SIZES["songs"]), known)
    metric = score_metric(tiny.array("wmf/user_factors.npy"))
    names = fit_names(find_groups(songs.select(columns)), factors, is_known, metric)
    values = names.directions.coordinates(factors)
    artist, album = (songs[column].fill_null("").to_numpy() for column in ("artist", "album"))
    same_artist, same_album = np.equal.outer(artist, artist), np.equal.outer(album, album) & (album != "")
    expected = np.zeros_like(values)
    for place, (of_artist, of_album) in enumerate(zip(*names.alone, strict=True)):
        effects = of_artist * same_artist + of_album * (same_artist & same_album | np.eye(len(values), dtype=bool))
        weights = np.linalg.solve(effects[np.ix_(known, known)] + np.eye(len(known)), np.ones(len(known)))
        mean = weights @ values[known, place] / weights.sum()
        for song in range(SIZES["songs"]):
            others = known[known != song]
            covariance = effects[np.ix_(others, others)] + np.eye(len(others))
            solved = np.linalg.solve(covariance, values[others, place] - mean)
            expected[song, place] = mean + effects[song, others] @ solved
    predicted = tiny.array(f"predictions/names/{SEED}.npy")
    assert predicted == pytest.approx(names.directions.factors(expected), rel=1e-3, abs=1e-4)


def test_songs_learnt_from_are_predicted_without_themselves(tiny):
    """Their rows are those of regressions without them, so they are farther from the songs' own factors."""
    tensors = load_file(tiny.results / f"models/linear/{SEED}.safetensors")
    whole = tiny.array("bow/features.npy") @ tensors["weights"].T + tensors["intercept"]
    predicted, left_out = tiny.array(f"predictions/linear/{SEED}.npy"), tiny.array(f"models/linear/{SEED}.left_out.npy")
    learnt = np.sort(np.concatenate([tiny.part("train"), tiny.part("validation")]))
    assert np.array_equal(np.flatnonzero(np.isfinite(left_out).all(axis=1)), learnt)
    assert np.array_equal(predicted[learnt], left_out[learnt])
    assert predicted[tiny.part("test")] == pytest.approx(whole[tiny.part("test")], abs=1e-5)
    users, factors = (tiny.array(f"wmf/{name}_factors.npy") for name in ("user", "song"))
    errors = [np.square((factors - one)[learnt] @ users.T).mean() for one in (whole, predicted)]
    assert errors[0] < errors[1]


def test_popularity_is_the_number_of_users(tiny):
    counted = dict(tiny.table("plays/plays.parquet")["song"].value_counts().iter_rows())
    found = tiny.array(f"predictions/popularity/{SEED}.npy")[:, 0].tolist()
    assert found == [counted.get(song, 0) for song in range(SIZES["songs"])]


# The scores


def relevant_by_user(tiny):
    """From each user with a test play to whether each test song was played: bool [test songs]."""
    plays, test = tiny.table("plays/plays.parquet"), np.sort(tiny.part("test"))
    played = {}
    for user, song in plays.select("user", "song").iter_rows():
        if song in test:
            played.setdefault(user, np.zeros(len(test), dtype=bool))[np.searchsorted(test, song)] = True
    return played


def expected_precisions(scores, relevant, cutoff):
    """Sum of the precisions at hits in the first places, and of each place its mean over orders of songs that tie."""
    total, places, hits = 0.0, 0, 0
    for score in np.unique(scores)[::-1]:
        tied = relevant[scores == score]
        number, good = len(tied), int(tied.sum())
        for place in range(1, number + 1):
            if places + place <= cutoff and good:
                others = (place - 1) * (good - 1) / (number - 1) if number > 1 else 0
                total += good / number * (hits + others + 1) / (places + place)
        places, hits = places + number, hits + good
    return total


@pytest.mark.parametrize("model", MODELS)
def test_scores_of_every_user_equal_plain_arithmetic(model, tiny):
    """Mistakes found in re-implementations: a cosine instead of the inner product; users without a hit left out."""
    own = tiny.results / f"predictions/{model}/{SEED}.users.npy"
    users = np.load(own) if own.is_file() else tiny.array("wmf/user_factors.npy")
    songs = tiny.array(f"predictions/{model}/{SEED}.npy")[np.sort(tiny.part("test"))]
    scores = tiny.table(f"scores/{model}/{SEED}.parquet")
    played = relevant_by_user(tiny)
    assert scores["user"].to_list() == sorted(played)
    assert set(scores["songs"]) == {6}
    compared = 0
    for row in scores.iter_rows(named=True):
        relevant, scored = played[row["user"]], songs.astype(np.float64) @ users[row["user"]].astype(np.float64)
        scored = np.round(scored, 12) if model in ("mean", "names") else scored
        assert row["relevant"] == relevant.sum()
        gaps = np.diff(np.unique(scored))
        if len(gaps) and gaps.min() < 1e-5 * np.abs(scored).max():
            continue  # so close that single precision may have them in either order
        compared += 1
        precisions = expected_precisions(scored, relevant, CUTOFF)
        assert row["ap"] == pytest.approx(precisions / min(CUTOFF, relevant.sum()), abs=1e-9)
        assert row["ap_relevant"] == pytest.approx(precisions / relevant.sum(), abs=1e-9)
        if relevant.all():
            assert row["auc"] is None
        else:
            assert row["auc"] == pytest.approx(roc_auc_score(relevant, scored), abs=1e-9)
    assert compared > 0.9 * len(played)


def test_the_table_is_the_mean_over_every_user_with_a_test_play(tiny):
    played, table = relevant_by_user(tiny), tiny.table("tables/recommendation.parquet")
    assert sorted(table["model"]) == sorted(MODELS)
    kinds = {name: model["kind"] for name, model in config()["models"].items()}
    kinds |= {"names_and_linear": "names + audio", "usage_in_sample": "usage in sample"}
    assert [kinds[model] for model in table["model"]] == table["kind"].to_list()
    floor, ear, ceiling, _ = (table.row(place, named=True) for place in (0, -3, -2, -1))
    assert [row["kind"] for row in (floor, ear, ceiling)] == ["random", "planted", "usage"]
    for row in table.iter_rows(named=True):
        scores = tiny.table(f"scores/{row['model']}/{SEED}.parquet")
        assert row["seeds"] == 1
        assert row["users"] == len(played) == len(scores)
        assert row["users_without_test_plays"] == SIZES["users"] - len(played)
        assert row["songs"] == len(tiny.part("test"))
        assert row["missing"] == 0
        for measure, column in zip(MEASURES, ("ap", "ap_relevant", "auc"), strict=True):
            assert row[measure] == pytest.approx(np.mean(scores[column].drop_nulls().to_numpy()), abs=1e-12)
            assert 0 <= row[measure] <= 1
        for gap, measure in (("gap_closed_map", MEASURES[0]), ("gap_closed_auc", "auc")):
            share = (row[measure] - floor[measure]) / (ceiling[measure] - floor[measure])
            assert row[gap] == pytest.approx(share, abs=1e-9)
            share = (row[measure] - floor[measure]) / (ear[measure] - floor[measure])
            deaf = row["model"] in ("mean", "names", "popularity", "usage", "usage_in_sample")
            heard = row[gap.replace("gap_closed", "heard")]
            assert heard is None if deaf else heard == pytest.approx(share, abs=1e-9)
    assert table.filter(pl.col("model") == "mean")["auc"].item() == 0.5
    assert ceiling["auc"] > floor["auc"]


def test_the_csv_says_the_same(tiny):
    table, read = tiny.table("tables/recommendation.parquet"), pl.read_csv(tiny.results / "tables/recommendation.csv")
    assert read.columns == table.columns
    assert read["model"].to_list() == table["model"].to_list()
    for measure in MEASURES:
        assert read[measure].to_list() == pytest.approx(table[measure].to_list())


def test_the_table_is_what_coldwave_results_prints(tiny, capsys):
    assert main(["results", str(tiny.results)]) == 0
    printed = capsys.readouterr().out
    markdown = (tiny.results / "tables/recommendation.md").read_text()
    assert printed.split() == [*markdown.split(), "Report:", str(tiny.results / "report/index.html")]
    assert {line for line in markdown.splitlines() if line.startswith("|")} <= set(printed.splitlines())
    assert "synthetic" in markdown
    for row in tiny.table("tables/recommendation.parquet").iter_rows(named=True):
        line = next(line for line in markdown.splitlines() if line.startswith(f"| {row['model']} "))
        assert f"{row['auc']:.5f}" in line
        assert f"{row[MEASURES[0]]:.5f}" in line


def test_every_file_has_its_place_where_runs_are_compared(tiny, capsys):
    record = tiny.results / "provenance.json"
    assert main(["compare", str(tiny.results), str(record)]) == 0
    assert capsys.readouterr().out == f"All {len(json.loads(record.read_text())['outputs'])} outputs are the same\n"
    assert all(path.startswith(STAGES) for path in json.loads(record.read_text())["outputs"])


def test_the_page_holds_every_model_and_says_that_the_world_is_synthetic(tiny):
    page = (tiny.results / "report/index.html").read_text()
    assert all(model in page for model in MODELS)
    assert "synthetic" in page


def test_songs_of_the_page_can_be_played(tiny):
    page = (tiny.results / "report/index.html").read_text()
    excerpts = tiny.table("report/excerpts.parquet")
    assert set(excerpts["song"]) == set(tiny.part("test")) | listed(tiny), "the map has the test songs"
    assert excerpts["status"].unique().to_list() == ["ok"]
    (embedded,) = re.findall(r'<script type="application/json" id="excerpts">(.*?)</script>', page)
    sounds = {int(song): base64.b64decode(mp3) for song, mp3 in json.loads(embedded).items()}
    assert sounds == dict(excerpts.select("song", "mp3").rows())
    for mp3 in sounds.values():
        signal, rate = soundfile.read(io.BytesIO(mp3))
        assert 4 <= len(signal) / rate < 4.15, "the songs of this world are so long"
    assert set(map(int, re.findall(r'data-song="(\d+)"', page))) == listed(tiny)
    assert len(page) < 5_000_000
    assert str(tiny.folder) not in page


def listed(tiny):
    """The songs of the page's lists."""
    tables = {name: tiny.table(f"report/{name}.parquet") for name in ("played", "recommended", "similar")}
    return set(pl.concat([*(table["song"] for table in tables.values()), tables["similar"]["other"]]))


def test_songs_of_the_page_are_recommended_without_their_plays(tiny):
    plays, part = tiny.table("plays/plays.parquet"), tiny.table("split/split.parquet")
    found = tiny.table("report/recommended.parquet")
    assert set(found["song"]) <= set(tiny.part("test")) and not found.is_empty()
    counts = found.join(plays, on=["user", "song"], how="left")["count"].fill_null(0)
    assert found["plays"].to_list() == counts.to_list()
    known = plays.join(part.filter(part="train"), on="song", how="semi").select("user", because="song", count="count")
    because = found.drop_nulls("because")
    assert (
        because.join(known, on=["user", "because"], maintain_order="left")["count"].to_list()
        == because["because_plays"].to_list()
    )
    assert tiny.table("report/models.parquet")["role"].to_list() == ["recommends", "sound", "usage"]


def test_snakemakes_own_report_holds_the_results(tiny, tmp_path):
    tiny.make("--report", str(tmp_path / "report.html"))
    report = (tmp_path / "report.html").read_text()
    assert "recommendation.md" in report
    assert "factorise_plays" in report
