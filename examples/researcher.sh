#!/usr/bin/env bash
# A researcher puts scores of another program into the tables of a run, and takes rankings and tables out.
#   examples/researcher.sh CONFIG RUN PLAYS SONGS TAGS
# RUN is the run's name in CONFIG. PLAYS, SONGS and TAGS are for the other program, own_scores.py.
source "$(dirname "$0")/steps.sh"
config=$1 run=$2 plays=$3 songs=$4 tags=$5
here=$(cd "$(dirname "$0")" && pwd)

step snakemake --configfile "$config"
step coldwave export split --run "$run" --out split.csv
step python "$here/own_scores.py" "$plays" "$songs" split.csv own_scores.csv "$tags"
printf 'models:\n  own: {kind: predictions, scores: own_scores.csv}\n' > own.yaml
step snakemake --configfile "$config" own.yaml
step coldwave results "$run"
step coldwave export trec --run "$run" --model own
step coldwave export latex --run "$run"
