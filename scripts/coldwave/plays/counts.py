"""Play counts, as text or numbers, checked."""

import polars as pl

LARGEST = 2**32 - 1  # the largest count that the table of plays holds

NOT_A_NUMBER = "count is not a number"
NOT_FINITE = "count is not finite"
NOT_POSITIVE = "count is not positive"
NOT_WHOLE = "count is not a whole number"
TOO_LARGE = "count is too large"

_DECIMAL = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"


def numbers_of(text: pl.Series) -> pl.Series:
    """Read texts as 64-bit floats [n]: ``3``, ``3.0``, ``3e0``, ``nan`` and ``inf``; null where a text is no number."""
    number = text.cast(pl.Int64, strict=False).cast(pl.Float64)
    if number.null_count() == 0:
        return number
    column = pl.col("text")
    slow = pl.when(column.str.contains(_DECIMAL)).then(column.cast(pl.Float64, strict=False).fill_null(float("inf")))
    slow = slow.when(column.str.contains(_NOT_FINITE)).then(float("nan"))
    return pl.DataFrame({"text": text, "number": number}).select(pl.coalesce("number", slow)).to_series()


def check_counts(number: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return counts as u32 [n] and the reason why a number is not a count [n]; one of the two is null.

    A count is a whole number from 1 to 4,294,967,295. ``number`` is float64 (exact in that range), null where
    there was no number.
    """
    value = pl.col("number")
    reason = (
        pl.when(value.is_null())
        .then(pl.lit(NOT_A_NUMBER))
        .when(~value.is_finite())
        .then(pl.lit(NOT_FINITE))
        .when(value <= 0)
        .then(pl.lit(NOT_POSITIVE))
        .when(value > LARGEST)
        .then(pl.lit(TOO_LARGE))
        .when(value != value.floor())
        .then(pl.lit(NOT_WHOLE))
    )
    table = pl.DataFrame({"number": number}, schema={"number": pl.Float64}).with_columns(reason.alias("reason"))
    counts = table.select(pl.when(pl.col("reason").is_null()).then(value).cast(pl.UInt32, strict=False)).to_series()
    return counts, table["reason"]
