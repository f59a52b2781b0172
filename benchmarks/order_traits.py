"""What a run's networks know of the demo world's two order traits, which no single moment of a song tells.

    python benchmarks/order_traits.py results/demo

From the last hidden layer of each network, the mean over a song's windows, a logistic regression learns each trait on
the training songs. Its AUC on the test songs is printed: 0.5 is chance. Of a model of several networks it is the first.
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from coldwave.audio.frames import LogMels
from coldwave.files import read_array, read_table
from coldwave.models.cnn.network import SongNetwork
from coldwave.models.cnn.prediction import load_network, mean_over_windows
from coldwave.split.parts import TEST, TRAIN
from coldwave.world.styles import ORDER_ONLY

STRENGTH = 0.01  # of the regression, scikit-learn's C


def embed(network: SongNetwork, source: LogMels, window: int) -> np.ndarray:
    """Last hidden layer of each song, the mean over its windows: float32 [songs, units]; zeros for shorter songs."""
    units, cpu = network.output.in_features, torch.device("cpu")
    return np.nan_to_num(mean_over_windows(network.embed, units, source, source.lengths, window, cpu))


def decoded(layers: np.ndarray, traits: pl.DataFrame, part: np.ndarray) -> list[float]:
    """AUC of each order trait on test songs, learnt from training songs."""
    training, test, found = part == TRAIN, part == TEST, []
    for name in ORDER_ONLY:
        trait = traits[name].to_numpy() > 0
        learnt = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=2000))
        learnt.fit(layers[training], trait[training])
        found.append(float(roc_auc_score(trait[test], learnt.decision_function(layers[test]))))
    return found


def main() -> None:
    """Print a line for each network, and for the bag of words."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a run on the demo world")
    results = parser.parse_args().results
    songs = read_table(results / "plays/songs.parquet", ["song", "song_id"]).sort("song")
    traits = songs.join(read_table(results / "world/truth.parquet"), on="song_id", how="left", maintain_order="left")
    part = read_table(results / "split/split.parquet").sort("song")["part"].to_numpy()
    source = LogMels(read_table(results / "audio/index.parquet"), sorted((results / "audio/log_mel").glob("*.npy")))
    print(f"{'model':24} seed  {'  '.join(f'{name:>8}' for name in ORDER_ONLY)}")
    found = decoded(read_array(results / "bow/features.npy"), traits, part)
    print(f"{'(bag of words)':24} {'':4}  {'  '.join(f'{value:8.3f}' for value in found)}")
    for path in sorted(results.glob("models/*/*.safetensors")):
        try:
            network, settings = load_network(path)
        except KeyError:  # not a network on log-mels
            continue
        found = decoded(embed(network.networks[0], source, settings["window"]), traits, part)
        print(f"{path.parent.name:24} {path.stem:>4}  {'  '.join(f'{value:8.3f}' for value in found)}", flush=True)


if __name__ == "__main__":
    main()
