"""Coldwave: recommends songs nobody has played yet, from how they sound. `snakemake` runs config.yaml."""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")
sys.path[:0] = [workflow.basedir, str(Path(workflow.basedir) / "scripts")]


configfile: Path(workflow.basedir) / "config.yaml"


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


rule all:
    default_target: True
    input:
        KEPT,


rule predict_new:
    input:
        NEW_KEPT,
