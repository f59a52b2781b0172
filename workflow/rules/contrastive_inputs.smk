"""What contrastive training needs of the machine, by its settings."""


def tower_gpu(wildcards):
    """One GPU, if the model's settings ask for GPUs by name."""
    return int(SETTINGS["models"][wildcards.model]["accelerator"] in ("gpu", "cuda"))
