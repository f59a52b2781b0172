"""MusiCNN in plain numpy, layer by layer as its authors describe it, and made-up weights for it."""

import numpy as np

SHAPES = {
    "conv2d": (7, 38, 1, 204),
    "conv2d_1": (7, 67, 1, 204),
    "conv2d_2": (128, 1, 1, 51),
    "conv2d_3": (64, 1, 1, 51),
    "conv2d_4": (32, 1, 1, 51),
    "conv2d_5": (7, 561, 1, 64),
    "conv2d_6": (7, 64, 1, 64),
    "conv2d_7": (7, 64, 1, 64),
    "dense": (1506, 200),
    "dense_1": (200, 50),
}
NORMALISED = (1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200)


def made_up_weights(rng: np.random.Generator, dead: float) -> dict[str, np.ndarray]:
    """Draw weights, float32 by TensorFlow's names; a share ``dead`` of the first filters has shrunk to nothing."""
    weights = {}
    for name, shape in SHAPES.items():
        kernel = rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))
        if name in ("conv2d", "conv2d_1", "conv2d_2", "conv2d_3", "conv2d_4"):
            kernel[..., rng.random(shape[-1]) < dead] *= 1e-30
        weights[f"{name}/kernel"], weights[f"{name}/bias"] = kernel, rng.normal(0, 0.3, shape[-1])
    for number, width in enumerate(NORMALISED):
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        for part in ("gamma", "beta", "moving_mean"):
            weights[f"{name}/{part}"] = rng.normal(0, 1, width)
        weights[f"{name}/moving_variance"] = rng.uniform(0.1, 2, width)
    return {name: array.astype(np.float32) for name, array in weights.items()}


def plain_embedding(weights: dict[str, np.ndarray], window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the embedding [200] and the tags [50] of a window [187, 96], in float64."""
    weights = {name: array.astype(np.float64) for name, array in weights.items()}

    def normalised(values, number):
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        gamma, beta, mean, variance = (
            weights[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return gamma * (values - mean) / np.sqrt(variance + 0.001) + beta

    def convolved(values, name):
        """Values [frames, bands]; the result [frames, places, filters], as long as the input."""
        kernel = weights[f"{name}/kernel"][:, :, 0]
        before = (len(kernel) - 1) // 2
        padded = np.pad(values, ((before, len(kernel) - 1 - before), (0, 0)))
        seen = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2])
        found = np.einsum("tpij,ijf->tpf", seen, kernel, optimize=True) + weights[f"{name}/bias"]
        return np.maximum(found, 0)

    values = normalised(window.astype(np.float64), 0)
    names = [name for name in SHAPES if name.startswith("conv2d")]
    front = [normalised(convolved(values, name), number).max(1) for number, name in enumerate(names[:5], start=1)]
    found = [np.concatenate(front, axis=1)]
    found.append(normalised(convolved(found[0], names[5])[:, 0], 6))
    for number, name in ((7, names[6]), (8, names[7])):
        found.append(normalised(convolved(found[-1], name)[:, 0], number) + found[-1])
    features = np.concatenate(found, axis=1)
    pooled = np.stack([features.max(0), features.mean(0)], axis=1).ravel()
    dense = np.maximum(normalised(pooled, 9) @ weights["dense/kernel"] + weights["dense/bias"], 0)
    embedding = normalised(dense, 10)
    logits = embedding @ weights["dense_1/kernel"] + weights["dense_1/bias"]
    return embedding, 1 / (1 + np.exp(-logits))
