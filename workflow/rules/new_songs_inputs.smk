"""What new songs are predicted from: their own files, and those that the finished run has learnt."""

import functools

from workflow.headers import check_new_headers
from workflow.learnt import NotLearntError, check_learnt, given
from workflow.model_consistency import WITH_FACTORS

# The models that predict new songs: those that hear or are brought something of a song, and names, alone or combined
# with one of them. The others say nothing of a song that nobody has played.
PREDICT_NEW = models_of(*LISTENING, "metadata")


def predicting_new(*kinds):
    """The names of the models of some kinds that predict new songs, in the order of the config."""
    return [name for name in models_of(*kinds) if name in PREDICT_NEW]


def new_settled(*paths):
    """Function of wildcards: paths of new songs' files, asked for once their shards are settled (see `settled`)."""
    return _settled_by("settle_new_shards" if LISTENERS else None, paths)


def learnt(*paths):
    """Function of wildcards: files of the finished run that new songs are predicted with, as they are."""
    wait = new_settled(*(given(f"results/{SETTINGS['run']}", path) for path in paths))

    def finished(wildcards):
        require_learnt()
        return wait(wildcards)

    return finished


@functools.cache
def require_learnt():
    """Refuse to predict new songs unless the run is finished and made with this config."""
    decisive = ["codebook.npy", "frame_scale.npy", "pca_mean.npy", "pca_components.npy"]
    files = [f"bow/{name}" for name in decisive] if LISTENERS else []
    scaling = ["columns.parquet", "mean.npy", "scale.npy"]
    files += [f"embeddings/{name}.{part}" for name in EMBEDDINGS for part in scaling]
    weights = for_models("models/{model}/{seed}.safetensors", [name for name in learnt_models() if name in PREDICT_NEW])
    try:
        check_learnt(f"results/{SETTINGS['run']}", SETTINGS, PREDICT_NEW, files + weights)
    except NotLearntError as error:
        raise WorkflowError(str(error)) from None


def new_songs_source(wildcards):
    """The table or folder of new songs."""
    if SETTINGS["new_songs"]["path"] is None:
        raise WorkflowError("new_songs.path is null: name a table of new songs, or a folder of audio files")
    if not PREDICT_NEW:
        kinds = ", ".join(sorted(LISTENING))
        raise WorkflowError(f"no model of this config predicts new songs: none is of kind {kinds} or metadata")
    require_embeddings()
    require_learnt()
    require_columns()
    return SETTINGS["new_songs"]["path"]


@functools.cache
def require_columns():
    """Refuse tables of new songs that lack columns, before any job starts."""
    if workflow.is_main_process:
        try:
            check_new_headers(SETTINGS)
        except settings.SettingsError as error:
            raise WorkflowError(str(error)) from None


def require_embeddings():
    """Refuse to predict new songs where no table gives the embeddings that models take."""
    lacking = []
    for name in EMBEDDINGS:
        if name not in SETTINGS["new_songs"]["embeddings"]:
            takers = [model for model, entry in SETTINGS["models"].items() if entry.get("features") == name]
            lacking.append(
                f"new_songs.embeddings.{name} is missing: name the table of the new songs' embeddings, which "
                f"{', '.join(takers)} would predict from, or leave models out by null"
            )
    if lacking:
        raise WorkflowError("\n".join(lacking))


def new_embedding_source(wildcards):
    """The table of new songs' embeddings."""
    require_embeddings()
    return SETTINGS["new_songs"]["embeddings"][wildcards.embedding]


def new_embedding_options(wildcards):
    """How that table is read: as that of the run; which columns, the run has recorded."""
    embedding = SETTINGS["embeddings"][wildcards.embedding]
    return {key: embedding[key] for key in ("delimiter", "song")}


def new_features(wildcards):
    """What a model sees of the new songs: the bag of words, or an embedding that the user brings."""
    name = SETTINGS["models"][wildcards.model]["features"]
    return new_settled(NEW_FEATURES if name == "bow" else NEW_EMBEDDED.replace("{embedding}", name))(wildcards)


def new_songs_state(wildcards):
    """Digest of what a folder of new songs holds (see `catalogue_state`)."""
    return state_of_songs(SETTINGS["new_songs"]["path"])


def new_audio_files_state(wildcards):
    """Digest of path, size and time of every new song's audio file (see `audio_files_state`)."""
    return audio_state(f"results/{SETTINGS['run']}/new_songs/songs.parquet")


def new_audio_predictions(wildcards):
    """What the model that a model of kind metadata is combined with predicts of new songs, and the weights for both."""
    audio = SETTINGS["models"][wildcards.model].get("audio")
    if not audio:
        return {}
    return {
        "audio": new_settled(NEW_PREDICTIONS.replace("{model}", audio))(wildcards),
        "weights": learnt("models/{model}/{seed}.safetensors")(wildcards),
    }
