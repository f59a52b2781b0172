"""What the stages share: the checked config, paths, and the parameters that decide on reruns."""

import re

from snakemake.exceptions import WorkflowError

from coldwave.audio.state import audio_state, folder_state
from coldwave.world.planted import planted
from workflow import settings
from workflow.code import code as code_digests
from workflow.needs import growing

ROOT = Path(workflow.basedir)

try:
    SETTINGS = settings.check(config)
    settings.check_files(SETTINGS)
except settings.SettingsError as error:
    raise WorkflowError(str(error)) from None


pathvars:
    results=f"results/{SETTINGS['run']}",


# What is said of the data and the protocol wherever a result is shown.
DATA_NOTE = planted() if SETTINGS["world"] else SETTINGS["data_note"] or ""
PROTOCOL_NOTE = (
    "Protocol: strict. User factors and every model are learnt from training songs and chosen on validation songs; "
    "nothing of a test song is used before the evaluation, except by the upper bound (kind usage), made of its plays."
)
if any(model["kind"] == "popularity" for model in SETTINGS["models"].values()):
    PROTOCOL_NOTE += " Kind popularity is an oracle: it knows how many users each test song has."

# What the workflow has to know of the kinds of models. Where no model listens, no audio is read.
LISTENING = {"knn", "mlr", "linear", "mlp", "cnn"}
WITH_CHANCE = {"random", "mlr", "mlp", "cnn"}  # run once for each seed
WITH_OWN_USERS = {"random", "knn", "mlr", "popularity"}  # not scored with the user factors of the factorisation

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
    """The files that the plays stage reads: the plays and, where one is named, the songs table."""
    plays = SETTINGS["plays"]
    named = {"source": plays["path"], "catalogue": plays["songs"]["path"]}
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


def models_of(*kinds):
    """The names of the models of some kinds, in the order of the config."""
    return [name for name, model in SETTINGS["models"].items() if model["kind"] in kinds]


def one_of(names):
    """A wildcard constraint: one of the names, or nothing at all where there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def model_options(wildcards):
    """The settings of the model, without its kind."""
    model = SETTINGS["models"][wildcards.model]
    return {key: model[key] for key in sorted(model) if key != "kind"}


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

    def wait(wildcards):
        if models_of(*LISTENING):
            checkpoints.shard_songs.get()
        found = [path.format(**dict(wildcards.items())) for path in paths]
        return found if len(found) != 1 else found[0]

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
    """What the weighted prediction error takes besides the factors; a network with another objective has none of it."""
    if SETTINGS["models"][wildcards.model]["objective"] != "wpe":
        return {}
    named = {"plays": "<results>/plays/plays.parquet", "user_factors": "<results>/wmf/user_factors.npy"}
    return {name: settled(path)(wildcards) for name, path in named.items()}


def cnn_options(wildcards):
    """The settings of a network, and those of the confidences where its objective has them."""
    model = model_options(wildcards)
    return model | options("wmf", "alpha", "epsilon") if model["objective"] == "wpe" else model


def gpus(wildcards):
    """GPUs to reserve: those that the model's settings ask for by name."""
    model = SETTINGS["models"][wildcards.model]
    return model["devices"] if model["accelerator"] in ("gpu", "cuda") else 0


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
