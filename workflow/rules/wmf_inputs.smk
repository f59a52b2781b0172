"""The settings of the factorisation: numbers of the config, and those that the run chooses from lists."""

from coldwave.wmf.listable import FOLDING, LISTABLE
from workflow.consistency import listed

LISTED = listed(SETTINGS)
# The most factors that a job makes: memory and time follow from them.
MOST_FACTORS = max(SETTINGS["wmf"]["factors"]) if "factors" in LISTED else SETTINGS["wmf"]["factors"]
FACTORISATION = [*LISTABLE, "iterations", "tolerance", "solver"]


def wmf_options(*keys, **others):
    """The settings of the factorisation that a job reads, besides those in the file of `chosen_wmf`."""
    return options("wmf", *(key for key in keys if key not in LISTED), **others)


def chosen_wmf(*keys, wait=str):
    """The file of the chosen settings, as an input, if any of these are lists; `wait` is `settled` where it must be."""
    return {"chosen": wait("<results>/wmf/chosen.parquet")} if set(keys) & set(LISTED) else {}
