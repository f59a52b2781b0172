"""What the models of a config must be to it and to each other: a check a function, as in ``workflow.consistency``."""

import difflib
import math
from collections.abc import Iterator
from typing import Any

from workflow.wording import Keys, short

FACTORS_FROM_AUDIO = ("linear", "mlp", "cnn")  # kinds that predict song factors from what they hear, and nothing else
WITH_FACTORS = (*FACTORS_FROM_AUDIO, "metadata", "usage")  # kinds whose song vectors are factors, and differ


def model_checks(config: dict[str, Any]) -> list[Iterator[tuple[Keys, str]]]:
    """All checks of a config's models and of what names one of them, in the manner of ``cross_checks``."""
    checks = [_tuned_model(config), _tuned_settings(config), _mapped_model(config)]
    for name, model in config.get("models", {}).items():
        if "features" in model:
            checks += [_features(config, model, name)]
        if model.get("kind") == "cnn":
            checks += [
                _objective(model, name),
                _masks(config, model, name),
                _schedule(model, name),
                _pools(model, name),
                _layers(model, name),
                _windows(config, model, name),
                _processes(model, name),
            ]
        if model.get("kind") == "metadata" and model.get("audio") is not None:
            checks += [_audio_model(config, model["audio"], ("models", name, "audio"))]
    return checks


def tuned_model(config: dict[str, Any]) -> str | None:
    """The name of the model whose settings are searched; None where no model predicts factors from audio."""
    fitting = [name for name, model in config["models"].items() if model["kind"] in FACTORS_FROM_AUDIO]
    return config["tuning"]["model"] or next(iter(fitting), None)


def _features(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    features, known = model["features"], ["bow", *config["embeddings"]]
    if features not in known:
        yield ("models", name, "features"), no_embedding(features, known)


def no_embedding(name: str, known: list[str]) -> str:
    """The message about a name that is no embedding's, with what may be meant."""
    close = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean {close[0]!r}?" if close else f"it may be {' or '.join(known)}" if known else "it is empty"
    return f"there is no {short(name)} in embeddings; {guess}"


def _objective(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    objective = model["objective"]
    if objective == "mse":
        if model["temper"]:
            yield (
                ("models", name, "temper"),
                f"{model['temper']} is for objectives of plays: write objective: wpe, or 0",
            )
        return
    if model["unit_norm"]:
        yield ("models", name, "unit_norm"), f"true is for targets, and the objective {objective} has none: write false"
    if objective == "wpe" and model["precision"] in ("16-true", "bf16-true"):
        yield (
            ("models", name, "precision"),
            f"{model['precision']} is too coarse for the objective wpe, a small difference of large sums: take "
            f"{model['precision'].replace('true', 'mixed')} or 32-true",
        )


def _masks(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    bands = config["audio"]["mel_bands"]
    for key, of, size in (("mask_bands", "audio.mel_bands", bands), ("mask_frames", "window", model["window"])):
        if model[key] >= size:
            yield ("models", name, key), f"{model[key]} could hide everything, as {of} is {size}: take a smaller number"


def _schedule(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    warm_up, epochs = model["warm_up"], model["epochs"]
    if warm_up >= epochs:
        yield ("models", name, "warm_up"), f"{warm_up} leaves none of the {epochs} epochs for full steps"


def _pools(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    pool, layers = model["pool"], len(model["channels"])
    if isinstance(pool, list) and len(pool) != layers:
        yield ("models", name, "pool"), f"{short(pool)} has {len(pool)} numbers for {layers} layers (channels)"


def _layers(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
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


def _windows(config: dict[str, Any], model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
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


def _processes(model: dict[str, Any], name: str) -> Iterator[tuple[Keys, str]]:
    processes = model["devices"] * model["nodes"]
    if model["batch_size"] < processes:
        yield (
            ("models", name, "batch_size"),
            f"{model['batch_size']} songs cannot be shared out over {processes} devices: raise batch_size, or lower "
            "devices or nodes",
        )


def _audio_model(config: dict[str, Any], audio: str, keys: Keys) -> Iterator[tuple[Keys, str]]:
    fitting = [other for other, entry in config["models"].items() if entry["kind"] in FACTORS_FROM_AUDIO]
    choice = f"name one of {', '.join(fitting)}" if fitting else "there is none in this config: write null"
    if audio not in config["models"]:
        yield keys, f"there is no model {short(audio)} that predicts factors from audio: {choice}"
    elif audio not in fitting:
        kind = config["models"][audio]["kind"]
        yield keys, f"{short(audio)} is of kind {kind}, which does not predict factors from audio: {choice}"


def _mapped_model(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    keys, name = ("analysis", "map", "model"), config["analysis"]["map"]["model"]
    if name is None:
        return
    fitting = [other for other, entry in config["models"].items() if entry["kind"] in WITH_FACTORS]
    choice = f"name one of {', '.join(fitting)}, or write null" if fitting else "write null"
    if name not in config["models"]:
        yield keys, f"there is no model {short(name)}: {choice}"
    elif name not in fitting:
        yield keys, f"{short(name)} is of kind {config['models'][name]['kind']}, whose vectors make no map: {choice}"


def _tuned_model(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    if config["tuning"]["model"] is not None:
        yield from _audio_model(config, config["tuning"]["model"], ("tuning", "model"))


def _tuned_settings(config: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    name = tuned_model(config)
    model = config["models"].get(name, {})
    if config["tuning"]["settings"] and name is None:
        yield (
            ("tuning", "settings"),
            "there is no model of kind linear, mlp or cnn whose settings they could be: write {}",
        )
        return
    for section, now, called in (("wmf", config["wmf"], "wmf"), ("settings", model, f"model {name}")):
        for key, values in config["tuning"][section].items():
            keys = ("tuning", section, key)
            if section == "settings" and (key == "kind" or key not in now):
                known = ", ".join(other for other in now if other != "kind")
                yield keys, f"{called} has no such setting; it has {known}"
            else:
                for mistake in _range(values, now[key]):
                    yield keys, mistake


def _range(values: dict[str, Any], now: Any) -> Iterator[str]:
    """What is wrong with the range of a setting that is ``now``."""
    ends, given = [values.get("low"), values.get("high")], values.get("choices")
    if given is not None and ends != [None, None]:
        yield "has both choices and low or high: keep one of the two"
    elif given is None and None in ends:
        yield "needs low and high, or choices"
    elif isinstance(now, list) or now is None:
        yield f"the setting is {short(now)}, and only single values can be searched"
    elif isinstance(now, (bool, str)):
        if given is None or not all(isinstance(value, type(now)) for value in given):
            yield f"the setting is {short(now)}: give choices of that kind"
    else:
        for value in given or ends:
            whole = isinstance(now, int) and not isinstance(value, int)
            if isinstance(value, (bool, str)) or whole:
                yield f"{short(value)} is no {'whole ' if isinstance(now, int) else ''}number, as the setting is"
                return
        if given is None and ends[0] > ends[1]:
            yield f"low ({ends[0]}) is above high ({ends[1]})"
        elif given is None and values.get("log") and ends[0] <= 0:
            yield f"low is {ends[0]}, which has no logarithm: raise it, or write log: false"
