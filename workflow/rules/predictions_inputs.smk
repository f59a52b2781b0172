"""The files of the models that are made elsewhere, and how they are read."""

REJECTED_PREDICTIONS = "<results>/predictions/{model}/{seed}.rejected.parquet"


def brought(key):
    """Make a function of wildcards that gives the file that a setting of the model names."""
    return lambda wildcards: SETTINGS["models"][wildcards.model][key]


def brought_options(*keys):
    """Make a function of wildcards that gives some settings of the model."""
    return lambda wildcards: {key: SETTINGS["models"][wildcards.model][key] for key in sorted(keys)}
