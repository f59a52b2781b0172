"""Checks of a convolutional network's settings against each other and against those of the audio."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from workflow.wording import Keys, short

Mistakes = Iterator[tuple[Keys, str]]


def _objective(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    objective = model["objective"]
    if model["whiten_popularity"] and objective != "wpe":
        yield ("models", name, "whiten_popularity"), "true is only for the objective wpe: write false"
    if model["whitening"] and (objective != "mse" or model["unit_norm"]):
        yield ("models", name, "whitening"), "it is only for the objective mse without unit_norm: write 0"
    if objective == "mse":
        if model["temper"]:
            yield (
                ("models", name, "temper"),
                f"{model['temper']} is only for objectives on plays: write objective: wpe, or 0",
            )
        return
    if model["unit_norm"]:
        yield ("models", name, "unit_norm"), f"true is for targets, and the objective {objective} has none: write false"
    if objective == "wpe" and config["wmf"]["unplayed_weight"] != 1:
        yield (
            ("wmf", "unplayed_weight"),
            f"the objective wpe of {name} weighs unplayed pairs by 1: write 1, or leave it out",
        )
    if objective == "wpe" and model["precision"] in ("16-true", "bf16-true"):
        yield (
            ("models", name, "precision"),
            f"{model['precision']} is too coarse for the objective wpe, which is a small difference of large sums: "
            f"take {model['precision'].replace('true', 'mixed')} or 32-true",
        )


def _masks(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    bands = config["audio"]["mel_bands"]
    widest = {"mask_bands": ("audio.mel_bands", bands), "mask_frames": ("window", model["window"])}
    for key, (of, size) in widest.items():
        if model[key] >= size:
            yield ("models", name, key), f"{model[key]} could hide everything, as {of} is {size}: take a smaller number"


def _schedule(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    warm_up, epochs = model["warm_up"], model["epochs"]
    if model["refit"] and model["keep"] != "last":
        yield ("models", name, "refit"), "true leaves no songs to choose an epoch by: write keep: last, or false"
    if model["schedule"] == "one_cycle":
        if warm_up:
            yield ("models", name, "warm_up"), "one_cycle has a rise of its own: write 0"
        if model["keep"] != "last":
            yield ("models", name, "keep"), "one_cycle trains to its end, where the step size is 0: write last"
    elif warm_up >= epochs and model["steps"] is None:
        yield ("models", name, "warm_up"), f"{warm_up} leaves none of the {epochs} epochs for full steps"


def _pools(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    pool, layers = model["pool"], len(model["channels"])
    if isinstance(pool, list) and len(pool) != layers:
        yield ("models", name, "pool"), f"{short(pool)} has {len(pool)} numbers for {layers} layers (channels)"


def _layers(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    frames = model["window"]
    layers, pool = len(model["channels"]), model["pool"]
    for layer, pooled in enumerate(pool if isinstance(pool, list) else [pool] * layers, start=1):
        frames = (frames - model["kernel"] + 1) // pooled
        if frames < 1:
            yield (
                ("models", name, "window"),
                f"{model['window']} leaves no frame after convolutional layer {layer} of {layers}: "
                "make window longer, or pool, kernel or the list of channels shorter",
            )
            return


def _windows(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    audio, window = config["audio"], model["window"]
    rate, hop, seconds = audio["sample_rate"], audio["hop"], audio["min_seconds"]
    frames = 1 + math.floor(round(seconds * rate, 6)) // hop  # 1.017 * 1000 is a little less than 1017
    if window > frames:
        needed = math.ceil((window - 1) * hop / rate * 1000) / 1000
        yield (
            ("models", name, "window"),
            f"{window} frames do not fit the shortest audio, audio.min_seconds = {seconds} or {frames} frames: "
            f"set window to at most {frames}, or audio.min_seconds to at least {needed}",
        )


def _processes(config: Mapping[str, Any], model: Mapping[str, Any], name: str) -> Mistakes:
    processes = model["devices"] * model["nodes"]
    if model["batch_size"] < processes:
        yield (
            ("models", name, "batch_size"),
            f"{model['batch_size']} songs cannot be shared out over {processes} devices: raise batch_size, or lower "
            "devices or nodes",
        )


CHECKS = (_objective, _masks, _schedule, _pools, _layers, _windows, _processes)
