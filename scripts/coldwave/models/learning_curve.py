"""The learning curve of a network, one row per epoch, for every kind of network."""

import polars as pl

CURVE_SCHEMA = {
    "epoch": pl.UInt32,
    "train_loss": pl.Float64,
    "validation_loss": pl.Float64,
    "learning_rate": pl.Float64,
    "seconds": pl.Float64,
    "best": pl.Boolean,  # the epoch whose weights are kept
}
