"""Tables as files for spreadsheets."""

import polars as pl

# Beginnings that a spreadsheet takes for a formula.
_FORMULA = r"^[=+\-@\t\r]"


def spreadsheet_csv(frame: pl.DataFrame) -> str:
    """Write a table as CSV for spreadsheets: a text that they would run as a formula has an apostrophe before it.

    Programs take the Parquet table beside it, whose texts are untouched.
    """
    return frame.with_columns(pl.col(pl.String).str.replace(_FORMULA, "'$0")).write_csv()
