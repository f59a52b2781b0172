"""Scores of another program, for researcher.sh: how many songs of a song's artist and of its tags a user has played.

    python own_scores.py PLAYS SONGS SPLIT OUT TAGS

PLAYS has lines ``user TAB song TAB count``. SONGS has the columns ``song_id``, ``artist`` and the one that TAGS names.
SPLIT is what `coldwave export split` has written. OUT gets ``user_id``, ``song_id``, ``score``. Only plays of training
songs count.
"""

import sys

import polars as pl

plays, songs, split, out, tags = sys.argv[1:]
catalogue = pl.read_csv(songs).select("song_id", "artist", tag=pl.col(tags).cast(pl.String).str.split(";"))
part = pl.read_csv(split)
columns = ["user_id", "song_id", "count"]
history = pl.read_csv(plays, separator="\t", has_header=False, new_columns=columns, quote_char=None)
history = history.join(part.filter(part="train"), on="song_id").join(catalogue, on="song_id")
test = part.filter(part="test").join(catalogue, on="song_id").explode("tag")

by_artist = history.group_by("user_id", "artist").agg(artists=pl.len())
by_tag = history.explode("tag").group_by("user_id", "tag").agg(tagged=pl.len())
pairs = history.select("user_id").unique().join(test, how="cross")
pairs = pairs.join(by_artist, on=["user_id", "artist"], how="left").join(by_tag, on=["user_id", "tag"], how="left")
score = pl.col("artists").first().fill_null(0) + 0.1 * pl.col("tagged").fill_null(0).mean()
pairs.group_by("user_id", "song_id").agg(score=score).sort("user_id", "song_id").write_csv(out)
