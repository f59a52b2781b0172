"""What a network's training takes by its settings: plays, confidences, and machines."""


def taught_by(model):
    """What objectives of users' plays take besides the factors, by name; a network that minimises mse has none of it."""
    if SETTINGS["models"][model]["objective"] == "mse":
        return {}
    return {"plays": "<results>/plays/plays.parquet", "user_factors": "<results>/wmf/user_factors.npy"}


def plays_and_users(wildcards):
    """The files of these."""
    return {name: settled(path)(wildcards) for name, path in taught_by(wildcards.model).items()}


plays_and_users.paths = ["<results>/plays/plays.parquet", "<results>/wmf/user_factors.npy"]
plays_and_users.named = taught_by  # for the audit, which gives them to the script again


def cnn_options(wildcards):
    """The settings of a network, and those of the confidences where its objective has them."""
    model = model_options(wildcards)
    return model | options("wmf", "alpha", "epsilon") if model["objective"] == "wpe" else model


def gpus(wildcards):
    """GPUs to reserve for training: those that the model's settings ask for by name."""
    model = SETTINGS["models"][wildcards.model]
    return model["devices"] * model["nodes"] if model["accelerator"] in ("gpu", "cuda") else 0


def one_gpu(wildcards):
    """The GPU to reserve for prediction, which takes no more."""
    return min(gpus(wildcards), 1)


def on_nodes(need=None):
    """Function of wildcards: what a training on several nodes needs, by default as many as there are; else nothing."""

    def needed(wildcards):
        nodes = SETTINGS["models"][wildcards.model]["nodes"]
        return None if nodes == 1 else nodes if need is None else need

    return needed
