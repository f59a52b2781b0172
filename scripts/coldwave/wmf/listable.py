"""The settings of the factorisation that may be lists in the config, from which a run then chooses."""

LISTABLE = ("factors", "alpha", "epsilon", "regularization", "unplayed_weight", "frequency_scaling")
FOLDING = tuple(key for key in LISTABLE if key != "factors")  # those of them that folding songs in takes
