"""What the examples of the report are chosen from, and whether songs have files that excerpts are cut from."""

# What is read of each model, to recommend with it
READ_OF_MODELS = ("kind", "features", "audio", "models", "similarity")


def examples_models():
    """The models that hear, one of which recommends, and those that others stand on, in the order of the config."""
    wanted = {*models_with("hears"), *parts_of_others()}
    return [model for model in MODELS if model in wanted]


def examples_hear():
    """The vectors and weights of those models, and the song features that they take."""
    models = examples_models()
    paths = {
        "predictions": for_models(PREDICTIONS, models),
        "prediction_users": for_models(PREDICTION_USERS, [name for name in models if MODELS[name].own_users]),
        "weights": for_models(WEIGHTS, [name for name in models if MODELS[name].weights]),
        "features": [f"<results>/{source.features}" for source in SOURCES.values()],
    }
    return {name: settled(*found) for name, found in paths.items() if found}


def examples_config():
    """What is read of the config to recommend songs."""
    models = {name: SETTINGS["models"][name] for name in examples_models()}
    read = {name: {key: model[key] for key in READ_OF_MODELS if key in model} for name, model in models.items()}
    named = {section: sources_of(section) for section in ("embeddings", "encoders")}
    return named | {"models": read, "wmf": wmf_options(*FOLDING)}


def hears_files():
    """Whether the run reads audio files, which excerpts can be cut from, and not mel-spectrograms in place of them."""
    return bool(AUDIO_MODELS) and SETTINGS["audio"]["source"] != "mel"


def cuts_excerpts():
    """Whether excerpts are cut: nothing reads the songs' files otherwise."""
    return hears_files() and bool(SETTINGS["report"]["excerpts"])


def listen_options():
    """What the page says of excerpts, and of who knows the plays of test songs."""
    shown = SETTINGS["report"]
    known = SETTINGS["protocol"] == "transductive"
    return {"files": hears_files(), "known": known, "megabytes": shown["megabytes"], "most": shown["excerpts"] or 0}


def excerpts_options():
    """The settings that excerpts depend on; none if none are cut."""
    if not cuts_excerpts():
        return {}
    audio = settings.options(SETTINGS, "audio", "duration", "offset", "min_seconds", "timeout")
    return options("report", "excerpts", "seconds", "megabytes", audio=audio, seed=SEED)
