#!/usr/bin/env bash
# A catalogue places the songs of the day with a finished run: their neighbours, and the users they stand out for.
#   examples/catalogue.sh RUN FOLDER [MORE]
# RUN is the name of a finished run, FOLDER holds this morning's audio, MORE that of the afternoon.
source "$(dirname "$0")/steps.sh"
run=$1 folder=$2 more=${3:-$2}

step coldwave place "$folder" --run "$run" --batch morning
step coldwave place "$more" --run "$run" --batch afternoon
step coldwave results "$run"

step coldwave recommend --busiest --run "$run" --new -n 5
step coldwave export bundle --run "$run" --licence "of the catalogue"
