"""What new songs are placed with: their own files, and those that the finished run has learnt."""

import datetime
import functools

from coldwave.errors import InputError
from coldwave.new_songs.columns import new_embedding
from coldwave.new_songs.state import NAME as BATCH_NAME, check_source, songs_state
from workflow.effective import songs_read
from workflow.headers import check_new_headers
from workflow.learnt import NotLearntError, check_learnt, given

# The models that predict new songs.
PREDICT_NEW = models_with("predicts_new")


def new_batch():
    """The name of the batch that is asked for: of the config, or the date."""
    return SETTINGS["new_songs"]["batch"] or datetime.date.today().isoformat()


def learnt_by_run(wildcards):
    """The files of the finished run that songs are placed with, as they are: no job makes them again."""
    require_learnt()
    return [given(f"results/{SETTINGS['run']}", path) for path in LEARNT]


def of_models(pattern, models):
    """Files of models, relative to the run's folder."""
    return [path.removeprefix("<results>/") for path in for_models(pattern, models)]


# What is learnt, and what the run says of its own songs.
LEARNT = ["provenance.json", "plays/songs.parquet", "plays/users.parquet", "split/split.parquet"]
LEARNT += ["wmf/user_factors.npy", "wmf/song_factors.npy"]
LEARNT += [path for source in SOURCES.values() for path in (source.features, *source.learnt)]
LEARNT += of_models(PREDICTIONS, in_turn(PREDICT_NEW))
LEARNT += of_models(PREDICTION_USERS, [model for model in PREDICT_NEW if MODELS[model].own_users])
LEARNT += of_models(WEIGHTS, [model for model in PREDICT_NEW if MODELS[model].weights])


@functools.cache
def require_learnt():
    """Refuse to place new songs unless the run is finished and made with this config."""
    files = [path for source in SOURCES.values() for path in source.learnt]
    files += of_models(WEIGHTS, [model for model in PREDICT_NEW if MODELS[model].weights])
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
    require_same_source(wildcards.batch)
    return watched(SETTINGS["new_songs"]["path"])


@functools.cache
def require_columns():
    """Refuse tables of new songs that lack columns, before any job starts."""
    if workflow.is_main_process:
        try:
            check_new_headers(SETTINGS)
        except settings.SettingsError as error:
            raise WorkflowError(str(error)) from None


def require_same_source(batch):
    """Refuse to replace a batch by the songs of another table or folder."""
    if workflow.is_main_process:
        try:
            check_source(f"results/{SETTINGS['run']}", batch, SETTINGS["new_songs"]["path"])
        except InputError as error:
            raise WorkflowError(str(error)) from None


def require_embeddings():
    """Refuse to place new songs if no table gives the embeddings that models take."""
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


def new_embedding_sources(wildcards):
    """The tables of new songs' embeddings that models take."""
    return [SETTINGS["new_songs"]["embeddings"][name] for name in EMBEDDINGS]


def new_songs_options():
    """What placing new songs reads of the config: each embedding's table is read as that entry says."""
    tables = SETTINGS["new_songs"]["embeddings"]
    read = {name: new_embedding(SETTINGS["embeddings"][name], tables[name]) for name in EMBEDDINGS if name in tables}
    lists = options("new_songs", "users", "neighbours")
    return lists | {"embeddings": read, "models": PREDICT_NEW, "reading": songs_read(SETTINGS, "new_songs")}


def new_audio_state(wildcards):
    """Digest of path, size and time of every new song's audio file; None without a model that hears audio."""
    new = SETTINGS["new_songs"]
    return songs_state(new["path"], new) if new["path"] and AUDIO_MODELS else state_of_songs(new["path"])


def new_songs_gpu(wildcards):
    """One GPU, if the settings of a model that places the songs ask for GPUs by name."""
    return int(any(SETTINGS["models"][model].get("accelerator") in ("gpu", "cuda") for model in PREDICT_NEW))
