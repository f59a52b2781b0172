"""The encoders that models take, and how they hear songs."""

from coldwave.encoders.tags import tag_names

ENCODERS = sources_of("encoders")
TAGGERS = [encoder for encoder in ENCODERS if tag_names(SETTINGS["encoders"][encoder]["network"])]


def encoder_model(wildcards):
    """The file of an encoder, or the folder of its weights; nothing where these are an installed package."""
    path = SETTINGS["encoders"][wildcards.encoder]["path"]
    return {"model": watched(path)} if path else {}


encoder_model.paths = []  # no file of the run


def encoder_options(wildcards):
    """What encoding songs reads of the config: the entry but its path, which is an input, and its scaling."""
    entry = SETTINGS["encoders"][wildcards.encoder]
    return {
        "audio": options("audio", "duration", "min_seconds", "offset"),
        "entry": {key: entry[key] for key in sorted(entry) if key not in ("licence", "path", "standardize")},
    }


def encoder_paths():
    """The files and folders of encoders that models take, where the config names them."""
    paths = {encoder: SETTINGS["encoders"][encoder]["path"] for encoder in ENCODERS}
    return {encoder: path for encoder, path in paths.items() if path}


def about_encoders():
    """What the record of the run is told of the encoders that models take."""
    entries = {encoder: SETTINGS["encoders"][encoder] for encoder in ENCODERS}
    return {encoder: {key: entry[key] for key in ("licence", "network")} for encoder, entry in entries.items()}
