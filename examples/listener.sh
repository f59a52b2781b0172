#!/usr/bin/env bash
# Somebody with a folder of music and a listening history gets playlists, without writing a config.
#   examples/listener.sh ~/Music listens.jsonl
# Playlists and the config (coldwave.yaml) are written to the current folder.
source "$(dirname "$0")/steps.sh"
library=$1 history=$2

step coldwave inspect "$history"
step coldwave inspect "$library"
step coldwave recommend --history "$history" --library "$library" -n 15 --out mix.m3u8
step coldwave recommend --history "$history" --library "$library" -n 5
song=$(coldwave recommend me -n 1 --json | python -c 'import json, sys; print(json.load(sys.stdin)["songs"][0]["song_id"])')
step coldwave why me "$song"
step coldwave similar "$song" -n 3
step coldwave playlist "$song" -n 10 --out near.m3u8
