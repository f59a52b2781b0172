"""Cases of the models that learn from features, names and plays."""

from typing import Any

from scaling.case import Case, made_by, of_model
from scaling.files import Files, Size

SONGS = (1_000, 10_000, 100_000, 300_000)
FEW = (1_000, 10_000, 30_000, 100_000)
PLAYS = (10_000, 100_000, 1_000_000, 3_000_000)
SOME = {"plays": 100_000}


def _factors(files: Files) -> dict[str, Any]:
    return {"split": files.split, "user_factors": files.user_factors, "song_factors": files.song_factors}


def _heard(files: Files) -> dict[str, Any]:
    return _factors(files) | {"features": files.features}


def _played(files: Files) -> dict[str, Any]:
    return {"plays": files.plays, "users": files.users, "split": files.split, "features": files.features}


def _small(files: Files) -> Files:
    """A small run whose models fit the vectors of a larger one."""
    size = Size(plays=20_000, users=500, songs=500, factors=files.size.factors, width=files.size.width)
    return Files(files.folder / "small", size)


def _linear(files: Files, _: int) -> dict[str, Any]:
    return _heard(files) | {"options": of_model("linear")}


def _predict_linear(files: Files, _: int) -> dict[str, Any]:
    learnt = made_by(files, "fit_linear", _linear(files, 0))
    return {"features": files.features, "weights": learnt["weights"], "left_out": learnt["left_out"]}


def _mlp(files: Files, _: int) -> dict[str, Any]:
    options = {"options": of_model("mlp", epochs=2), "seed": 1}
    return {"split": files.split, "features": files.features, "song_factors": files.song_factors} | options


def _predict_mlp(files: Files, _: int) -> dict[str, Any]:
    small = _small(files)
    return {"features": files.features, "weights": made_by(small, "train_mlp", _mlp(small, 0))["weights"]}


def _mlr(files: Files, _: int) -> dict[str, Any]:
    return _played(files) | {"options": of_model("mlr", strengths=[100.0], iterations=5), "seed": 1}


def _predict_mlr(files: Files, _: int) -> dict[str, Any]:
    small = _small(files)
    return _played(files) | {"weights": made_by(small, "fit_mlr", _mlr(small, 0))["weights"]}


def _contrastive(files: Files, _: int) -> dict[str, Any]:
    options = of_model("contrastive", epochs=1, steps=50, accelerator="cpu")
    return _heard(files) | {"plays": files.plays, "options": options, "seed": 1}


def _predict_contrastive(files: Files, _: int) -> dict[str, Any]:
    small = _small(files)
    learnt = made_by(small, "train_contrastive", _contrastive(small, 0))
    return _played(files) | {"weights": learnt["weights"]}


def _attention(files: Files, _: int) -> dict[str, Any]:
    options = of_model("catalogue_attention", epochs=2)
    return _heard(files) | {"songs": files.songs, "options": options, "seed": 1}


def _predict_attention(files: Files, _: int) -> dict[str, Any]:
    learnt = made_by(files, "fit_catalogue_attention", _attention(files, 0))
    known = {name: value for name, value in _heard(files).items() if name != "user_factors"}
    return known | {"songs": files.songs, "weights": learnt["weights"]}


def _names(files: Files, _: int) -> dict[str, Any]:
    return _factors(files) | {"songs": files.songs, "options": of_model("names")}


def _stack(files: Files, _: int) -> dict[str, Any]:
    learnt = made_by(files, "fit_linear", _linear(files, 0))
    audio = {"audio": files.predictions("linear")[0], "audio_weights": learnt["weights"]}
    options = {"options": of_model("names_linear") | {"left_out": True}}
    return _factors(files) | {"songs": files.songs} | audio | options


def _blend(files: Files, _: int) -> dict[str, Any]:
    learnt = made_by(files, "fit_linear", _linear(files, 0), "linear")["weights"]
    options = of_model("blend") | {"always_new": ["linear"]}
    users = [files.user_factors, files.user_factors]
    return {"plays": files.plays, "split": files.split, "audio": files.predictions("linear", "knn"),
            "audio_users": users, "audio_weights": [learnt], "options": options}  # fmt: skip


def _predict_blend(files: Files, _: int) -> dict[str, Any]:
    small = _small(files)
    weights = made_by(small, "learn_blend", _blend(small, 0))["weights"]
    users = [files.user_factors, files.user_factors]
    return {"audio": files.predictions("linear", "knn"), "audio_users": users, "weights": weights}


def _popularity(files: Files, _: int) -> dict[str, Any]:
    known = {"plays": files.plays, "songs": files.songs, "split": files.split, "features": files.features}
    return known | {"options": of_model("popularity_estimate")}


def _scale(files: Files, _: int) -> dict[str, Any]:
    return {"vectors": files.features, "split": files.split, "options": {"standardize": True}}


CASES = (
    Case("fit_linear", "songs", SONGS, _linear, SOME),
    Case("fit_linear", "width", (50, 200, 800, 2_000), _linear, SOME | {"songs": 20_000}),
    Case("predict_linear", "songs", SONGS, _predict_linear, SOME),
    Case("scale_embeddings", "songs", SONGS, _scale, SOME),
    Case("predict_knn", "plays", PLAYS, lambda files, _: _played(files)),
    Case("train_mlp", "songs", FEW, _mlp, SOME),
    Case("predict_mlp", "songs", SONGS, _predict_mlp, SOME),
    Case("fit_mlr", "plays", PLAYS, _mlr),
    Case("predict_mlr", "plays", PLAYS, _predict_mlr),
    Case("train_contrastive", "plays", PLAYS, _contrastive),
    Case("predict_contrastive", "plays", PLAYS, _predict_contrastive),
    Case("fit_catalogue_attention", "songs", FEW, _attention, SOME),
    Case("predict_catalogue_attention", "songs", FEW, _predict_attention, SOME),
    Case("predict_names", "songs", SONGS, _names, SOME),
    Case("stack_names", "songs", SONGS, _stack, SOME),
    Case("learn_blend", "plays", PLAYS, _blend),
    Case(
        "predict_blend", "users", (1_000, 10_000, 100_000, 1_000_000), _predict_blend, {"plays": 20_000, "songs": 1_000}
    ),
    Case("fit_popularity", "songs", SONGS, _popularity, SOME),
)
