"""A column of a table, each of its values once."""

from typing import NamedTuple

import polars as pl
import pyarrow as pa


class Encoded(NamedTuple):
    """A column [n]: values [m], and which of them each row has, or None where each row has its own."""

    values: pl.Series
    of_rows: pl.Series | None = None

    @classmethod
    def of(cls, array: pa.Array) -> "Encoded":
        """Wrap a column as pyarrow read it."""
        if pa.types.is_dictionary(array.type):
            return cls(pl.Series(array.dictionary), pl.Series(array.indices))
        return cls(pl.Series(array))

    @classmethod
    def same(cls, value: object, height: int) -> "Encoded":
        """Make a column of ``height`` rows of one value."""
        return cls(pl.Series([value]), pl.zeros(height, dtype=pl.Int32, eager=True))

    def height(self) -> int:
        """The number of rows."""
        return len(self.values if self.of_rows is None else self.of_rows)

    def spread(self, values: pl.Series) -> pl.Series:
        """Spread what was made of the values over the rows. Texts are not copied."""
        return values if self.of_rows is None else values.gather(self.of_rows)

    def rows(self) -> pl.Series:
        """Return the column itself."""
        return self.spread(self.values)

    def filter(self, chosen: pl.Series) -> "Encoded":
        """Keep the chosen rows, bool [n]; some values may be those of no row then."""
        if self.of_rows is None:
            return Encoded(self.values.filter(chosen))
        return self._replace(of_rows=self.of_rows.filter(chosen))
