"""What all stages share: the checked config, and the parameters and inputs that decide on reruns."""

import re

from snakemake.exceptions import WorkflowError

from coldwave.audio.state import SUFFIXES, audio_state, folder_state
from workflow import encoders, features, kinds, settings
from workflow.code import KEPT as KEPT_DIGESTS
from workflow.code import Sources, text_digest
from workflow.headers import check_headers
from workflow.needs import shared_out, signed
from workflow.notes import data_note, protocol_note
from workflow.resources import memory_of, minutes_of, threads_of

try:
    SETTINGS = settings.check(settings.over_default(config, ROOT / "config.yaml"))
    settings.check_files(SETTINGS)
    if workflow.is_main_process:  # the other processes run what this one has planned
        check_headers(SETTINGS)
        encoders.check_encoders(SETTINGS, workflow)
except settings.SettingsError as error:
    raise WorkflowError(str(error)) from None


pathvars:
    results=f"results/{SETTINGS['run']}",


CODE = Sources(ROOT, KEPT_DIGESTS)

DATA_NOTE, PROTOCOL_NOTE = data_note(SETTINGS), protocol_note(SETTINGS)

# The row of each model's kind, and that of each source of song features that models take.
MODELS = {name: kinds.row_of(model) for name, model in SETTINGS["models"].items()}
SOURCES = features.taken(SETTINGS)

# The models that hear audio. Without any, no audio is read.
AUDIO_MODELS = [
    name
    for name, row in MODELS.items()
    if row.hears_log_mels or (row.hears == kinds.FEATURES and SOURCES[SETTINGS["models"][name]["features"]].rate)
]

# Those of them that need its log-mels.
LOG_MEL_MODELS = [
    name
    for name in AUDIO_MODELS
    if MODELS[name].hears_log_mels or SOURCES[SETTINGS["models"][name]["features"]].log_mels
]

# Every file that the workflow keeps. `rule all` asks for each of them, or a lost one would go unnoticed.
KEPT = []

# What the report shows besides its own tables and figures: files of tables/ (.md) and figures/ (.svg), under the
# headings of the page. A rule that makes one adds it.
EXHIBITS = {"Comparison of models": [], "Songs": [], "Protocol": []}

# The priority of rules that the longest jobs wait for: the networks, and the audit of all that has learnt.
SOON = 10

SEED = SETTINGS["seed"]
SEEDS = list(range(SEED, SEED + SETTINGS["repeats"]))


def options(section, *keys, **others):
    """The settings that a job reads, and no others, so that a changed key reruns only what reads it."""
    return dict(sorted((settings.options(SETTINGS, section, *keys) | others).items()))


def code(script, *modules):
    """Digests of a script, of modules that it is given by name, and of the project's modules that they import."""
    return CODE.digests(script, *modules)


def cache_folder(wildcards, input):
    """The folder where a rule may keep what can be made again.

    It takes the rule's input, which it does not need: Snakemake then leaves the parameter out of what reruns a job.
    Another folder changes no result.
    """
    return SETTINGS["cache"]


def one_of(names):
    """A wildcard constraint: one of the names, or nothing at all if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def sources_of(section):
    """The names of the sources of song features that models take, and whose settings are in a section of the config."""
    return [name for name, source in SOURCES.items() if source.section == section]


def side_by_side(name, jobs=2):
    """Make the threads of a rule of that name, whose jobs run while others can. They are a share of this machine's cores.

    ``jobs`` is the number of those that are long and can run at the same time, its own and others.
    """
    asked = threads_of(name)

    def threads(wildcards, input):
        # known once the executor is, and so not while the rules are read
        here = workflow.is_main_process and workflow.local_exec
        return shared_out(asked(wildcards, input), jobs, workflow.resource_settings.cores if here else None)

    return signed(threads)


def settled(*paths):
    """Make a function of wildcards that gives the paths once the shards are settled.

    Every input behind the shards uses it. Snakemake decides on reruns before it runs anything, except behind a
    checkpoint: with plain paths, audio files that were only touched would rerun all that follows.
    """

    def wait(wildcards):
        if AUDIO_MODELS:
            checkpoints.settle_shards.get()
        found = [path.format(**dict(wildcards.items())) for path in paths]
        return found if len(found) != 1 else found[0]

    wait.paths = paths  # for the audit, which looks at what the rules read
    return signed(wait)


def state_of_songs(path):
    """Digest of what a folder of audio holds; None for a manifest, an input file that Snakemake watches itself."""
    return folder_state(path, SUFFIXES) if path and Path(path).is_dir() else None


def watched(path):
    """A path as an input. The time of a folder is not looked at: its state, a parameter, tells what matters."""
    return ancient(path) if Path(path).is_dir() else path
