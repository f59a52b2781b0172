"""Tables as files for spreadsheets."""

import polars as pl

# Beginnings that a spreadsheet takes for a formula.
_FORMULA = r"^[=+\-@\t\r]"


def spreadsheet_csv(frame: pl.DataFrame) -> str:
    """Write a table as CSV for spreadsheets: a text that they would run as a formula has an apostrophe before it.

    Programs take the Parquet table beside it, whose texts are untouched.
    """
    text = pl.col(pl.String)
    safe = pl.when(text.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)
    return frame.with_columns(safe.name.keep()).write_csv()
