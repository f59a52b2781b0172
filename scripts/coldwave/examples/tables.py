"""The tables of examples that the report shows: users and their songs, songs and others like them, and excerpts."""

import polars as pl

SOUND, USAGE = "sound", "usage"
RECOMMENDS = "recommends"

PLAYED = {
    "user": pl.UInt32,
    "songs": pl.UInt32,  # training songs that the user has played
    "held_out": pl.UInt32,  # test songs that the user has played
    "rank": pl.UInt32,
    "song": pl.UInt32,
    "plays": pl.UInt32,
}
RECOMMENDED = {
    "user": pl.UInt32,
    "rank": pl.UInt32,
    "song": pl.UInt32,
    "score": pl.Float64,
    "plays": pl.UInt32,  # of the song by the user, which no model knows; 0 for none
    "chance": pl.Float64,  # share of the songs that could be here that the user has played
    "because": pl.UInt32,  # the training song that carries most of the score; null if none raises it
    "because_plays": pl.UInt32,
    "part": pl.Float64,  # of the score, that it carries
    "tags": pl.List(pl.String),  # in common with it
}
SIMILAR = {
    "song": pl.UInt32,
    "by": pl.String,  # sound: cosine of features; usage: cosine of predicted usage patterns
    "rank": pl.UInt32,
    "other": pl.UInt32,
    "cosine": pl.Float64,
    "tags": pl.List(pl.String),  # in common
}
MODELS = {
    "role": pl.String,  # recommends, sound or usage
    "name": pl.String,  # of a model or of song features
    "seed": pl.UInt32,  # with which the model was trained; null for features
    "why": pl.String,
}
EXCERPTS = {
    "song": pl.UInt32,
    "status": pl.String,  # ok, no_room, or why there is no usable audio (coldwave.audio.status)
    "start": pl.Float32,  # seconds from where the run begins to hear the song; null without an excerpt, as the others
    "seconds": pl.Float32,
    "mp3": pl.Binary,
}
NO_ROOM = "no_room"  # it would take the page beyond the size that it may have
