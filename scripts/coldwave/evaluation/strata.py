"""AUC by strata: test songs by popularity and by whether the artist is new, users by activity.

The paper supposes that the weighted prediction error does worse than the mean squared error because it weighs songs by
their popularity. If so, the two should differ most for the least and the most popular songs.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from coldwave.evaluation.further import Tables
from coldwave.evaluation.lists import artist_numbers
from coldwave.evaluation.models import Model, in_order
from coldwave.split.parts import TEST, TRAIN

POPULARITY, ACTIVITY, ARTIST = "popularity", "activity", "artist"
GROUPS = 10  # deciles
AT_LEAST = 20  # fewest songs or users in a group
SCHEMA = {
    "by": pl.String,  # popularity (of test songs), activity (of users), artist (of test songs)
    "group": pl.UInt32,  # from 0, the least popular or active
    "label": pl.String,
    "low": pl.UInt32,  # users of a song, training songs of a user; null for artists
    "high": pl.UInt32,
    "size": pl.UInt32,  # songs or users with an AUC
    "model": pl.String,
    "kind": pl.String,
    "seeds": pl.UInt32,
    "auc": pl.Float64,  # mean over the songs or users, then over seeds
    "auc_sd": pl.Float64,  # standard deviation over seeds, null with one seed
}


def quantile_groups(values: np.ndarray, groups: int = GROUPS, at_least: int = AT_LEAST) -> np.ndarray:
    """Divide items into groups of about the same size by their value: int64 [items], from the lowest.

    Equal values stay together, so groups may be fewer and differ in size. There are also fewer if a group would have
    fewer than ``at_least`` items.
    """
    number = int(np.clip(len(values) // at_least, 1, groups))
    edges = np.quantile(values, np.arange(1, number) / number, method="inverted_cdf") if len(values) else []
    _, places = np.unique(np.searchsorted(np.unique(edges), values, side="left"), return_inverse=True)
    return places.reshape(-1).astype(np.int64)


def artists_seen(songs: pl.DataFrame, split: pl.DataFrame) -> pl.DataFrame:
    """Label each test song by whether its artist has a training song: ``song``, ``label``."""
    both = songs.select("song", "artist").join(split, on="song").sort("song")
    artists = artist_numbers(both["artist"].to_list())
    part = both["part"].to_numpy()
    seen = np.isin(artists, artists[part == TRAIN])
    label = np.where(seen, "artist in training", "new artist")
    label[[not artist or not artist.strip() for artist in both["artist"].to_list()]] = "artist not named"
    return pl.DataFrame({"song": both["song"], "label": label}).filter(part == TEST)


def songs_in_training(plays: pl.DataFrame, split: pl.DataFrame) -> pl.DataFrame:
    """Count the training songs that each user has played: ``user``, ``songs``; users with none are left out."""
    training = split.filter(pl.col("part") == TRAIN).select("song")
    return plays.join(training, on="song", how="semi").group_by("user").agg(pl.len().alias("songs")).sort("user")


def strata_table(
    tables: Sequence[Tables],
    models: Mapping[str, Model],
    plays: pl.DataFrame,
    songs: pl.DataFrame,
    split: pl.DataFrame,
) -> pl.DataFrame:
    """Compute the AUC of every model in every stratum; columns as ``SCHEMA``, models in the order of the results table.

    There is no stratum where no user has an AUC.

    The AUC of a song is the mean, over the users who have played it, of the share of other test songs ranked below
    it. In a stratum of songs each song counts once, in a stratum of users each user.

    Parameters
    ----------
    tables, models
        Scores by user and by song; the models.
    plays, songs, split
        ``user``, ``song``; ``song``, ``artist``; ``song``, ``part``.
    """
    by_song, by_user = tables[0].songs.drop_nulls("auc"), tables[0].users.drop_nulls("auc")
    if by_user.is_empty():  # every user has played every test song
        return pl.DataFrame(schema=SCHEMA)
    activity = by_user.select("user").join(
        songs_in_training(plays, split), on="user", how="left", maintain_order="left"
    )
    artist = by_song.select("song").join(artists_seen(songs, split), on="song", how="left", maintain_order="left")
    labels = sorted(artist["label"].unique())
    strata = [
        (POPULARITY, "song", "users", *_ranges(by_song["song"], by_song["users"].to_numpy())),
        (ACTIVITY, "user", "training songs", *_ranges(by_user["user"], activity["songs"].fill_null(0).to_numpy())),
    ]
    groups = artist.select("song", pl.col("label").replace_strict(labels, range(len(labels)), return_dtype=pl.UInt32))
    strata.append((ARTIST, "song", "", groups.rename({"label": "group"}), [(label, None, None) for label in labels]))

    rows = []
    for by, key, unit, members, ranges in strata:
        for model in in_order(models):
            seeds = [
                _means((one.songs if key == "song" else one.users).select(key, "auc"), members, key, len(ranges))
                for one in tables
                if one.model == model
            ]
            size, auc = seeds[0][0], np.stack([means for _, means in seeds])
            for group, (label, low, high) in enumerate(ranges):
                row = {"by": by, "group": group, "label": label or _label(low, high, unit), "low": low, "high": high}
                row |= {"size": size[group], "model": model, "kind": models[model].kind, "seeds": len(seeds)}
                deviation = float(auc[:, group].std(ddof=1)) if len(seeds) > 1 else None
                rows.append(row | {"auc": float(auc[:, group].mean()), "auc_sd": deviation})
    return pl.DataFrame([{name: row[name] for name in SCHEMA} for row in rows], schema=SCHEMA)


def _means(scores: pl.DataFrame, members: pl.DataFrame, key: str, groups: int) -> tuple[list[int], np.ndarray]:
    """Count the songs or users of each group, and average their AUC: int [groups], float64 [groups]."""
    # Polars shares the adding among its threads even where the order is kept, and last digits depend on their number.
    scores = scores.join(members, on=key, maintain_order="left")
    group = scores["group"].to_numpy()
    size = np.bincount(group, minlength=groups)
    return size.tolist(), np.bincount(group, weights=scores["auc"].to_numpy(), minlength=groups) / size


def _ranges(items: pl.Series, values: np.ndarray) -> tuple[pl.DataFrame, list[tuple[str, int, int]]]:
    """Find the group of each item, and the lowest and highest value of each group."""
    group = quantile_groups(values)
    ranges = [("", int(values[group == one].min()), int(values[group == one].max())) for one in np.unique(group)]
    return pl.DataFrame({items.name: items, "group": group.astype(np.uint32)}), ranges


def _label(low: int, high: int, unit: str) -> str:
    return f"{low:,} {unit}" if low == high else f"{low:,}–{high:,} {unit}"


def columns(table: pl.DataFrame) -> dict[str, list[str]]:
    """Make the table for people: a row for each stratum, a column for each model."""
    cells: dict[str, list[str]] = {name: [] for name in ("by", "stratum", "size")}
    for (by, _), rows in table.group_by("by", "group", maintain_order=True):
        cells["by"].append(by)
        cells["stratum"].append(rows["label"][0])
        cells["size"].append(f"{rows['size'][0]:,}")
        for row in rows.iter_rows(named=True):
            deviation = "" if row["auc_sd"] is None else f" ± {row['auc_sd']:.4f}"
            cells.setdefault(row["model"], []).append(f"{row['auc']:.4f}{deviation}")
    return cells


def notes(table: pl.DataFrame) -> list[str]:
    """Say how to read the table: one or two sentences for each note."""
    if table.is_empty():
        return ["There is no stratum: every user with a test play has played every test song, and has no AUC."]
    lines = [
        "By popularity and artist: the AUC of a song is the mean, over the users who have played it, of the share of "
        "the other test songs that rank below it; ties count one half. Each song counts once, so this is not the "
        "results table's mean over users, in which popular songs weigh more.",
        "By activity: the AUC of users, by how many training songs they have played.",
        f"There are at most {GROUPS} strata of popularity and of activity, of about the same size, with about "
        f"{AT_LEAST} songs or users at least; equal numbers stay together. Size: number of songs or users. Songs that "
        "nobody has played have no AUC.",
        "A model that prefers songs that are popular, or sound popular, does better on popular songs and worse on the "
        "others: chance is 0.5 over all songs, not in every stratum.",
    ]
    if table["seeds"].max() > 1:
        lines.append("±: standard deviation over seeds.")
    return lines
