"""What a network's training needs, by its settings: plays, confidences and machines."""


def longest_first(wildcards):
    """The priority of a training, which starts before the shorter ones: layers times the frames that they hear."""
    model = SETTINGS["models"][wildcards.model]
    return SOON + model["window"] * (len(model["channels"]) + len(model["dilations"]))


def objective_inputs(model):
    """What objectives on plays need besides the song factors, by name; the objective mse needs nothing."""
    if SETTINGS["models"][model]["objective"] == "mse":
        return {}
    chosen = chosen_wmf("alpha", "epsilon") if SETTINGS["models"][model]["objective"] == "wpe" else {}
    return {"plays": "<results>/plays/plays.parquet", "user_factors": "<results>/wmf/user_factors.npy"} | chosen


def plays_and_users(wildcards):
    """The paths of `objective_inputs`, once the shards are settled."""
    return {name: settled(path)(wildcards) for name, path in objective_inputs(wildcards.model).items()}


plays_and_users.paths = ["<results>/plays/plays.parquet", "<results>/wmf/user_factors.npy"]
plays_and_users.paths += chosen_wmf("alpha", "epsilon").values()
plays_and_users.named = objective_inputs  # for the audit, which gives them to the script again


def cnn_options(wildcards):
    """The settings of a network, and those of the confidences if its objective uses them."""
    model = model_options(wildcards)
    return model | wmf_options("alpha", "epsilon") if model["objective"] == "wpe" else model


def gpus(wildcards):
    """GPUs to reserve for training, if the model's settings ask for GPUs by name."""
    model = SETTINGS["models"][wildcards.model]
    return gpu_by_name(wildcards) * model["devices"] * model["nodes"]


def on_nodes(need=None):
    """Make a function of wildcards: what training on several nodes needs (by default, their number); else None."""

    def needed(wildcards):
        nodes = SETTINGS["models"][wildcards.model]["nodes"]
        return None if nodes == 1 else nodes if need is None else need

    return needed
