"""The multilayer perceptron: what it learns, what it may look at, and its predictions against torch's own layers."""

import numpy as np
import pytest
import torch

from coldwave.errors import InputError
from coldwave.models.cnn.training import CURVE_SCHEMA as CNN_CURVE_SCHEMA
from coldwave.models.mlp.prediction import predict_mlp
from coldwave.models.mlp.training import CURVE_SCHEMA, train_mlp, training_batches

SETTINGS = {
    "hidden": [32],
    "batch_size": 16,
    "learning_rate": 0.01,
    "weight_decay": 0.0,
    "epochs": 30,
    "patience": 30,
}


@pytest.fixture
def data():
    """Targets that are no linear map of the features: their absolute values. One song has no features."""
    rng = np.random.default_rng(0)
    features = (rng.standard_normal((300, 4)) * [3, 1, 1, 1] + [5, 0, 0, 0]).astype(np.float32)
    targets = np.abs(features - [5, 0, 0, 0])[:, :3].astype(np.float32) + [10, 0, -10]
    features[7] = np.nan
    place = np.arange(300)
    return features, targets.astype(np.float32), place < 200, (place >= 200) & (place < 250)


def relative_error(features, targets, training, part, arrays):
    usable = part & np.isfinite(features).all(axis=1)
    mean = targets[training & np.isfinite(features).all(axis=1)].mean(axis=0)
    error = np.square(targets[usable] - predict_mlp(features[usable], arrays)).sum()
    return error / np.square(targets[usable] - mean).sum()


def test_it_learns_what_no_line_fits_and_the_curve_is_relative_to_the_mean(data):
    features, targets, training, validation = data
    arrays, curve = train_mlp(*data, SETTINGS, seed=1)
    best = curve.filter("best")
    assert best.height == 1
    assert best["validation_loss"].item() == curve["validation_loss"].min()
    found = relative_error(features, targets, training, validation, arrays)
    assert found == pytest.approx(best["validation_loss"].item(), rel=1e-4)
    x = np.c_[features[training], np.ones(training.sum())]
    x, y = x[np.isfinite(x).all(axis=1)], targets[training][np.isfinite(x).all(axis=1)]
    line = np.linalg.lstsq(x, y, rcond=None)[0]
    by_line = np.square(targets[validation] - np.c_[features[validation], np.ones(validation.sum())] @ line).sum()
    by_mean = np.square(targets[validation] - y.mean(axis=0)).sum()
    assert found < 0.2 < 0.5 < by_line / by_mean


def test_the_first_epoch_starts_near_the_mean(data):
    """Outputs are small before any step, so the first loss in a single batch is near that of the mean, 1."""
    _, curve = train_mlp(*data, SETTINGS | {"batch_size": 1000, "epochs": 1}, seed=1)
    assert curve["train_loss"].item() == pytest.approx(1, abs=0.2)


def test_the_curve_is_the_convolutional_networks():
    assert CURVE_SCHEMA == CNN_CURVE_SCHEMA


def test_patience(data):
    _, curve = train_mlp(*data, SETTINGS | {"learning_rate": 0.3, "epochs": 200, "patience": 3}, seed=1)
    best = int(np.argmin(curve["validation_loss"]))
    assert len(curve) == best + 1 + 3
    assert curve["epoch"].to_list() == list(range(1, len(curve) + 1))


def test_each_song_once_an_epoch_in_another_order():
    epochs = [np.concatenate(list(training_batches(50, 16, 1, epoch))) for epoch in (1, 2)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert not np.array_equal(*epochs)
    assert [len(batch) for batch in training_batches(50, 16, 1, 1)] == [16, 16, 16, 2]


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(data):
    runs = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            torch.manual_seed(threads)  # the state of others does not matter, and is left as it was
            state = torch.get_rng_state()
            runs.append(train_mlp(*data, SETTINGS | {"epochs": 3}, seed=1))
            assert torch.get_num_threads() == threads
            assert torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_num_threads(before)
    assert all(runs[0][0][name].tobytes() == array.tobytes() for name, array in runs[1][0].items())
    assert runs[0][1].drop("seconds").equals(runs[1][1].drop("seconds"))
    other, _ = train_mlp(*data, SETTINGS | {"epochs": 3}, seed=2)
    assert not np.array_equal(other["layer_0.weight"], runs[0][0]["layer_0.weight"])


def test_it_looks_at_no_test_song_and_learns_from_no_validation_target(data):
    features, targets, training, validation = data
    settings = SETTINGS | {"epochs": 3}
    before, curve = train_mlp(features, targets, training, validation, settings, seed=1)
    test = ~training & ~validation
    features, targets = features.copy(), targets.copy()
    features[test], targets[test] = 99, 99
    after, same = train_mlp(features, targets, training, validation, settings, seed=1)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert curve.drop("seconds").equals(same.drop("seconds"))
    targets[validation] *= 2  # an epoch is chosen by them, no weight is learnt from them
    _, other = train_mlp(features, targets, training, validation, settings, seed=1)
    assert other["train_loss"].equals(curve["train_loss"])
    assert not other["validation_loss"].equals(curve["validation_loss"])


def test_predictions_are_those_of_torchs_layers():
    rng = np.random.default_rng(1)
    sizes = [5, 7, 6, 3]
    layers = [torch.nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    arrays = {"feature_mean": rng.standard_normal(5).astype(np.float32), "feature_scale": np.float32(1.7)}
    arrays |= {"target_mean": rng.standard_normal(3).astype(np.float32), "target_scale": np.float32(0.3)}
    for place, layer in enumerate(layers):
        arrays |= {f"layer_{place}.{name}": part.detach().numpy() for name, part in layer.named_parameters()}
    features = rng.standard_normal((11, 5)).astype(np.float32)
    features[4] = np.nan
    with torch.no_grad():
        values = torch.from_numpy((features - arrays["feature_mean"]) / arrays["feature_scale"])
        network = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
        expected = network(values).numpy() * arrays["target_scale"] + arrays["target_mean"]
    predicted = predict_mlp(features, arrays)
    assert predicted.dtype == np.float32
    assert np.flatnonzero(np.isnan(predicted).any(axis=1)).tolist() == [4]
    assert predicted == pytest.approx(expected, abs=1e-5, nan_ok=True)


def test_a_feature_or_a_target_that_never_varies_does_no_harm():
    features, targets = np.ones((20, 3), dtype=np.float32), np.full((20, 2), 4, dtype=np.float32)
    place = np.arange(20)
    arrays, curve = train_mlp(features, targets, place < 10, place >= 10, SETTINGS | {"epochs": 2}, seed=1)
    assert np.isfinite(predict_mlp(features, arrays)).all()
    assert curve["validation_loss"].is_finite().all()


@pytest.mark.parametrize("part", ["training", "validation"])
def test_no_usable_song_is_an_error(part, data):
    features, targets, training, validation = data
    features = features.copy()
    features[training if part == "training" else validation] = np.nan
    with pytest.raises(InputError, match=f"no {part} song has features"):
        train_mlp(features, targets, training, validation, SETTINGS, seed=1)
