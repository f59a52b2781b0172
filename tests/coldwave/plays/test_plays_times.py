"""Times of plays against the standard library."""

import datetime

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.plays.dates import begin_of
from coldwave.plays.reading import read_plays
from coldwave.plays.times import NOT_A_TIME, seconds_of

MOMENTS = st.datetimes(datetime.datetime(1975, 1, 1), datetime.datetime(2100, 1, 1))
ZONES = st.none() | st.integers(-12, 14).map(lambda hours: datetime.timezone(datetime.timedelta(hours=hours)))


@given(st.lists(st.tuples(MOMENTS, ZONES, st.sampled_from(" T")), min_size=1))
def test_iso_times_are_those_of_the_standard_library(moments):
    zoned = [moment.replace(tzinfo=zone) for moment, zone, _ in moments]
    texts = [moment.isoformat(between) for moment, (_, _, between) in zip(zoned, moments, strict=True)]
    in_utc = [moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC) for moment in zoned]
    assert seconds_of(pl.Series(texts)).to_list() == pytest.approx([moment.timestamp() for moment in in_utc], abs=1e-5)


def test_dates_numbers_and_what_is_neither():
    day = datetime.datetime(2012, 3, 1, tzinfo=datetime.UTC).timestamp()
    texts = ["2012-03-01", "2012-03-01T00:01", "2012-03-01 00:00:01Z", f"{day:.0f}", f"{day}", "1.3305600e9"]
    assert seconds_of(pl.Series(texts)).to_list() == [day, day + 60, day + 1, day, day, day]
    wrong = ["", "x", "2012", "20120301", "2012-13-01", "1330560000000", "nan", "inf", None]  # milliseconds, too
    assert seconds_of(pl.Series(wrong)).to_list() == [None] * len(wrong)
    assert seconds_of(pl.Series([int(day), 2012, None])).to_list() == [day, None, None]
    assert seconds_of(pl.Series([datetime.date(2012, 3, 1)])).to_list() == [day]
    there = pl.Series([datetime.datetime(2012, 3, 1, 1)]).dt.replace_time_zone("Europe/Paris")
    assert seconds_of(there).to_list() == [day]


def test_a_release_begins_with_its_year_month_or_day():
    for date, begin in (("2012", (2012, 1, 1)), ("2012-03", (2012, 3, 1)), ("2012-03-04", (2012, 3, 4))):
        assert begin_of(date) == datetime.datetime(*begin, tzinfo=datetime.UTC).timestamp()


TABLE = {"user": "u", "song": "s", "count": "n", "time": "t", "delimiter": ",", "quote": '"'}
LINES = ["n,t,s,u", "2,2012-02-29,a,x", "3,2012-03-01,a,x", '1,"2012-02-01 10:00:00",b,y', "1,soon,b,x", "0,soon,b,x"]


@pytest.mark.parametrize("parquet", [False, True])
def test_plays_before_a_time_are_counted_and_lines_without_one_set_aside(parquet, tmp_path):
    path = tmp_path / ("plays.parquet" if parquet else "plays.csv")
    if parquet:
        names, *rows = [line.replace('"', "").split(",") for line in LINES]
        pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), path)
    else:
        path.write_text("\n".join(LINES))
    options = {"format": "table", "table": TABLE}
    pairs, rejected = read_plays(path, options)
    assert list(zip(pairs.user.tolist(), pairs.song.tolist(), pairs.count.tolist(), strict=True)) == [
        (0, 0, 5),
        (1, 1, 1),
    ]
    assert rejected["reason"].to_list() == [NOT_A_TIME, "count is not positive"]
    pairs, again = read_plays(path, options, before=begin_of("2012-03"))
    assert pairs.count.tolist() == [2, 1]
    assert again.equals(rejected)
    with pytest.raises(InputError, match="no play is earlier than the songs that are tested"):
        read_plays(path, options, before=begin_of("2012"))


def test_a_column_of_dates_in_parquet(tmp_path):
    day = datetime.date(2012, 3, 1)
    columns = {"user": ["x", "x"], "song": ["a", "b"], "time": [day, day + datetime.timedelta(days=1)]}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    options = {"format": "table", "table": {"time": "time"}}
    pairs, _ = read_plays(tmp_path / "p.parquet", options, before=begin_of("2012-03-02"))
    assert pairs.song_ids.to_list() == ["a"]
    pq.write_table(pa.table(columns | {"time": [True, False]}), tmp_path / "p.parquet")
    with pytest.raises(
        InputError, match="plays.table.time: column 'time' of .* holds bool, not dates, text or numbers"
    ):
        read_plays(tmp_path / "p.parquet", options)


def test_columns_that_are_the_same_or_missing(tmp_path):
    path = tmp_path / "plays.csv"
    path.write_text("u,s\nx,a\n")
    table = {"user": "u", "song": "s", "delimiter": ","}
    with pytest.raises(InputError, match="user, song and time must be different columns"):
        read_plays(path, {"format": "table", "table": table | {"time": "s"}})
    with pytest.raises(InputError, match="plays.table.time: .* has no column 'when'"):
        read_plays(path, {"format": "table", "table": table | {"time": "when"}})
    path.write_text("u,s,t\nx,a,soon\n")
    with pytest.raises(InputError, match="Is plays.table.time the column of the times of plays"):
        read_plays(path, {"format": "table", "table": table | {"time": "t"}})
