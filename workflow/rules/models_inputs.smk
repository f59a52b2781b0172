"""The models, the files that they make, and what they take of songs."""

from workflow.effective import model_read

WEIGHTS = "<results>/models/{model}/{seed}.safetensors"
CURVE = "<results>/models/{model}/{seed}.parquet"
LEFT_OUT = "<results>/models/{model}/{seed}.left_out.npy"
PREDICTIONS = "<results>/predictions/{model}/{seed}.npy"
PREDICTION_USERS = "<results>/predictions/{model}/{seed}.users.npy"


def models_of(*names):
    """The names of the models of some kinds, as tables name these, in the order of the config."""
    return [model for model, row in MODELS.items() if row.name in names]


def models_with(having):
    """The names of the models whose kind has a property, in the order of the config."""
    return [model for model, row in MODELS.items() if getattr(row, having)]


def parts_of_others():
    """The names of the models that others stand on, each once."""
    return list(dict.fromkeys(part for model in SETTINGS["models"].values() for part in kinds.stood_on(model)))


def brought_files():
    """Map the models that are made elsewhere to the files that they name, by setting."""
    models = {name: SETTINGS["models"][name] for name in models_with("brought")}
    return {name: {key: model[key] for key in MODELS[name].brought if model[key]} for name, model in models.items()}


def in_turn(models):
    """Sort models: each comes after those that it stands on."""
    return sorted(models, key=lambda model: kinds.depth(SETTINGS["models"], model))


def seeds_of(model):
    """The seeds that a model runs with: all of them, or the first if it does not depend on chance."""
    return SEEDS if kinds.has_chance(SETTINGS["models"], model) else SEEDS[:1]


def for_models(pattern, models):
    """A path for every model and each of its seeds."""
    return [path for model in models for path in expand(pattern, model=model, seed=seeds_of(model))]


def model_options(wildcards):
    """The settings that learning the model reads."""
    return model_read(SETTINGS["models"][wildcards.model])


def gpu_by_name(wildcards):
    """The GPU to reserve, if the model's settings ask for one by name."""
    return int(SETTINGS["models"][wildcards.model]["accelerator"] in ("gpu", "cuda"))


def song_features(wildcards):
    """The features that a model takes of the songs."""
    return settled(features_path(wildcards.model))(wildcards)


song_features.paths = [f"<results>/{source.features}" for source in SOURCES.values()]


def features_path(model):
    """The file of the features that a model takes."""
    return f"<results>/{SOURCES[SETTINGS['models'][model]['features']].features}"


def stood_on(model, pattern=PREDICTIONS, having="name"):
    """The predictions that a model stands on, each with the same seed if it depends on chance.

    With ``having``, those of models whose kind has a property.
    """
    others = [other for other in kinds.stood_on(SETTINGS["models"][model]) if getattr(MODELS[other], having)]
    seeds = {other: "{seed}" if len(seeds_of(other)) > 1 else f"{SEED}" for other in others}
    return [pattern.replace("{model}", other).replace("{seed}", seed) for other, seed in seeds.items()]


def audio_predictions(wildcards):
    """The predictions of the models that a model stands on."""
    return settled(*stood_on(wildcards.model))(wildcards)


audio_predictions.paths = [path for model in MODELS for path in stood_on(model)]


def users_stood_on(model):
    """The user vectors of the models that a model stands on: their own, or the factorisation's."""
    own = stood_on(model, PREDICTION_USERS)
    others = kinds.stood_on(SETTINGS["models"][model])
    factors = "<results>/wmf/user_factors.npy"
    return [path if MODELS[other].own_users else factors for other, path in zip(others, own, strict=True)]


def audio_users(wildcards):
    """The user vectors of the models that a model stands on."""
    return settled(*users_stood_on(wildcards.model))(wildcards)


audio_users.paths = [path for model in MODELS for path in users_stood_on(model)]


def audio_weights(wildcards):
    """The weights of the models that a model stands on, of those that have some."""
    return settled(*stood_on(wildcards.model, WEIGHTS, "weights"))(wildcards)


audio_weights.paths = [path for model in MODELS for path in stood_on(model, WEIGHTS, "weights")]


def stack_options(wildcards):
    """The settings that combining models reads, and whether these leave out each song that they have learnt from."""
    others = kinds.stood_on(SETTINGS["models"][wildcards.model])
    return model_options(wildcards) | {"left_out": all(MODELS[other].left_out for other in others)}


def blend_options(wildcards):
    """The settings that a blend reads, and which of its models predict songs that they have learnt from as new ones."""
    own = model_options(wildcards)
    return own | {"always_new": [other for other in own["models"] if MODELS[other].always_new]}


# The files of every model, by its kind.
KEPT += for_models(PREDICTIONS, MODELS)
KEPT += for_models(WEIGHTS, models_with("weights"))
KEPT += for_models(CURVE, models_with("curve"))
KEPT += for_models(LEFT_OUT, models_with("left_out"))
KEPT += for_models(PREDICTION_USERS, models_with("own_users"))
