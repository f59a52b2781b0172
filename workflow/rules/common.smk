"""What the stages share: the checked config, paths, and the parameters that decide on reruns."""

import re

from snakemake.exceptions import WorkflowError

from coldwave.audio.state import audio_state, folder_state
from coldwave.world.planted import planted
from workflow import settings
from workflow.code import code as code_digests
from workflow.code import text_digest
from workflow.effective import model_read, plays_read, songs_read, split_read
from workflow.engines import spark_lacks
from workflow.headers import check_headers
from workflow.model_consistency import FACTORS_FROM_AUDIO, tuned_model
from workflow.needs import growing

try:
    SETTINGS = settings.check(settings.over_default(config, ROOT / "config.yaml"))
    settings.check_files(SETTINGS)
    if workflow.is_main_process:  # the others make what it has planned
        check_headers(SETTINGS)
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
    return _settled_by("settle_shards" if LISTENERS else None, paths)


def _settled_by(checkpoint, paths):
    def wait(wildcards):
        if checkpoint:
            getattr(checkpoints, checkpoint).get()
        found = [path.format(**dict(wildcards.items())) for path in paths]
        return found if len(found) != 1 else found[0]

    wait.paths = paths  # for the audit, which looks at what the rules read
    return wait


def state_of_songs(path):
    """Digest of what a folder of audio holds; a manifest is an input file that Snakemake watches itself."""
    return folder_state(path) if path and Path(path).is_dir() else None


def catalogue_state(wildcards):
    """Digest of what the catalogue's folder of audio holds, where it is one."""
    return state_of_songs(SETTINGS["plays"]["songs"]["path"])


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
        "tuning": options("tuning", "measure", "minutes", "settings", "trials", "wmf"),
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
