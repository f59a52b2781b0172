"""What the stages share: the checked config, paths, and the parameters that decide on reruns."""

import functools
import re
from types import SimpleNamespace

from snakemake.exceptions import WorkflowError

from coldwave.audio.state import audio_state, folder_state
from coldwave.world.planted import planted
from workflow import settings
from workflow.code import code as code_digests
from workflow.code import text_digest
from workflow.consistency import FACTORS_FROM_AUDIO, WITH_FACTORS, tuned_model
from workflow.effective import model_read, plays_read, songs_read, split_read
from workflow.engines import spark_lacks
from workflow.learnt import NotLearntError, check_learnt, given
from workflow.needs import growing

ROOT = Path(workflow.basedir)

try:
    SETTINGS = settings.check(settings.default_first(config, ROOT / "config.yaml"))
    settings.check_files(SETTINGS)
except settings.SettingsError as error:
    raise WorkflowError(str(error)) from None


pathvars:
    results=f"results/{SETTINGS['run']}",


# What is said of the data and the protocol wherever a result is shown.
DATA_NOTE = planted() if SETTINGS["world"] else SETTINGS["data_note"] or ""
PROTOCOL_NOTE = {
    "strict": "Protocol: strict. User factors and every model are learnt from training songs and chosen on validation "
    "songs; nothing of a test song is used before the evaluation, except by the upper bound (kind usage), made of its "
    "plays.",
    "transductive": "Protocol: transductive. User and song factors are fitted to all plays, those of validation and "
    "test songs included, as the paper's probably were; so the factors of validation songs, which models are chosen by, "
    "are fitted as well. Every model is still learnt from training songs alone. Users' vectors already know the test "
    "plays: compare with a strict run before taking a score for that of a new song.",
}[SETTINGS["protocol"]]
PROTOCOL_NOTE += {
    "song": "",
    "artist": " Split by artist: no artist is in two parts.",
    "date": " Split by release date: the newest songs are test songs, and those without a date training songs.",
}[SETTINGS["split"]["by"]]
if SETTINGS["split"]["path"]:
    PROTOCOL_NOTE += f" The split was made elsewhere ({Path(SETTINGS['split']['path']).name})."
if SETTINGS["split"]["folds"]:
    PROTOCOL_NOTE += f" Cross-validation: the test songs of a run are one of {SETTINGS['split']['folds']} folds."
if any(model["kind"] == "popularity" for model in SETTINGS["models"].values()):
    PROTOCOL_NOTE += " Kind popularity is an oracle: it knows how many users each test song has."

# What the workflow has to know of the kinds of models. Where no model listens, no audio is read.
LISTENING = {"knn", "mlr", "linear", "mlp", "cnn"}  # unless their features are an embedding that the user brings
WITH_CHANCE = {"random", "mlr", "mlp", "cnn"}  # run once for each seed
WITH_OWN_USERS = {"random", "knn", "mlr", "popularity"}  # not scored with the user factors of the factorisation

# What a network has none of where it stands beside the paper's in its tables.
AS_PUBLISHED = {
    "averaging": 0.0,
    "blocks": "plain",
    "dropout": 0.0,
    "mask_bands": 0,
    "mask_frames": 0,
    "mixup": 0.0,
    "normalization": "none",
    "pooling": "flatten",
    "temper": 0.0,
    "unit_norm": False,
}

# The models that listen, and the embeddings that models take in place of audio.
LISTENERS = [
    name
    for name, model in SETTINGS["models"].items()
    if model["kind"] in LISTENING and model.get("features", "bow") == "bow"
]
EMBEDDINGS = sorted({model.get("features", "bow") for model in SETTINGS["models"].values()} - {"bow"})

# The models that predict new songs: those that listen, and names, alone or combined with one of them. An embedding of a
# new song would have to be brought, and the others say nothing of a song.
PREDICT_NEW = [
    name
    for name, model in SETTINGS["models"].items()
    if name in LISTENERS or (model["kind"] == "metadata" and model.get("audio") in (None, *LISTENERS))
]

# Every file that the workflow keeps. `rule all` asks for each of them, or a lost one would go unnoticed.
KEPT = []

# What the report shows besides its own tables and figures: files of tables/ (.md) and figures/ (.svg), under the
# headings of the page. A rule that makes one adds it.
EXHIBITS = {"Comparison of models": [], "Songs": [], "Protocol": []}

SEED = SETTINGS["seed"]
SEEDS = list(range(SEED, SEED + SETTINGS["repeats"]))


def options(section, *keys, **others):
    """The settings that a job reads, and no others, so that a changed key reruns only what reads it."""
    return dict(sorted((settings.options(SETTINGS, section, *keys) | others).items()))


def plays_inputs():
    """The files that the plays stage reads: the plays and, where they are named, the songs table and ids to leave out."""
    plays = SETTINGS["plays"]
    named = {"source": plays["path"], "catalogue": plays["songs"]["path"], "excluded": plays["songs"]["exclude"]}
    return {name: path for name, path in named.items() if path}


def code(script):
    """Digests of a script and of the project's modules that it imports."""
    return code_digests(ROOT / "scripts" / script, ROOT)


def cache_folder(wildcards, input):
    """Where a rule may keep what can be made again.

    It takes the rule's input, which it does not need, because Snakemake leaves such parameters out of what reruns a
    job: another folder changes no result.
    """
    return SETTINGS["cache"]


def spark_settings(wildcards, input):
    """Where Spark runs. It takes the rule's input, as the folder of the cache does, because it changes no result."""
    return {key: SETTINGS["wmf"]["spark"][key] for key in ("master", "settings")}


def memory_of_job(wildcards, resources):
    """Megabytes that a job was given; no reason to run it again."""
    return resources.mem_mb


def models_of(*kinds):
    """The names of the models of some kinds, in the order of the config."""
    return [name for name, model in SETTINGS["models"].items() if model["kind"] in kinds]


def one_of(names):
    """A wildcard constraint: one of the names, or nothing at all where there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def model_options(wildcards):
    """The settings of the model that its learning reads."""
    return model_read(SETTINGS["models"][wildcards.model])


def features(wildcards):
    """What a model sees of the songs: the bag of words, or an embedding that the user brings."""
    return features_of(wildcards.model)(wildcards)


features.paths = ["<results>/bow/features.npy"] * bool(LISTENERS)
features.paths += [f"<results>/embeddings/{name}.features.npy" for name in EMBEDDINGS]


def features_of(model):
    """The same for a model by its name, as a function of wildcards."""
    name = SETTINGS["models"][model]["features"]
    return settled("<results>/bow/features.npy" if name == "bow" else f"<results>/embeddings/{name}.features.npy")


def embedding_source(wildcards):
    """The file of an embedding."""
    return SETTINGS["embeddings"][wildcards.embedding]["path"]


def embedding_options(wildcards):
    """How the file of an embedding is read; the seed only where it decides."""
    embedding = SETTINGS["embeddings"][wildcards.embedding]
    read = {key: embedding[key] for key in ("columns", "delimiter", "shuffle", "song")}
    return dict(sorted((read | ({"seed": SEED} if embedding["shuffle"] else {})).items()))


def seeds_of(model):
    """The seeds that a model runs with: all of them, or the first where nothing in it is left to chance."""
    model = SETTINGS["models"][model].get("audio") or model  # one that builds on another has the other's
    return SEEDS if SETTINGS["models"][model]["kind"] in WITH_CHANCE else SEEDS[:1]


def for_models(pattern, models):
    """A path for every model and each of its seeds."""
    return [path for model in models for path in expand(pattern, model=model, seed=seeds_of(model))]


def settled(*paths):
    """Function of wildcards: the paths, asked for once the shards are settled.

    Every input behind the shards uses it. Snakemake decides on reruns before it runs anything, except behind a
    checkpoint: with plain paths, audio files that were only touched would rerun all that follows.
    """
    return _settled_by("shard_songs" if LISTENERS else None, paths)


def _settled_by(checkpoint, paths):
    def wait(wildcards):
        if checkpoint:
            getattr(checkpoints, checkpoint).get()
        found = [path.format(**dict(wildcards.items())) for path in paths]
        return found if len(found) != 1 else found[0]

    wait.paths = paths  # for the audit, which looks at what the rules read
    return wait


def catalogue_state(wildcards):
    """Digest of what a folder of audio holds; a manifest is an input file that Snakemake watches itself."""
    path = SETTINGS["plays"]["songs"]["path"]
    return folder_state(path) if path and Path(path).is_dir() else None


def audio_files_state(wildcards):
    """Digest of path, size and time of every audio file: what the checkpoint reruns for.

    It does not take the rule's input: Snakemake leaves parameters made from inputs out of what reruns a job.
    """
    return audio_state(f"results/{SETTINGS['run']}/plays/songs.parquet")


def plays_and_users(wildcards):
    """What objectives of users' plays take besides the factors; a network that minimises mse has none of it."""
    if SETTINGS["models"][wildcards.model]["objective"] == "mse":
        return {}
    named = {"plays": "<results>/plays/plays.parquet", "user_factors": "<results>/wmf/user_factors.npy"}
    return {name: settled(path)(wildcards) for name, path in named.items()}


plays_and_users.paths = ["<results>/plays/plays.parquet", "<results>/wmf/user_factors.npy"]


def cnn_options(wildcards):
    """The settings of a network, and those of the confidences where its objective has them."""
    model = model_options(wildcards)
    return model | options("wmf", "alpha", "epsilon") if model["objective"] == "wpe" else model


def gpus(wildcards):
    """GPUs to reserve for training: those that the model's settings ask for by name."""
    model = SETTINGS["models"][wildcards.model]
    return model["devices"] * model["nodes"] if model["accelerator"] in ("gpu", "cuda") else 0


def one_gpu(wildcards):
    """The GPU to reserve for prediction, which takes no more."""
    return min(gpus(wildcards), 1)


def on_nodes(need=None):
    """Function of wildcards: what a training on several nodes needs, by default as many as there are; else nothing."""

    def needed(wildcards):
        nodes = SETTINGS["models"][wildcards.model]["nodes"]
        return None if nodes == 1 else nodes if need is None else need

    return needed


def metadata_models(with_audio):
    """The names of the models of kind metadata that are combined with one that listens, or that are not."""
    return [name for name in models_of("metadata") if bool(SETTINGS["models"][name].get("audio")) == with_audio]


def audio_predictions(wildcards):
    """What the model that a model of kind metadata is combined with predicts, with the same seed."""
    return settled(PREDICTIONS.replace("{model}", SETTINGS["models"][wildcards.model]["audio"]))(wildcards)


def tabulated_kinds():
    """From each model to its kind as the tables name it: names alone, and with audio, are two things there."""
    both = metadata_models(with_audio=True)
    return {name: "metadata + audio" if name in both else model["kind"] for name, model in SETTINGS["models"].items()}


def user_vectors(wildcards):
    """The user vectors that a model is scored with: its own, or those of the factorisation."""
    own = wildcards.model in models_of(*WITH_OWN_USERS)
    return settled(PREDICTION_USERS if own else "<results>/wmf/user_factors.npy")(wildcards)


def tuned_inputs(wildcards):
    """What the model hears whose settings are searched."""
    model = tuned_model(SETTINGS)
    if model is None:
        raise WorkflowError("tune needs a model of kind linear, mlp or cnn, and the config has none")
    if SETTINGS["models"][model]["kind"] == "cnn":
        return {
            "index": settled("<results>/audio/index.parquet")(wildcards),
            "log_mels": settled(*LOG_MELS)(wildcards),
        }
    return {"features": features_of(model)(wildcards)}


def tuned_options():
    """The settings of a search, and those that it starts from."""
    name = tuned_model(SETTINGS)
    model = SETTINGS["models"].get(name, {"kind": None})
    return {
        "cutoff": SETTINGS["evaluation"]["cutoff"],
        "data": DATA_NOTE,
        "kind": model["kind"],
        "model": {key: model[key] for key in sorted(model) if key != "kind"},
        "name": name,
        "seed": SEED,
        "tune": options("tune", "measure", "minutes", "settings", "trials", "wmf"),
        "wmf": options("wmf", "alpha", "epsilon", "factors", "iterations", "regularization", "solver"),
    }


def first_predictions():
    """What the models that predict factors from audio predict, each with its first seed."""
    return [for_models(PREDICTIONS, [model])[0] for model in models_of(*FACTORS_FROM_AUDIO)]


def mapped_model():
    """The model that the map of songs shows: the one named, else the first network that convolves, else the first that
    predicts factors from audio; None where there is none, and the factors from usage are shown."""
    named = SETTINGS["analysis"]["map"]["model"]
    return named or next(iter([*models_of("cnn"), *models_of(*FACTORS_FROM_AUDIO)]), None)


def mapped_vectors():
    """The song vectors that the map of songs is made of."""
    model = mapped_model()
    return for_models(PREDICTIONS, [model])[0] if model else "<results>/wmf/song_factors.npy"


def factors_to_compare(wildcards):
    """The factors of the songs' own plays, for a model that predicts them; the others have vectors of their own."""
    own = wildcards.model in models_of(*WITH_OWN_USERS)
    return {} if own else {"song_factors": settled("<results>/wmf/song_factors.npy")(wildcards)}


def published_rows():
    """From each model to the row of the paper's tables that it can stand beside; models with none are left out."""
    rows = {}
    for name, model in SETTINGS["models"].items():
        kind = model["kind"]
        if kind in ("random", "mlr", "linear", "mlp", "usage"):
            rows[name] = kind
        elif kind == "cnn" and all(model.get(key) == value for key, value in AS_PUBLISHED.items()):
            if model["objective"] in ("mse", "wpe"):
                rows[name] = f"cnn_{model['objective']}"
    return rows


def stacked_predictions():
    """The predictions that models of kind metadata are combined with."""
    audio = [SETTINGS["models"][name]["audio"] for name in metadata_models(with_audio=True)]
    return for_models(PREDICTIONS, dict.fromkeys(audio))


audio_predictions.paths = [
    "<results>/predictions/{audio}/{seed}.npy".replace("{audio}", SETTINGS["models"][name]["audio"])
    for name in metadata_models(with_audio=True)
]


def learnt_models():
    """The names of the models that have weights."""
    return models_of(*(LISTENING - {"knn"})) + metadata_models(with_audio=True)


def learning_inputs():
    """From each rule that makes factors, a codebook, components or weights to the paths that it reads, sorted."""
    folder = f"results/{SETTINGS['run']}"
    learnt = tuple(f"{folder}/{stage}/" for stage in ("wmf", "bow", "models"))
    found = {}
    for each in workflow.rules:
        if any(str(path).startswith(learnt) for path in each.output):
            read = set()
            for item in each.input:
                # unpack() wraps its function; one without .paths is an error here, for the audit could not see through it
                function = item if callable(item) else getattr(getattr(item, "_file", item), "callable", None)
                read |= set(function.paths) if function else {str(item)}
            if hidden := [path for path in read if path.startswith("<function")]:
                raise WorkflowError(f"{each.name}: the audit cannot see what {hidden[0]} reads")
            found[each.name] = sorted(path.replace("<results>", folder) for path in read)
    return dict(sorted(found.items()))


def forbidden_paths():
    """Beginnings of paths that nothing which learns may read: the evaluation, and models made of test songs' plays."""
    folder = f"results/{SETTINGS['run']}"
    knowing = [f"{folder}/predictions/{name}/" for name in models_of("usage", "popularity")]
    return [f"{folder}/{stage}/" for stage in ("report", "scores", "tables")] + knowing


def audited_learners():
    """What the audit learns again: from its name to its kind and the options of its rule."""
    named, learners = SETTINGS["audit"]["canary"], {}
    if "wmf" in named:
        learners["wmf"] = {"kind": "wmf", "options": rules.factorise_plays.params.options}
    if "bow" in named and LISTENERS:
        learners["codebook"] = {"kind": "codebook", "options": rules.learn_codebook.params.options}
        learners["pca"] = {"kind": "pca", "options": rules.reduce_counts.params.options}
    for name in learnt_models():
        kind = SETTINGS["models"][name]["kind"]
        if kind in named or name in named:
            wildcards = SimpleNamespace(model=name)
            read = cnn_options(wildcards) if kind == "cnn" else model_options(wildcards)
            learners[name] = {"kind": kind, "options": read}
    return learners


def audited_files():
    """The features that the audit looks at: those that users bring and, where a model listens, the bag of words."""
    brought = {"embeddings": settled(*(f"<results>/embeddings/{name}.features.npy" for name in EMBEDDINGS))}
    if not LISTENERS:
        return brought if EMBEDDINGS else {}
    names = ["codebook", "frame_scale", "codebook_songs", "pca_mean", "pca_components", "pca_songs", "features"]
    named = {name: settled(f"<results>/bow/{name}.npy") for name in names}
    named["counts"] = settled(*expand("<results>/bow/counts/{shard}.parquet", shard=SHARDS))
    named |= {"index": settled("<results>/audio/index.parquet"), "log_mels": settled(*LOG_MELS)}
    return named | brought if EMBEDDINGS else named


def audit_memory(input):
    """Megabytes: the factorisation's need, twice its plays, for it is run inside the audit."""
    plays = Path(str(input.plays))
    return max(6000, int(60 * plays.stat().st_size / 1e6)) if plays.is_file() else 6000


def predicting_new(*kinds):
    """The names of the models of some kinds that predict new songs, in the order of the config."""
    return [name for name in models_of(*kinds) if name in PREDICT_NEW]


def new_settled(*paths):
    """Function of wildcards: paths of new songs' files, asked for once their shards are settled (see `settled`)."""
    return _settled_by("shard_new_songs", paths)


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
        raise WorkflowError("no model of this config predicts new songs: none listens, and none is of kind metadata")
    require_learnt()
    return SETTINGS["new_songs"]["path"]


def new_songs_state(wildcards):
    """Digest of what a folder of new songs holds (see `catalogue_state`)."""
    path = SETTINGS["new_songs"]["path"]
    return folder_state(path) if path and Path(path).is_dir() else None


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
