"""What jobs ask of the machine that runs them, by the sizes of their inputs: one table, one row a rule.

The rows follow from the measurements in benchmarks/scale.csv, made on two cores, with a margin (docs/scale.md).
A rule that is not measured has a row like that of one that does the like. Sizes are those of files. A need is not a
parameter: a change of it reruns no job.
"""

from collections.abc import Callable
from typing import Any

from workflow.needs import Asked, Need, memory_asked, minutes_asked, threads_asked

_TABLE = Need(mb=400)  # tables and drawings made of small tables
_PREDICTED = {"features": 8.0, "song_factors": 8.0, "songs": 40.0}  # what models that predict songs hold, at most
_NAMES = {"songs": 60.0, "song_factors": 40.0, "audio": 30.0}  # of those that estimate effects of names
_PLAYED = {"plays": 25.0, "users": 40.0, "features": 6.0}  # likewise of models of plays
_VECTORS = {"users": 2.0, "songs": 10.0, "source": 4.0, "source_users": 4.0}  # made elsewhere
_RANKED = {"plays": 25.0, "users": 2.0, "predictions": 4.0}
_RANKING = {
    "threads": 4,
    "mb_a_thread": 10.0,
    "minutes": 60,
    "minutes_per_mb": {"users": 0.1},
    "minutes_per_product": {("users", "songs"): 0.001},
}

NEEDS = {
    "make_world": Need(threads=8, mb=2000, minutes=20),
    # plays and split
    "match_history": Need(threads=8, mb=600, mb_per_mb={"source": 3.0, "catalogue": 10.0}, minutes=60),
    "read_plays": Need(
        threads=8,
        mb_a_thread=50.0,
        mb=600,
        mb_per_mb={"source": 2.0, "catalogue": 10.0, "also": 10.0},
        minutes_per_mb={"source": 0.01},
    ),
    "cut_plays": Need(threads=8, mb=600, mb_per_mb={"source": 2.0, "all_plays": 20.0}, minutes_per_mb={"source": 0.01}),
    "split_songs": Need(mb=400, mb_per_mb={"songs": 20.0}),
    # wmf
    "choose_wmf": Need(
        threads=8,
        mb=600,
        mb_per_mb={"plays": 40.0},
        mb_per_factor={"plays": 0.5},
        mb_a_factor=3.0,
        minutes=120,
        minutes_per_factor={"plays": 0.15},
    ),
    "factorise_plays": Need(
        threads=8,
        mb_a_thread=1.0,
        mb=400,
        mb_per_mb={"plays": 40.0},
        mb_per_factor={"users": 0.5, "split": 8.0},
        mb_a_factor=3.0,
        minutes=20,
        minutes_per_factor={"plays": 0.01},
    ),
    "factorise_plays_spark": Need(
        threads=8, mb=4000, mb_per_mb={"plays": 100.0}, minutes=60, minutes_per_factor={"plays": 0.1}
    ),
    "evaluate_warm": Need(
        threads=8,
        mb_a_thread=1.0,
        mb=600,
        mb_per_mb={"plays": 60.0},
        mb_per_factor={"users": 0.5, "split": 8.0},
        mb_a_factor=3.0,
        minutes=60,
        minutes_per_factor={"plays": 0.1},
    ),
    # audio and features
    "shard_songs": Need(threads=4, mb=400, mb_per_mb={"songs": 20.0}, minutes=60),
    "extract_log_mel": Need(threads=4, mb=1500, minutes=60, minutes_per_mb={"manifest": 600.0}),
    "index_audio": Need(mb=400, mb_per_mb={"songs": 20.0, "tables": 10.0}),
    "encode_songs": Need(threads=4, mb=3500, minutes=120, minutes_per_mb={"manifest": 2400.0}),
    "gather_encodings": Need(mb=400, mb_per_mb={"songs": 20.0, "arrays": 4.0}, minutes=20),
    "gather_tags": Need(mb=400, mb_per_mb={"songs": 20.0, "arrays": 4.0}, minutes=20),
    "read_embeddings": Need(
        mb=600, mb_per_mb={"source": 2.0, "songs": 20.0}, minutes=20, minutes_per_mb={"source": 0.02}
    ),
    "scale_embeddings": Need(mb=400, mb_per_mb={"vectors": 8.0}, minutes_per_mb={"vectors": 0.01}),
    "learn_codebook": Need(threads=8, mb=1000, mb_per_mb={"log_mels": 1.2}, most_mb=6000, minutes=120),
    "count_words": Need(mb=1000, mb_per_mb={"log_mel": 1.5}, minutes_per_mb={"log_mel": 0.1}),
    "reduce_counts": Need(threads=8, mb=1000, mb_per_mb={"counts": 45.0}, minutes=30, minutes_per_mb={"counts": 0.1}),
    # models
    "fit_linear": Need(
        threads=4,
        mb=400,
        mb_per_mb={"features": 8.0, "song_factors": 12.0},
        minutes=20,
        minutes_per_mb={"features": 0.05},
    ),
    "predict_linear": Need(mb=400, mb_per_mb={"features": 6.0, "left_out": 6.0}),
    "predict_knn": Need(mb=400, mb_per_mb=_PLAYED, minutes_per_mb={"plays": 0.2}),
    "train_mlp": Need(mb=1000, mb_per_mb=_PREDICTED, minutes=30, minutes_per_mb={"features": 0.3}),
    "predict_mlp": Need(mb=400, mb_per_mb={"features": 25.0}, minutes_per_mb={"features": 0.05}),
    "fit_mlr": Need(mb=1000, mb_per_mb=_PLAYED, minutes=240, minutes_per_mb={"plays": 1.0}),
    "predict_mlr": Need(mb=400, mb_per_mb=_PLAYED, minutes_per_mb={"plays": 0.2}),
    "train_contrastive": Need(mb=1500, mb_per_mb=_PLAYED, minutes=300, minutes_per_mb={"plays": 1.0}),
    "predict_contrastive": Need(mb=400, mb_per_mb=_PLAYED, minutes_per_mb={"plays": 0.2}),
    "fit_catalogue_attention": Need(mb=1000, mb_per_mb=_PREDICTED, minutes=60, minutes_per_mb={"features": 0.5}),
    "predict_catalogue_attention": Need(mb=600, mb_per_mb=_PREDICTED, minutes=20, minutes_per_mb={"features": 0.1}),
    "predict_names": Need(mb=400, mb_per_mb=_NAMES, minutes_per_mb={"songs": 2.0}),
    "stack_names": Need(threads=4, mb=400, mb_per_mb=_NAMES, minutes_per_mb={"songs": 2.0}),
    "fit_popularity": Need(threads=4, mb=600, mb_per_mb=_PREDICTED, minutes=20, minutes_per_mb={"features": 0.05}),
    "predict_popularity_estimate": Need(mb=400, mb_per_mb=_PREDICTED),
    "learn_blend": Need(
        mb=600, mb_per_mb={"plays": 30.0, "audio": 3.0, "audio_users": 3.0}, minutes=30, minutes_per_mb={"plays": 0.2}
    ),
    "predict_blend": Need(mb=400, mb_per_mb={"audio": 4.0, "audio_users": 4.0}, minutes_per_mb={"audio_users": 0.02}),
    "train_cnn": Need(threads=8, mb=4000, mb_per_mb={"log_mels": 1.2, "plays": 40.0}, most_mb=16000, minutes=1440),
    "predict_cnn": Need(
        threads=8, mb=2000, mb_per_mb={"log_mels": 1.2}, most_mb=8000, minutes=60, minutes_per_mb={"log_mels": 0.01}
    ),
    "predict_random": Need(mb=400, mb_per_mb={"users": 40.0, "songs": 20.0}),
    "predict_mean": Need(mb=400, mb_per_mb={"song_factors": 4.0}),
    "predict_planted": Need(mb=1000, mb_per_mb=_PREDICTED),
    "predict_usage": Need(
        threads=4,
        mb=400,
        mb_per_mb={"plays": 25.0, "user_factors": 4.0, "song_factors": 6.0},
        minutes=20,
        minutes_per_mb={"plays": 0.5},
    ),
    "predict_usage_in_sample": Need(mb=400, mb_per_mb={"song_factors": 2.0}),
    "predict_popularity": Need(mb=400, mb_per_mb={"users": 20.0, "songs": 20.0}),
    "read_scores": Need(mb=1000, mb_per_mb={"source": 20.0, "users": 20.0, "songs": 20.0}, minutes=120),
    "read_vectors": Need(mb=600, mb_per_mb=_VECTORS, minutes=120),
    "read_factors": Need(mb=600, mb_per_mb=_VECTORS, minutes=120),
    # evaluation
    "evaluate_model": Need(mb_per_mb=_RANKED, mb=1000, **_RANKING),
    "rank_users": Need(mb_per_mb=_RANKED | {"songs": 10.0}, mb=600, **_RANKING),
    "tabulate_recommendation": Need(mb=400, mb_per_mb={"scores": 2.5}),
    "tabulate_ranking": Need(mb=400, mb_per_mb={"scores": 2.5}),
    "tabulate_published": _TABLE,
    "compare_models": Need(mb=600, mb_per_mb={"scores": 1.5}, minutes=30, minutes_per_mb={"scores": 0.05}),
    "tabulate_strata": Need(
        mb=600, mb_per_mb={"scores": 1.0, "plays": 40.0}, minutes=20, minutes_per_mb={"scores": 0.05}
    ),
    "tabulate_where": Need(
        threads=4,
        mb=1000,
        mb_per_mb={"plays": 40.0, "predictions": 3.0, "user_factors": 3.0},
        minutes=60,
        minutes_per_mb={"user_factors": 1.0},
    ),
    "count_plays_worth": Need(
        threads=4,
        mb=1000,
        mb_per_mb={"plays": 60.0, "predictions": 3.0, "user_factors": 4.0},
        minutes=120,
        minutes_per_mb={"user_factors": 5.0},
    ),
    "draw_plays_worth": _TABLE,
    # analysis, audit and report
    "predict_tags": Need(
        threads=8, mb=1000, mb_per_mb={"features": 12.0, "song_factors": 12.0, "predictions": 12.0}, minutes=240
    ),
    "describe_factors": Need(threads=2, mb=400, mb_per_mb={"songs": 20.0, "song_factors": 8.0}),
    "find_neighbours": Need(
        threads=4,
        mb=600,
        mb_per_mb={"songs": 20.0, "song_factors": 8.0, "predictions": 8.0},
        minutes=60,
        minutes_per_mb={"song_factors": 5.0},
    ),
    "map_songs": Need(threads=8, mb=800, mb_per_mb={"vectors": 20.0}, minutes=60, minutes_per_mb={"vectors": 10.0}),
    "draw_map": Need(mb=600, mb_per_mb={"songs": 20.0}, minutes=20),
    "compare_factors": Need(threads=2, mb=600, mb_per_mb={"songs": 20.0, "song_factors": 10.0, "predictions": 10.0}),
    "draw_confidences": Need(mb=400, mb_per_mb={"plays": 20.0}),
    "draw_spectrograms": Need(mb=1000, mb_per_mb={"songs": 20.0}),
    "draw_filters": _TABLE,
    "judge_popularity": Need(mb=600, mb_per_mb=_PREDICTED | {"plays": 10.0}, minutes=20),
    "audit_leakage": Need(
        threads=8,
        mb=2500,
        mb_per_mb={"plays": 100.0, "user_factors": 4.0, "song_factors": 6.0, "song_features": 8.0, "counts": 60.0},
        minutes=240,
        minutes_per_mb={"plays": 20.0},
    ),
    "choose_examples": Need(
        mb=600,
        mb_per_mb={"plays": 20.0, "users": 20.0, "songs": 20.0, "features": 6.0, "predictions": 4.0},
        minutes=20,
        minutes_per_mb={"features": 0.01, "predictions": 0.01},
    ),
    "cut_excerpts": Need(threads=4, mb=1000, mb_per_mb={"songs": 20.0, "manifests": 20.0}, minutes=20),
    "write_report": Need(mb=400, mb_per_mb={"scores": 1.0, "plays": 20.0, "songs": 20.0}),
    "record_provenance": Need(mb=600, minutes=60),
    # on request
    "tune": Need(threads=8, mb=6000, mb_per_mb={"plays": 60.0, "features": 6.0}, minutes=1440),
    "place_new_songs": Need(threads=8, mb=1600, mb_per_mb={"learnt": 6.0}, minutes=240),
}


def memory_of(rule: str, factors: int = 0) -> Asked:
    """The memory of a rule's job in MB, as a function for Snakemake; ``factors`` as in `Need`."""
    return memory_asked(NEEDS[rule], factors)


def minutes_of(rule: str, factors: int = 0, jobs: int = 1) -> Asked:
    """The time of a rule's job in minutes, as a function for Snakemake; ``factors`` and ``jobs`` as in `Need`."""
    return minutes_asked(NEEDS[rule], factors, jobs)


def threads_of(rule: str) -> Callable[[Any, Any], int]:
    """The threads of a rule's job, as a function for Snakemake."""
    return threads_asked(NEEDS[rule])
