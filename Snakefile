"""Coldwave: recommends songs nobody has played yet, from how they sound. `snakemake` runs config.yaml."""

import gc
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")
gc.set_threshold(100_000)  # a plan of hundreds of shards is millions of objects, of which few are garbage
if not isinstance(workflow.current_basedir, os.PathLike):
    raise WorkflowError("Coldwave needs the files beside its Snakefile: clone it, and name the file by its path")
ROOT = Path(workflow.current_basedir)  # where this is a module, workflow.basedir is the folder of its host
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]


configfile: ROOT / "config.yaml"


rule all:
    # The first rule is the default target. Any other way to say so would take the place of a host's own.
    input:
        lambda wildcards: KEPT,


include: "workflow/rules/common.smk"
include: "workflow/rules/models_inputs.smk"
include: "workflow/rules/new_songs_inputs.smk"
include: "workflow/rules/world.smk"
include: "workflow/rules/plays.smk"
include: "workflow/rules/split.smk"
include: "workflow/rules/wmf.smk"
include: "workflow/rules/wmf_spark.smk"
include: "workflow/rules/audio.smk"


for file in [*features.rule_files(), *kinds.rule_files()]:

    include: f"workflow/rules/{file}.smk"


include: "workflow/rules/evaluation.smk"
include: "workflow/rules/warm.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/provenance.smk"
include: "workflow/rules/tuning.smk"
include: "workflow/rules/new_songs.smk"


CODE.keep()


rule predict_new:
    # The date of a batch is found where it is asked for; a job gets it as a wildcard, and keeps it over midnight.
    input:
        lambda wildcards: expand(NEW_FILES, batch=new_batch()),
