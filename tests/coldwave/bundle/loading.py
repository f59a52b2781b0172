"""Hear songs with a bundle alone: NumPy, ONNX Runtime and JSON, as another program does that has no Coldwave.

It is run as ``python loading.py BUNDLE SIGNALS OUT``: from signals, float32 [songs, samples], to vectors.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime


def open_graph(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def main(bundle: Path, signals: Path, out: Path) -> None:
    about = json.loads((bundle / "bundle.json").read_text())
    audio, model = about["audio"], about["model"]
    front_end, network = open_graph(bundle / audio["file"]), open_graph(bundle / model["file"])
    vectors = []
    for signal in np.load(signals):
        log_mel = front_end.run([audio["output"]], {audio["input"]: signal})[0].astype(model["dtype"])
        if model["input"] == "windows":
            number = len(log_mel) // model["window"]
            log_mel = np.stack([log_mel[model["window"] * i : model["window"] * (i + 1)] for i in range(number)])
        vectors.append(network.run([model["output"]], {model["input"]: log_mel})[0].mean(axis=0))
    np.save(out, np.array(vectors))
    assert "coldwave" not in sys.modules and "torch" not in sys.modules


if __name__ == "__main__":
    try:
        import coldwave
    except ImportError:
        main(*map(Path, sys.argv[1:]))
    else:
        sys.exit(f"coldwave can be imported, from {coldwave.__file__}")
