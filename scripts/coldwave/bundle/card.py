"""The model card of a bundle, README.md: what it is, how to load it, what it was learnt from, and how well it does."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import yaml

from coldwave.bundle.index import EXACT
from coldwave.bundle.model import EMBEDDING, SONG, WINDOWS
from coldwave.evaluation.differences import LEVEL
from coldwave.exhibits.markdown import escaped, number, pipe_table

NOT_STATED = "not stated"
INTERVALS = ["measure", "model", "seeds", "sampled", "mean", "low", "high"]  # columns of that table
# From a new song's audio to its vector, by what the graph takes.
LOADING = {
    WINDOWS: """\
log_mel = load("audio.onnx").run(None, {{"audio": audio}})[0].astype(np.float16)  # mono float32, {rate} Hz
windows = log_mel[: len(log_mel) // {window} * {window}].reshape(-1, {window}, log_mel.shape[1])
song = load("model.onnx").run(None, {{"windows": windows}})[0].mean(axis=0)""",
    SONG: """\
log_mel = load("audio.onnx").run(None, {{"audio": audio}})[0].astype(np.float16)  # mono float32, {rate} Hz
song = load("model.onnx").run(None, {{"log_mel": log_mel}})[0][0]""",
    EMBEDDING: """\
song = load("model.onnx").run(None, {{"embedding": embedding[None]}})[0][0]  # float32, of one song""",
}
CODE = """\
import faiss, numpy as np, onnxruntime, pyarrow.parquet as pq

load = lambda name: onnxruntime.InferenceSession(name, providers=["CPUExecutionProvider"])
{loading}
users, songs = (pq.read_table(f"{{name}}.parquet").to_pydict() for name in ("users", "songs"))
user = np.array(users["vector"][0], np.float32)
print(users["user_id"][0], "scores the new song", user @ song)
scores, rows = faiss.read_index("songs.faiss").search(user[None], 10)
print("best songs:", [songs["song_id"][row] for row in rows[0] if row >= 0])"""


def card(about: Mapping[str, Any], data: Mapping[str, str], results: str, intervals: pl.DataFrame) -> str:
    """Write the card.

    Parameters
    ----------
    about : ``bundle.json``
    data : in words, what the run is made from, by what it is
    results : the run's table of results with its notes on data and protocol, ``tables/recommendation.md``
    intervals : the columns ``INTERVALS`` of ``tables/intervals.parquet``; the model's rows are shown
    """
    model, index = about["model"], about["index"]
    scores = intervals.filter(model=model["name"])
    title = f"{escaped(about['run'])}: {escaped(model['name'])}"
    code = CODE.format(loading=LOADING[model["input"]].format(**_sizes(about)))
    compared = model["compared"]
    return "\n".join(
        [
            _header(about, scores),
            f"# {title}",
            "",
            "A model that recommends songs which nobody has played yet, from how they sound: "
            f"kind {model['kind']}, trained with seed {model['seed']} by Coldwave {about['coldwave']}. It makes a "
            "vector of a song; its inner product with a user's vector is the user's score. `bundle.json` has all "
            "settings.",
            "",
            "## Files",
            "",
            *_files(about),
            "",
            "## Use",
            "",
            "With NumPy, PyArrow, ONNX Runtime and Faiss, in the bundle's folder:",
            "",
            "```python",
            code,
            "```",
            "",
            *_hearing(about),
            f"Compared with Coldwave on {compared['songs']:,} songs of the run, the graph's vectors differ by "
            f"{compared['largest']:.1e} at most.",
            "",
            _index(index),
            "",
            "## Data",
            "",
            *(f"- {name}: {escaped(value)}" for name, value in data.items()),
            "",
            "## Scores",
            "",
            f"On test songs, with intervals of {100 * (1 - LEVEL):g} % (as in the run's table `differences`):",
            "",
            *pipe_table(_scores(scores), left=1),
            "",
            *_seeds(scores),
            "Beside the run's other models, with notes on the data, the protocol and the measures:",
            "",
            results.strip(),
            "",
            "## Limits",
            "",
            *(f"- {limit}" for limit in _limits(about)),
            "",
            "## Licence",
            "",
            "The code that has made this: MIT. Weights, vectors and the data that they are learnt from: "
            f"{escaped(about['licence'])}.",
            "",
        ]
    )


def _header(about: Mapping[str, Any], scores: pl.DataFrame) -> str:
    model = about["model"]
    metrics = [{"type": row["measure"], "value": row["mean"]} for row in scores.iter_rows(named=True)]
    result = {
        "task": {"type": "recommendation", "name": "songs without plays"},
        "dataset": {"type": about["run"], "name": about["run"]},
        "metrics": metrics,
    }
    header = {
        "license": "unknown" if about["licence"] == NOT_STATED else about["licence"],
        "library_name": "onnx",
        "tags": ["music", "recommendation", "cold-start", model["kind"]],
        "model-index": [{"name": f"{about['run']}/{model['name']}", "results": [result]}],
    }
    return f"---\n{yaml.safe_dump(header, sort_keys=False, allow_unicode=False)}---\n"


def _sizes(about: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {"window": about["model"].get("window")}
    return sizes | ({"rate": f"{about['audio']['sample_rate']:,}"} if "audio" in about else {})


def _files(about: Mapping[str, Any]) -> list[str]:
    files = {
        "bundle.json": "settings, and digests of the other files",
        "audio.onnx": "from a mono signal to log-mels",
        "model.onnx": "from these to vectors" if "audio" in about else "from embeddings to vectors",
        "weights.safetensors": "the numbers by name, with the model's settings",
        "songs.parquet": "song_id and vector, null where the model predicts nothing",
        "users.parquet": "user_id and vector",
        "songs.faiss": "an index of the songs' vectors; its labels are row numbers of songs.parquet",
    }
    if "audio" not in about:
        del files["audio.onnx"]
    return pipe_table({"file": list(files), "content": list(files.values())}, left=2)


def _hearing(about: Mapping[str, Any]) -> list[str]:
    how = f"`model.onnx`: {about['model']['how']}."
    if "audio" not in about:
        return [f"{how} The embedding is {escaped(about['embedding'])}, which this bundle does not make.", ""]
    audio = about["audio"]
    part = "all of the file" if audio["duration"] is None else f"{audio['duration']:g} s of the file"
    begin = "from its middle" if audio["offset"] == "middle" else f"from {audio['offset']:g} s on"
    return [
        f"The audio is {part}, {begin} ({audio['min_seconds']:g} s at least), the mean of its channels, resampled to "
        f"{audio['sample_rate']:,} Hz ({audio['resampling']}). `audio.onnx` makes frames of {audio['window']:,} "
        f"samples every {audio['hop']:,}, centred, with zeros around the signal; {audio['mel_bands']} mel bands; the "
        f"natural log of the power, at least {audio['power_floor']:g}. {how}",
        "",
    ]


def _index(index: Mapping[str, Any]) -> str:
    if index["kind"] == EXACT:
        return f"The index is exact: it compares a user with all {index['songs']:,} songs that have a vector."
    looks = (
        f"The index is approximate: it looks into {index['searched']:,} of {index['cells']:,} cells "
        f"(`nprobe`, which can be changed) of {index['songs']:,} songs."
    )
    if index["recall"] is None:
        return f"{looks} What it finds was measured for nobody: no user of the run has a vector other than zero."
    return (
        f"{looks} Of the {index['at']:,} best songs of a user it finds {100 * index['recall']:.1f} %, by the exact "
        f"answer for {index['users']:,} users of the run, by whom the number of cells was not chosen."
    )


def _scores(scores: pl.DataFrame) -> dict[str, list[str]]:
    spans = [
        "–" if low is None else f"{number(low)} to {number(high)}" for low, high in scores["low", "high"].iter_rows()
    ]
    return {
        "measure": scores["measure"].to_list(),
        "mean": list(map(number, scores["mean"])),
        "interval": spans,
        "drawn": scores["sampled"].to_list(),
    }


def _seeds(scores: pl.DataFrame) -> list[str]:
    seeds = scores["seeds"].max()
    return [f"They are means over {seeds} seeds, of which this bundle has one.", ""] if seeds and seeds > 1 else []


def _limits(about: Mapping[str, Any]) -> list[str]:
    heard = "its embedding" if "embedding" in about else "its audio"
    return [
        f"A new song is known by {heard} alone: nothing of who likes its artist, or of what is in fashion.",
        "Users are those of the run. Others need vectors of their own, made of plays as the run makes them.",
        "Vectors of songs that the model has learnt from may fit better than those of new songs. The scores above are "
        "of songs that it has not learnt from.",
        "Scores are of this run's users and songs. They say little of others.",
        "Users' vectors are made of what they have played, and tell of it: think before you pass them on.",
    ]
