"""What new songs are predicted from: their own files, and those that the finished run has learnt."""

import functools

from coldwave.audio.shards import shard_names
from workflow.effective import songs_read
from workflow.headers import check_new_headers
from workflow.learnt import NotLearntError, check_learnt, given

NEW_SHARDS = shard_names(SETTINGS["new_songs"]["shards"])
NEW_SONGS = "<results>/new_songs/songs.parquet"
NEW_MANIFEST = "<results>/new_songs/audio/manifests/{shard}.parquet"
NEW_LOG_MEL = "<results>/new_songs/audio/log_mel/{shard}.npy"
NEW_TABLE = "<results>/new_songs/audio/log_mel/{shard}.parquet"
NEW_INDEX = "<results>/new_songs/audio/index.parquet"
NEW_PREDICTIONS = "<results>/new_songs/predictions/{model}/{seed}.npy"

# The models that predict new songs, and those of them whose predictions are factors, for which users are listed.
PREDICT_NEW = models_with("predicts_new")
NEW_LISTED = [model for model in PREDICT_NEW if MODELS[model].factors]

# Every file that `snakemake -- predict_new` asks for. A rule that makes one adds it.
NEW_KEPT = for_models(NEW_PREDICTIONS, PREDICT_NEW)


def new_settled(*paths):
    """Make a function of wildcards that gives paths of new songs once their shards are settled (see `settled`)."""
    return _settled_by("settle_new_shards" if AUDIO_MODELS else None, paths)


def learnt(*paths):
    """Make a function of wildcards that gives files of the finished run, to predict new songs with, as they are."""
    wait = new_settled(*(given(f"results/{SETTINGS['run']}", path.removeprefix("<results>/")) for path in paths))

    def finished(wildcards):
        require_learnt()
        return wait(wildcards)

    return finished


@functools.cache
def require_learnt():
    """Refuse to predict new songs unless the run is finished and made with this config."""
    files = [path for source in SOURCES.values() for path in source.learnt]
    weights = for_models(WEIGHTS, in_turn(model for model in PREDICT_NEW if MODELS[model].weights))
    files += [path.removeprefix("<results>/") for path in weights]
    try:
        check_learnt(f"results/{SETTINGS['run']}", SETTINGS, PREDICT_NEW, files)
    except NotLearntError as error:
        raise WorkflowError(str(error)) from None


def new_songs_source(wildcards):
    """The table or folder of new songs."""
    if SETTINGS["new_songs"]["path"] is None:
        raise WorkflowError("new_songs.path is null: name a table of new songs, or a folder of audio files")
    if not PREDICT_NEW:
        fitting = kinds.either(kinds.names_of("predicts_new"))
        raise WorkflowError(f"no model of this config predicts new songs: none is of kind {fitting}")
    require_embeddings()
    require_learnt()
    require_columns()
    return watched(SETTINGS["new_songs"]["path"])


@functools.cache
def require_columns():
    """Refuse tables of new songs that lack columns, before any job starts."""
    if workflow.is_main_process:
        try:
            check_new_headers(SETTINGS)
        except settings.SettingsError as error:
            raise WorkflowError(str(error)) from None


def require_embeddings():
    """Refuse to predict new songs if no table gives the embeddings that models take."""
    lacking = []
    for name in EMBEDDINGS:
        if name not in SETTINGS["new_songs"]["embeddings"]:
            takers = [model for model, entry in SETTINGS["models"].items() if entry.get("features") == name]
            lacking.append(
                f"new_songs.embeddings.{name} is missing: name the table of the new songs' embeddings, for "
                f"{', '.join(takers)}, or set these models to null"
            )
    if lacking:
        raise WorkflowError("\n".join(lacking))


def new_features(wildcards):
    """The features that a model takes of the new songs."""
    source = SOURCES[SETTINGS["models"][wildcards.model]["features"]]
    return new_settled(f"<results>/{source.new_features}")(wildcards)


def new_songs_state(wildcards):
    """Digest of what a folder of new songs holds (see `catalogue_state`)."""
    return state_of_songs(SETTINGS["new_songs"]["path"])


def new_audio_files_state(wildcards):
    """Digest of path, size and time of every new song's audio file (see `audio_files_state`)."""
    return audio_state(f"results/{SETTINGS['run']}/new_songs/songs.parquet")


def new_audio_predictions(wildcards):
    """What the models that a model stands on predict of new and known songs, and its weights; else nothing."""
    predictions = stood_on(wildcards.model, NEW_PREDICTIONS)
    if not predictions:
        return {}
    return {
        "audio": new_settled(*predictions)(wildcards),
        "catalogue_audio": learnt(*stood_on(wildcards.model))(wildcards),
        "weights": learnt(WEIGHTS)(wildcards),
    }
