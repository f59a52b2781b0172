"""By hand: which rules read each key of the config. What runs again is their jobs and all that follows from them.

A test holds it against the schema, so that no key is without a row. Another plans a run after each change. The page
docs/reruns.md is written from it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from dry_runs import Graph, Job
from plans import AFTER_LEARNING, AFTER_SCORES, ANALYSED, EXAMPLES, SHOWN, WORTH

SEED = 3  # of the tiny run
SHOW = ("write_report", "record_provenance")  # both show the whole config, so that they read every key
ABOUT_PROTOCOL = (
    "predict_tags compare_factors tabulate_recommendation tabulate_ranking tabulate_published compare_models "
    "tabulate_strata tabulate_where count_plays_worth audit_leakage"
)  # what says where its numbers are from
ABOUT_DATA = f"{ABOUT_PROTOCOL} describe_factors find_neighbours evaluate_warm tune"

# What is asked for before the shards are settled. The rest waits for them: whatever may change the shards makes
# Snakemake plan all of it, and leave out, once it knows them, what has not changed.
EARLY = {"make_world", "read_plays", "split_songs", "factorise_plays", "shard_songs", "settle_shards", "evaluate_warm"}
EARLY |= {"predict_random", "predict_mean", "predict_usage", "predict_popularity", "predict_names"}
EARLY |= {"predict_usage_in_sample", "predict_planted", "choose_wmf", "match_history"}
EARLY |= {"read_embeddings", "scale_embeddings", "factorise_plays_spark"}
EARLY |= {"read_scores", "read_vectors", "read_factors", "place_new_songs"}
IN_WORDS = {"shard_songs"}  # a dry run shows its message in place of its outputs

EMBEDDING = "mine"
# The embedding, and of each kind the model, whose settings are changed.
NAME = {"name": EMBEDDING, "mlr": "mlr", "linear": "linear", "mlp": "mlp", "names": "names_and_linear",
        "contrastive": "tower", "cnn": "cnn_mse", "knn": "knn", "planted": "perfect_ear", "usage": "usage",
        "popularity_estimate": "estimate", "predictions": "theirs", "blend": "both",
        "catalogue_attention": "attentive"}  # fmt: skip
COMBINING = "stack_names:names_and_linear predict_stacked_names:names_and_linear"
ESTIMATE = {"fit_popularity": 1, "predict_popularity_estimate": 1, "judge_popularity": 1}
# What an entry of a kind needs besides.
NEEDED = {
    "cnn": {"window": 40},
    "blend": {"models": ["linear", "knn"]},
    "predictions": {"scores": "<results>/world/songs.csv"},
}
HEARD = WORTH | EXAMPLES
ABOUT_ALL = {"predict_tags": 1, "compare_factors": 1} | WORTH | AFTER_LEARNING
ANOTHER = "one more entry: the rules of its kind, and what follows"
BROUGHT = "an embedding: its rules, that model, and what follows"
LISTED = {"path": "<results>/world/songs.csv", "song": "song_id"}

# What is laid over the tiny config for keys that have no effect in it. As it is, the tiny run is one of the demo world.
BASES: dict[str, dict[str, Any]] = {
    "tiny": {},
    "own": {
        "world": None,
        "data_note": "Mine.",
        "plays": {
            "path": "results/tiny/world/train_triplets.txt",
            "format": "table",
            "table": {"user": 1, "song": 2, "count": 3, "header": False},
            "top_users": 50,
            "users_by": "random",
            "songs": {"path": "results/tiny/world/audio"},
        },
        "split": {"folds": 4},
        "embeddings": {EMBEDDING: {"path": "results/tiny/world/songs.csv", "song": "song_id"}},
        "models": {
            "linear": {"features": EMBEDDING},
            "cnn_mse": {"objective": "bpr", "optimizer": "nesterov"},
            "theirs": {"kind": "predictions", "scores": "results/tiny/world/songs.csv"},
            "tower": {"kind": "contrastive"},
            "attentive": {"kind": "catalogue_attention"},
        },
    },
    "named": {
        "world": None,
        "plays": {
            "path": "results/tiny/world/train_triplets.txt",
            "format": "yambda",
            "songs": {"path": "results/tiny/world/songs.csv"},
        },
        "audio": {"source": "mel"},
    },
    "estimated": {"models": {"estimate": {"kind": "popularity_estimate"}}},
    "heard": {
        "encoders": {EMBEDDING: {"path": "results/tiny/world/songs.csv"}},  # a plan does not look into it
        "models": {"linear": {"features": EMBEDDING}},
    },
    "history": {
        "world": None,
        "plays": {
            "path": "results/tiny/world/train_triplets.txt",
            "format": "history",
            "songs": {"path": "results/tiny/world/songs.csv"},
        },
        "models": {"cnn_wpe": None},  # it takes unplayed_weight for 1
    },
    "blend": {"models": {"both": {"kind": "blend", "models": ["linear", "knn"]}}},
    "grid": {"wmf": {"factors": [4, 6], "alpha": [2.0, 6.0], "choice": {"draws": 2}}},
    "spark": {"wmf": {"engine": "spark"}, "audit": {"canary": ["bow", "linear"]}},
    "new": {
        "new_songs": {
            "path": "results/tiny/world/songs.csv",
            "batch": "first",
            "embeddings": {EMBEDDING: "results/tiny/world/songs.csv"},
        },
        "embeddings": {EMBEDDING: LISTED},
        "models": {"mlp": {"features": EMBEDDING}},
    },
}
TARGETS = dict.fromkeys(BASES, ["all", "tune"]) | {"new": ["predict_new"]}


class Change(NamedTuple):
    """Keys, each with another value than the base has, that the same rules read: ``rule``, or ``rule:model``.

    ``plan`` is given where a key decides which jobs there are: it takes the graph of the base's jobs. ``also`` is what
    the config has to say besides, and ``note`` what the table in docs/reruns.md says.
    """

    keys: dict[str, Any]
    readers: str = ""
    base: str = "tiny"
    also: dict[str, Any] = {}
    plan: Callable[[Graph], dict[str, int]] | None = None
    note: str = ""


def everything(graph: Graph) -> dict[str, int]:
    """Each job of the run."""
    return graph.plan(graph.inputs).rules


def by_spark(graph: Graph) -> dict[str, int]:
    """Spark's factorisation in place of the other, and what follows."""
    jobs = graph.plan(changed_jobs(graph, "factorise_plays audit_leakage")).rules
    return {"factorise_plays_spark": 1, **{rule: number for rule, number in jobs.items() if rule != "factorise_plays"}}


def by_musicnn(graph: Graph) -> dict[str, int]:
    """Other vectors, tags beside them, and what follows."""
    return {"gather_tags": 1, **graph.plan(changed_jobs(graph, "encode_songs gather_encodings")).rules}


def other_shards(graph: Graph) -> dict[str, int]:
    """All that waits for the shards, of which there are then three."""
    waiting = {rule: number for rule, number in everything(graph).items() if rule not in EARLY}
    return waiting | {"shard_songs": 1, "settle_shards": 1, "extract_log_mel": 3, "count_words": 3}


def in_shards(graph: Graph) -> dict[str, int]:
    """Rankings of three shards of the users for each model, and what follows."""
    jobs = graph.plan(changed_jobs(graph, "evaluate_model")).rules
    return {"rank_users": 3 * jobs["evaluate_model"], **jobs}


def just(**jobs: int) -> Callable[[Graph], dict[str, int]]:
    """These jobs."""
    return lambda graph: jobs


def under(section: str, **values: Any) -> dict[str, Any]:
    """Keys of a section."""
    return {f"{section}.{key}": value for key, value in values.items()}


TABLE = [
    # the run
    Change({"run": "other"}, plan=everything, note="everything, under another name"),
    Change({"seed": 4}, plan=everything, note="everything"),
    Change(
        {"repeats": 2},
        plan=just(**{"predict_random": 1, "fit_mlr": 1, "predict_mlr": 1, "train_mlp": 1, "predict_mlp": 1,
                     "train_cnn": 2, "predict_cnn": 2, "evaluate_model": 5, **WORTH, **EXAMPLES, **AFTER_LEARNING}),
        note="what has chance in it, with the further seeds alone",
    ),
    Change({"cache": "elsewhere", "data_note": "Not said, as the demo world says what it is."}),
    Change({"data_note": "Ours."}, ABOUT_DATA, base="own"),
    Change({"protocol": "transductive"}, f"factorise_plays {ABOUT_PROTOCOL}"),
    # world
    Change(
        {"world": None},
        ABOUT_DATA,
        also={"plays": {"path": "results/tiny/world/train_triplets.txt",
                        "songs": {"path": "results/tiny/world/songs.csv"}}},
        note="what says what the data are, if the same files are named",
    ),
    Change(under("world", songs=41, artists=13, users=81, seconds=5, audio_format="wav"), "make_world"),
    # plays
    Change(
        under("plays", path="<results>/world/songs.csv", format="table", unlisted_songs="keep",
              songs_without_audio="keep", top_songs=30, top_users=50, min_users=2, min_songs=2, strict=True)
        | under("plays.songs", path="<results>/world/truth.parquet", tag_separator=";", audio_root="<results>/world",
                exclude="<results>/world/truth.parquet")
        | under("plays.songs.columns", song_id="a", title="b", artist="c", album="d", date="e", tags="f", audio="g",
                recording_mbid="h", track_mbid="i", isrc="j", seconds="k"),
        "read_plays",
    ),
    Change({"plays.songs.audio_pattern": "{id}.flac"}, "read_plays"),
    Change({"plays.yambda.min_played": 40}),
    Change({"plays.yambda.min_played": 40}, "read_plays", base="named"),
    Change({"plays.users_by": "songs", "plays.filter_by": "all", "plays.songs.id_from": "stem"}),
    Change({"plays.filter_by": "all"}, "read_plays", also={"plays": {"min_songs": 2}},
           note="`read_plays`, where `plays.min_songs` or `plays.min_users` is above 1"),
    Change(under("plays.table", user="a", song="b", count="c", header=False, delimiter=",", quote="'",
                 encoding="latin-1")),
    Change({"plays.users_by": "songs", "plays.songs.id_from": "stem"}, "read_plays", base="own"),
    Change({"plays.table.time": 6}, base="own"),  # read only in a split by date
    Change(under("plays.table", user=4, song=5, count=6, delimiter=",", quote="'", encoding="latin-1"), "read_plays",
           base="own"),
    Change({"plays.table.header": True}, "read_plays", base="own",
           also={"plays": {"table": {"user": "a", "song": "b", "count": "c"}}}),
    Change(under("plays.songs", delimiter=";", quote="'", also=["<results>/world/truth.parquet"]), "read_plays",
           note="`read_plays`, and `match_history` of a history"),
    Change(under("plays.songs", tag_separator=";", audio_root="results/tiny/world")
           | under("plays.songs.columns", title="b"), base="own"),
    Change(under("plays.history", user="me", also=["<results>/world/songs.csv"], since="2001", until="2002",
                 min_seconds=5, incognito=True, repeats_within=0, timezone="Europe/Berlin", columns={"title": 3},
                 header=False, delimiter=";", encoding="latin-1")
           | under("plays.matching", likeness=80, margin=5, overrides="<results>/world/songs.csv",
                   redirects="<results>/world/songs.csv")),
    Change(under("plays.history", user="me", also=["results/tiny/world/songs.csv"], since="2001", until="2002",
                 min_seconds=5, incognito=True, repeats_within=0, timezone="Europe/Berlin", columns={"title": 3},
                 header=False, delimiter=";", encoding="latin-1")
           | under("plays.matching", likeness=80, margin=5, overrides="results/tiny/world/songs.csv",
                   redirects="results/tiny/world/songs.csv"), "match_history", base="history"),
    Change(under("plays", format="lastfm"), "match_history", base="history"),
    # embeddings
    Change(under("embeddings.<name>", path="results/tiny/world/truth.parquet", song="title", columns=["a"],
                 delimiter=";", shuffle=True), "read_embeddings", base="own"),
    Change({"embeddings.<name>.standardize": False}, "scale_embeddings", base="own"),
    # encoders
    Change(under("encoders.<name>", path="results/tiny/world/truth.parquet", sample_rate=24000, input="log_mel",
                 window=1024, hop=128, mel_bands=64, scale="decibel", layout="bands_first", seconds=5,
                 output="vectors", pool="max", timeout=60), "encode_songs", base="heard"),
    Change({"encoders.<name>.network": "musicnn"}, base="heard", also={"encoders": {EMBEDDING: {"path": None}}},
           plan=by_musicnn, note="`encode_songs`, `gather_tags`, and what follows"),
    Change({"encoders.<name>.standardize": False}, "scale_encodings", base="heard"),
    Change({"encoders.<name>.licence": "CC0"}, base="heard"),
    # split
    Change({"split.by": "artist", "split.folds": 4, "split.path": "<results>/plays/users.parquet"},
           f"split_songs {ABOUT_PROTOCOL}"),
    Change({"split.validation": 7, "split.test": 7}, "split_songs"),
    Change({"split.fold": 2}, "read_plays split_songs", base="own"),  # which split users are filtered by
    Change({"split.test": 7}, base="own"),
    # wmf
    Change(under("wmf", factors=5, iterations=6, solver="exact", tolerance=0.01),
           "factorise_plays evaluate_warm audit_leakage tune"),
    Change({"wmf.unplayed_weight": 0.5},
           "factorise_plays predict_usage count_plays_worth evaluate_warm choose_examples audit_leakage tune",
           base="history"),
    Change(under("wmf", regularization=0.2, frequency_scaling=0.5),
           "factorise_plays predict_usage count_plays_worth evaluate_warm choose_examples audit_leakage tune"),
    Change(under("wmf", alpha=3.0, epsilon=2.0),
           "factorise_plays predict_usage count_plays_worth evaluate_warm draw_confidences train_cnn:cnn_wpe "
           "choose_examples audit_leakage tune"),
    Change(under("wmf.choice", held_out=0.3, draws=4, measure="auc", users=50)),
    Change(under("wmf.choice", held_out=0.3, draws=4, measure="auc", users=50), "choose_wmf audit_leakage",
           base="grid"),
    Change(under("wmf", factors=[4, 5], alpha=[1.0, 3.0]), "choose_wmf audit_leakage", base="grid"),
    Change(under("wmf", epsilon=2.0),
           "choose_wmf factorise_plays predict_usage count_plays_worth evaluate_warm draw_confidences "
           "train_cnn:cnn_wpe choose_examples audit_leakage tune", base="grid"),
    Change({"wmf.engine": "spark"}, also={"audit": {"canary": ["bow", "linear"]}}, plan=by_spark,
           note="`factorise_plays_spark`, and what follows"),
    Change({"wmf.spark.master": "local[2]", "wmf.spark.blocks": 3, "wmf.spark.settings": {"spark.ui.enabled": True}}),
    Change({"wmf.spark.blocks": 3}, "factorise_plays_spark", base="spark"),
    Change(under("wmf", factors=5, iterations=6), "factorise_plays_spark evaluate_warm tune", base="spark"),
    Change({"wmf.regularization": 0.2},
           "factorise_plays_spark predict_usage count_plays_worth evaluate_warm choose_examples tune", base="spark"),
    Change(under("wmf", solver="exact", tolerance=0.01), "evaluate_warm tune", base="spark"),
    Change({"wmf.spark.master": "local[2]", "wmf.spark.settings": {"spark.ui.enabled": True}}, base="spark"),
    # audio
    Change(under("audio", sample_rate=16000, hop=256), "extract_log_mel draw_spectrograms"),
    Change(under("audio", window=2048, mel_bands=96), "extract_log_mel"),
    Change(under("audio", duration=20, offset=0.1, min_seconds=2.5, timeout=30), "extract_log_mel cut_excerpts"),
    Change({"audio.source": "mel"}, "extract_log_mel cut_excerpts", base="history"),
    Change({"audio.mel_unit": "ln"}),
    Change({"audio.mel_unit": "ln"}, "extract_log_mel", base="named"),
    Change({"audio.window": 2048}, base="named"),
    Change({"audio.shards": 3}, plan=other_shards, note="the shards, and all that waits for them"),
    # bow
    Change({"bow.coefficients": 12}, "learn_codebook count_words audit_leakage"),
    Change(under("bow", standardize=False, sample_frames=1500), "learn_codebook audit_leakage"),
    Change({"bow.words": 31}, "learn_codebook reduce_counts audit_leakage"),
    Change({"bow.variance": 0.9}, "reduce_counts audit_leakage"),
    # models
    *(
        Change({f"models.<{kind}>.kind": kind}, plan=just(**jobs, evaluate_model=1, **after), note=ANOTHER,
               also={"models": {"another": NEEDED[kind]}} if kind in NEEDED else {})
        for kind, jobs, after in (
            ("random", {"predict_random": 1}, AFTER_SCORES),
            ("mean", {"predict_mean": 1}, AFTER_SCORES),
            ("names", {"predict_names": 1}, WORTH | AFTER_SCORES),
            ("knn", {"predict_knn": 1}, HEARD | AFTER_SCORES),
            ("planted", {"predict_planted": 1}, WORTH | AFTER_LEARNING),
            ("usage", {"predict_usage": 1}, AFTER_LEARNING),  # which the audit sees to it that nothing learns from
            ("popularity", {"predict_popularity": 1}, AFTER_LEARNING),
            ("popularity_estimate", ESTIMATE, HEARD | AFTER_LEARNING),
            ("predictions", {"read_scores": 1}, ABOUT_ALL),  # the protocol line says that it was made elsewhere
            ("blend", {"learn_blend": 1, "predict_blend": 1}, HEARD | AFTER_LEARNING),
            ("mlr", {"fit_mlr": 1, "predict_mlr": 1}, HEARD | AFTER_LEARNING),
            ("linear", {"fit_linear": 1, "predict_linear": 1}, ANALYSED | HEARD | AFTER_LEARNING),
            ("mlp", {"train_mlp": 1, "predict_mlp": 1}, ANALYSED | HEARD | AFTER_LEARNING),
            ("contrastive", {"train_contrastive": 1, "predict_contrastive": 1}, HEARD | AFTER_LEARNING),
            ("catalogue_attention", {"fit_catalogue_attention": 1, "predict_catalogue_attention": 1},
             HEARD | AFTER_LEARNING),
            ("cnn", {"train_cnn": 1, "predict_cnn": 1}, ANALYSED | HEARD | AFTER_LEARNING),
        )
    ),
    *(
        Change({f"models.<{kind}>.features": EMBEDDING}, also={"embeddings": {EMBEDDING: LISTED}}, note=BROUGHT,
               plan=just(read_embeddings=1, scale_embeddings=1, **jobs, **HEARD, **AFTER_LEARNING))
        for kind, jobs in {
            "knn": {"predict_knn": 1, "evaluate_model": 1},
            "mlr": {"fit_mlr": 1, "predict_mlr": 1, "evaluate_model": 1},
            "mlp": {"train_mlp": 1, "predict_mlp": 1, "evaluate_model": 1, **ANALYSED},
            "linear": {"fit_linear": 1, "predict_linear": 1, "stack_names": 1, "predict_stacked_names": 1,
                       "evaluate_model": 2, "tune": 1, **ANALYSED},
        }.items()
    ),
    Change({"models.<catalogue_attention>.features": EMBEDDING}, note=BROUGHT,
           also={"embeddings": {EMBEDDING: LISTED}, "models": {"attentive": {"kind": "catalogue_attention"}}},
           plan=just(read_embeddings=1, scale_embeddings=1, fit_catalogue_attention=1, predict_catalogue_attention=1,
                     evaluate_model=1, **HEARD, **AFTER_LEARNING)),
    Change(under("models.<mlr>", loss="map", dimensions=40, queries=900, relevant=5,
                 irrelevant=900, strengths=[1.0], tolerance=0.02, iterations=90), "fit_mlr:mlr audit_leakage"),
    Change({"models.<mlr>.similarity": "distance"}, "fit_mlr:mlr choose_examples audit_leakage"),
    Change(under("models.<linear>", strengths=[0.5], refit=False), "fit_linear:linear audit_leakage tune"),
    Change({"models.<popularity_estimate>.features": EMBEDDING}, base="estimated", note=BROUGHT,
           also={"embeddings": {EMBEDDING: LISTED}},
           plan=just(read_embeddings=1, scale_embeddings=1, **ESTIMATE, evaluate_model=1, **HEARD, **AFTER_LEARNING)),
    Change(under("models.<popularity_estimate>", strengths=[0.5], names=False, refit=False),
           "fit_popularity:estimate audit_leakage", base="estimated"),
    Change({"protocol": "transductive"}, f"factorise_plays {ABOUT_PROTOCOL} judge_popularity", base="estimated"),
    Change(under("models.<planted>", traits="all", strengths=[0.5], refit=False), "predict_planted:perfect_ear"),
    Change({"models.<predictions>.scores": "results/tiny/world/truth.parquet"}, "read_scores audit_leakage",
           base="own"),
    Change(under("models.<predictions>", user="a", song="b", score="c", delimiter=";"), "read_scores", base="own"),
    *(
        Change({f"models.<predictions>.{key}": "results/tiny/world/truth.parquet"}, base="own",
               note="its rule, and what follows",
               also={"models": {"theirs": {"scores": None, "songs": "results/tiny/world/truth.parquet"}}},
               plan=just(**{rule: 1}, evaluate_model=1, **AFTER_LEARNING))
        for key, rule in (("songs", "read_factors"), ("users", "read_vectors"))
    ),
    Change({"models.<usage>.held_out": False}, note="its rule, and what follows",
           plan=just(predict_usage_in_sample=1, evaluate_model=1, **AFTER_SCORES)),
    Change(under("models.<mlp>", hidden=[8], batch_size=7, learning_rate=0.01, weight_decay=0.5, epochs=3, patience=5),
           "train_mlp:mlp audit_leakage"),
    Change({"models.<contrastive>.features": EMBEDDING}, base="own", note="its rules, and what follows",
           plan=just(train_contrastive=1, predict_contrastive=1, evaluate_model=1, **HEARD, **AFTER_LEARNING)),
    Change(under("models.<contrastive>", start="random", hidden=8, loss="sparsemax", temperature=0.3, log_q=False,
                 aligned=0.5, history=9, batch_size=7, learning_rate=0.01, weight_decay=0.5, epochs=3, steps=9,
                 patience=3, accelerator="cpu"), "train_contrastive:tower audit_leakage", base="own"),
    Change(under("models.<contrastive>", dimensions=9), "train_contrastive:tower audit_leakage", base="own",
           also={"models": {"tower": {"start": "random"}}}),
    Change(under("models.<contrastive>", strengths=[0.5]), "train_contrastive:tower audit_leakage", base="own",
           also={"models": {"tower": {"start": "factors"}}}),
    Change({"models.<blend>.models": ["linear", "mlp"]},
           "learn_blend:both predict_blend:both choose_examples audit_leakage", base="blend"),
    Change({"models.<blend>.weights": "equal"}, "learn_blend:both audit_leakage", base="blend"),
    Change(under("models.<catalogue_attention>", strengths=[0.5], dimensions=8, catalogue=9,
                 empty=0.5, batch_size=7, learning_rate=0.02, weight_decay=0.5, epochs=3, patience=5, refit=False,
                 accelerator="auto"), "fit_catalogue_attention:attentive audit_leakage", base="own"),
    Change({"models.<names>.audio": "mlp"}, f"{COMBINING} choose_examples audit_leakage"),
    Change({"models.<names>.refit": False}, f"{COMBINING} audit_leakage"),
    Change(under("models.<cnn>", objective="sampled_softmax", unit_norm=True, window=30, channels=[4], kernel=3, pool=2,
                 pooling="statistics", normalization="batch", blocks="residual", dropout=0.1, dense=[8], mask_bands=4,
                 mask_frames=4, mixup=0.2, batch_size=7, learning_rate=0.01, warm_up=1, schedule="cosine",
                 averaging=0.5, weight_decay=0.1, optimizer="nesterov", epochs=3, patience=3, accelerator="auto",
                 devices=2, nodes=2, precision="bf16-mixed"), "train_cnn:cnn_mse audit_leakage"),
    Change(under("models.<cnn>", dilations=[1, 2], whitening=0.5, members=2, shift_bands=1, steps=9, keep="last"),
           "train_cnn:cnn_mse audit_leakage"),
    Change({"models.<cnn>.refit": True}, "train_cnn:cnn_mse predict_tags audit_leakage",
           also={"models": {"cnn_mse": {"keep": "last"}}}),
    Change(under("models.<cnn>", temperature=0.2, plays_per_song=100, momentum=0.8)),
    Change(under("models.<cnn>", temper=0.5, temperature=0.2, plays_per_song=100, momentum=0.8),
           "train_cnn:cnn_mse audit_leakage", base="own"),
    Change({"models.<cnn>.whiten_popularity": True}, "train_cnn:cnn_mse audit_leakage",
           also={"models": {"cnn_mse": {"objective": "wpe"}}}),
    # evaluation, warm, analysis, audit, report
    Change({"evaluation.cutoff": 4},
           "evaluate_model tabulate_recommendation compare_models tabulate_where count_plays_worth draw_plays_worth "
           "evaluate_warm tune"),
    Change({"evaluation.list_lengths": [5]}, "evaluate_model tabulate_ranking"),
    Change({"evaluation.shards": 3}, plan=in_shards,
           note="`rank_users` for each shard, `evaluate_model`, and what follows"),
    Change({"evaluation.bootstrap": 500}, "count_plays_worth"),
    Change({"evaluation.plays_worth": None}, plan=just(**SHOWN), note="the report, without its table and figures"),
    Change(under("evaluation.plays_worth", plays=[0, 2], draws=1), "count_plays_worth"),
    Change({"warm": None}, plan=just(**SHOWN), note="the report, without its table"),
    Change(under("warm", held_out=0.3, neighbours=5, recall_at=3), "evaluate_warm"),
    Change(under("analysis.tags", number=4, folds=2, min_songs=4, max_songs=30, regularization=10.0), "predict_tags"),
    Change(under("analysis.factors", number=2, artists=2, min_songs=2), "describe_factors"),
    Change(under("analysis.neighbours", queries=["a"], number=2, same_artist=False), "find_neighbours"),
    Change(under("analysis.map", model="mlp", songs="all", perplexity=5.0), "map_songs draw_map"),
    Change({"audit.canary": ["wmf"]}, "audit_leakage"),
    # report
    Change(under("report", users=3, songs=2), "choose_examples"),
    Change(under("report", excerpts=9, seconds=3.0, megabytes=1.0), "cut_excerpts"),
    Change({"report.map_songs": 5}),
    # tune
    Change(
        under("tuning", measure="map", trials=5, minutes=3.0, model="mlp")
        | under("tuning.wmf", factors={"choices": [2, 4]}, alpha={"low": 1.0, "high": 2.0},
                epsilon={"low": 1.0, "high": 2.0}, regularization={"low": 1.0, "high": 2.0},
                iterations={"low": 1, "high": 2}),
        "tune",
    ),
    Change(under("new_songs", path="<results>/world/songs.csv", tag_separator=";", audio_root="<results>/world",
                 audio_pattern="{id}.flac", id_from="stem", batch="other", users=4, neighbours=3)),
    Change({"new_songs.embeddings": {EMBEDDING: "<results>/world/songs.csv"}},
           also={"embeddings": {EMBEDDING: LISTED}}),
    # what `predict_new` does
    Change({"new_songs.path": "results/tiny/world/truth.parquet"}
           | under("new_songs", tag_separator=";", audio_root="<results>/world")
           | under("new_songs.columns", song_id="a", title="b", artist="c", album="d", date="e", tags="f", audio="g",
                recording_mbid="h", track_mbid="i", isrc="j", seconds="k"),
           "place_new_songs", base="new"),
    Change({"new_songs.embeddings": {EMBEDDING: "results/tiny/world/truth.parquet"}}
           | under("embeddings.<name>", song="title", delimiter=";") | under("new_songs", users=4, neighbours=3),
           "place_new_songs", base="new"),
    Change({"new_songs.audio_pattern": "{id}.flac"}, "place_new_songs", base="new"),
    Change({"new_songs.id_from": "stem"} | under("embeddings.<name>", path="results/tiny/world/truth.parquet",
                                                 shuffle=True, standardize=False), base="new"),
    Change({"new_songs.batch": "other"}, base="new", plan=just(place_new_songs=1),
           note="`place_new_songs`, for that batch alone"),
    Change({"tuning.settings": {"learning_rate": {"low": 1e-4, "high": 1e-3}}}, "tune",
           also={"tuning": {"model": "mlp"}}),
]  # fmt: skip


def overlay(key: str, value: Any, change: Change) -> dict[str, Any]:
    """What is laid over the base's config to change a key."""
    if key.startswith("models.<") and key.endswith(".kind"):
        key = "models.another.kind"
    names = [NAME[part[1:-1]] if part.startswith("<") else part for part in key.split(".")]
    for name in reversed(names):
        value = {name: value}
    return merged(change.also, value)


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two overlays in one."""
    both = dict(below)
    for key, value in above.items():
        both[key] = merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def changed_jobs(graph: Graph, readers: str, show: Sequence[str] = SHOW) -> frozenset[Job]:
    """The jobs that run again where these rules read what has changed: their jobs, and all that follows."""
    jobs = set()
    for reader in (*readers.split(), *show):
        rule, _, model = reader.partition(":")
        found = graph.of(rule, model or None)
        assert found or rule == "tune", f"there is no job of {reader}"  # tune runs on request
        jobs |= found
    return behind(graph, jobs)


def behind(graph: Graph, jobs: Iterable[Job]) -> frozenset[Job]:
    """These jobs and all that follows, and all that waits for the shards where they may change."""
    jobs = graph.with_followers(jobs)
    if any(graph.rule[job] == "settle_shards" for job in jobs):
        jobs |= {job for job, rule in graph.rule.items() if rule not in EARLY}
        jobs = graph.with_followers(jobs)
    return jobs


# What is changed besides the config, and what runs again: by hand, as test_reruns.py plans it.
OTHER = {
    "a line of code in `scripts/` or `scripts/coldwave/`": "the rules whose script imports it, and what follows",
    "the page's templates, style sheet and script": "`write_report`, and the record",
    "a comment, a docstring, the layout of code, another folder, `git checkout` there and back": "nothing",
    "the order of keys, sections or overlays": "nothing",
    "the time of a raw input or of a result (`touch`)": "nothing, up to 10 MB; larger ones count as new",
    "the time of audio files": "`shard_songs`, which reads them once more, and `settle_shards`",
    "one audio file": "`shard_songs`, `settle_shards`, its shard, and what follows",
    "a file that is lost": "the rule that makes it, and what follows",
    "a job that failed": "it, and what follows",
}


HEAD = """\
# What runs again after which change

<!-- `make pages` writes this page from tests/pipeline/rerun_table.py. -->

Only what is affected runs again. The rules that read what has changed run again, and so does all that follows from what
they make. `make test-reruns` plans a run after a change of each key and compares it with this page.

- The last column counts all jobs that run again, in a small run of all stages, that of the tests. It is empty where a
  row is about another run, or about a file.
- The report and the record of the run show the whole config, so they read every key.
- A row about a model is about that model alone.
- `tune` and `predict_new` run on request.
- Rows marked * are about a run on data of your own: plays in a table, a folder of songs, an embedding, scores made
  elsewhere, folds, a contrastive model, and a network with the objective `bpr` and the optimizer `nesterov`. Elsewhere
  some of these keys have no effect, and then nothing reads them.

"""
MARK = {
    "tiny": "",
    "estimated": " (a model of kind `popularity_estimate`)",
    "heard": " (a model that takes the encoder)",
    "own": " *",
    "history": " (a history, no `objective: wpe`)",
    "blend": " (a blend)",
    "grid": " (lists in `wmf`)",
    "spark": " (`engine: spark`)",
    "new": " (`predict_new`)",
    "named": " (`format: yambda`, `source: mel`)",
}


def markdown(graph: Graph) -> str:
    """The page docs/reruns.md, from the graph of the tiny run."""
    rows: dict[tuple[str, str], tuple[list[str], set[int]]] = {}
    for change in TABLE:
        keys, numbers = rows.setdefault((change.base, change.note or _named(change.readers)), ([], set()))
        keys += change.keys
        if change.base == "tiny":
            rules = change.plan(graph) if change.plan else graph.plan(changed_jobs(graph, change.readers)).rules
            numbers.add(sum(number for rule, number in rules.items() if rule != "tune"))
    lines = [f"| changed | read by | jobs, of {len(graph.inputs)} |", "| --- | --- | --: |"]
    for (base, what), (keys, numbers) in rows.items():
        number = "–".join(str(end) for end in sorted({min(numbers), max(numbers)})) if numbers else ""
        lines.append(f"| {_braced(keys)}{MARK[base]} | {what} | {number} |")
    lines += [f"| {what} | {again} | |" for what, again in OTHER.items()]
    protocol, data = (
        ", ".join(f"`{rule}`" for rule in rules.split())
        for rules in (ABOUT_PROTOCOL, ABOUT_DATA.removeprefix(ABOUT_PROTOCOL))
    )
    named = f"What names the protocol: {protocol}. What says what the data are: these, {data}."
    return HEAD + "\n".join([*lines, "", named, ""])


def _named(readers: str) -> str:
    """Readers as the table names them."""
    words = readers.replace(ABOUT_DATA, "(data)").replace(ABOUT_PROTOCOL, "(protocol)").split()
    long = {
        "(data)": "what says what the data are",
        "(protocol)": "what names the protocol",
        "train_cnn:cnn_wpe": "`train_cnn` with `objective: wpe`",
    }
    return ", ".join(long.get(word, f"`{word.partition(':')[0]}`") for word in words) or "nothing else"


def _braced(keys: list[str]) -> str:
    """Keys of one section in braces."""
    sections: dict[str, list[str]] = {}
    for key in dict.fromkeys(re.sub(r"<\w+>\.(?=kind|features)", "<any>.", key) for key in keys):
        section, _, last = key.rpartition(".")
        sections.setdefault(section, []).append(last)
    shown = []
    for section, names in sections.items():
        inside = names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"
        shown += [f"`{section}.{inside}`"] if section else [f"`{name}`" for name in names]
    return ", ".join(shown)


CASES = [(key, value, change) for change in TABLE for key, value in change.keys.items()]
