"""The settings of the factorisation that may be lists in the config, from which a run then chooses."""

LISTABLE = ("factors", "alpha", "epsilon", "regularization", "unplayed_weight", "frequency_scaling")
