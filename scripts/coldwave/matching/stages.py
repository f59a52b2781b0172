"""The tiers of the matching in their order: each lists the songs that fit the tracks that are left."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from coldwave.matching.fuzzy import REASON, match_fuzzily
from coldwave.matching.identifiers import isrcs, recording_ids, sharing
from coldwave.matching.readings import of_owners
from coldwave.matching.tiers import by_bare_names, by_names, where_titles_agree, with_titles

RECORDING, MAPPED, ISRC = "recording mbid", "mapped mbid", "isrc"
NAMES, BARE_NAMES, FUZZY, PATH = "artist and title", "second try", "fuzzy", "path"

Pairs = Callable[[pl.Series], pl.DataFrame]


@dataclass
class Stages:
    """The `reading_forms` of tracks and songs, whose first rows are the tags of each, and how much is alike.

    ``reasons`` (``fuzzy.REASON``) says of the tracks that the last fuzzy comparison left why it did.
    """

    tracks: pl.DataFrame
    songs: pl.DataFrame
    likeness: float
    margin: float
    reasons: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REASON))

    def all(
        self, tracks: pl.DataFrame, songs: pl.DataFrame, files: pl.DataFrame, redirects: pl.DataFrame | None
    ) -> list[tuple[str, Pairs]]:
        """List the tiers: the name of each, and a function from the tracks left (a bool each) to pairs for `choose`.

        ``tracks`` and ``songs`` hold the ids; ``files`` the pairs whose paths name the same file.
        """
        recordings = [recording_ids(songs[name], redirects).fill_null([]) for name in ("recording_mbid", "track_mbid")]
        recordings = recordings[0].list.concat(recordings[1])
        given, mapped = (recording_ids(tracks[name], redirects) for name in ("recording_mbid", "mapped_mbid"))
        ours, theirs = isrcs(tracks["isrc"]), isrcs(songs["isrc"])
        tiers = [
            (RECORDING, lambda left: with_titles(sharing(given, recordings, left), self.tracks, self.songs)),
            (MAPPED, lambda left: self._agreeing(sharing(mapped, recordings, left))),
            (ISRC, lambda left: with_titles(sharing(ours, theirs, left), self.tracks, self.songs)),
            (NAMES, lambda left: self._named(by_names, left, tags=True)),
            (BARE_NAMES, lambda left: self._named(by_bare_names, left, tags=True)),
            (FUZZY, lambda left: self._fuzzy(left, tags=True)),
            (PATH, lambda left: files.filter(left.gather(files["track"])).with_columns(rank=pl.lit(0, pl.Int32))),
        ]
        if self.tracks.height > tracks.height or self.songs.height > songs.height:
            tiers += [(PATH, partial(self._named, by_names)), (PATH, partial(self._named, by_bare_names))]
            tiers += [(PATH, self._fuzzy)]
        return tiers

    def _agreeing(self, pairs: pl.DataFrame) -> pl.DataFrame:
        return where_titles_agree(pairs, self.tracks, self.songs, self.likeness)

    def _named(self, tier: Callable[..., pl.DataFrame], left: pl.Series, tags: bool = False) -> pl.DataFrame:
        return of_owners(tier(*self._compared(left, tags)), self.tracks, self.songs)

    def _fuzzy(self, left: pl.Series, tags: bool = False) -> pl.DataFrame:
        found, reasons = match_fuzzily(*self._compared(left, tags), self.likeness, self.margin)
        owners = [self.tracks["owner"].gather(reasons["track"]), self.songs["owner"].gather(reasons["song"])]
        reasons = reasons.with_columns(track=owners[0], song=owners[1])
        reasons = reasons.sort("track", "likeness", descending=[False, True], nulls_last=True, maintain_order=True)
        self.reasons = reasons.unique("track", keep="first", maintain_order=True)
        return of_owners(found, self.tracks, self.songs)

    def _compared(self, left: pl.Series, tags: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The readings of the tracks that are left, and of all songs; of their tags only if wanted."""
        ours, theirs = (table.filter(pl.col("order") == 0) if tags else table for table in (self.tracks, self.songs))
        return ours.filter(left.gather(ours["owner"])), theirs
