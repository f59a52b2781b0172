"""When plays were: Unix seconds, from numbers or from dates and times as ISO 8601 writes them."""

import polars as pl

from coldwave.plays.counts import numbers_of

_RANGE = (1e8, 1e11)
NOT_A_TIME = "time is neither a date nor Unix seconds"
_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")  # in UTC, where no zone is given
_ZONED = "%Y-%m-%dT%H:%M:%S%.f%:z"


def seconds_of(times: pl.Series) -> pl.Series:
    """Read times as Unix seconds: float64 [n], null where a value is no time.

    Parameters
    ----------
    times : numbers (Unix seconds from 1973 to 5138, so that no year and no milliseconds are taken for them), dates,
        times, or text: a number, ``2012-03-01``, ``2012-03-01T17:05``, ``2012-03-01 17:05:09.5`` or the last with
        ``Z`` or ``+01:00``. Without a zone a time is in UTC.
    """
    if times.dtype.is_temporal():
        return times.cast(pl.Datetime("us")).cast(pl.Int64) / 1e6  # a zoned time is stored in UTC
    if times.dtype.is_numeric():
        return _in_range(times.cast(pl.Float64))
    text = times.cast(pl.String)
    iso = text.str.replace(" ", "T", literal=True).str.replace(r"Z$", "+00:00")
    day = iso.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False)
    plain = [iso.str.to_datetime(form, time_unit="us", strict=False) for form in _FORMATS]
    zoned = iso.str.to_datetime(_ZONED, time_unit="us", time_zone="UTC", strict=False).dt.replace_time_zone(None)
    seconds = pl.select(pl.coalesce(day, *plain, zoned).cast(pl.Int64) / 1e6).to_series()
    return pl.select(pl.coalesce(_in_range(numbers_of(text)), seconds)).to_series()


def _in_range(numbers: pl.Series) -> pl.Series:
    return pl.select(pl.when(numbers.is_between(*_RANGE)).then(numbers)).to_series()
