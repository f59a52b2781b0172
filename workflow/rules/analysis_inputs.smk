"""Which models and features the analysis looks at."""


def known_features():
    """The song features that tags are predicted from, where a model takes them."""
    paths = [f"<results>/{source.features}" for source in SOURCES.values() if source.tags]
    return {"features": settled(*paths)} if paths else {}


def first_predictions():
    """What the models that predict factors from audio predict, each with its first seed."""
    return [for_models(PREDICTIONS, [model])[0] for model in models_with("from_audio")]


def mapped_model():
    """The model that the map of songs shows: the one named, else the first network that hears log-mels, else the first
    that predicts factors from audio; None where there is none, and the factors from usage are shown."""
    named = SETTINGS["analysis"]["map"]["model"]
    fitting = [model for model in models_with("from_audio") if MODELS[model].hears_log_mels] + models_with("from_audio")
    return named or next(iter(fitting), None)


def mapped_vectors():
    """The song vectors that the map of songs is made of."""
    model = mapped_model()
    return for_models(PREDICTIONS, [model])[0] if model else "<results>/wmf/song_factors.npy"


def network_learnt_validation():
    """Whether a model has learnt from validation songs, without predictions of them as if it had not."""
    models = {name: SETTINGS["models"][name] for name in models_with("from_audio")}
    return any(model.get("refit", False) and not MODELS[name].left_out for name, model in models.items())
