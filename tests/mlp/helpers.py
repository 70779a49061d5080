"""What several tests of the network library need."""

from typing import Any

import numpy as np

from inknet.mlp import Network
from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.losses import find_loss
from inknet.mlp.parameters import FloatArray

#: Losses with output activations that suit them.
SENSIBLE = [
    ("cross-entropy", "softmax"),
    ("cross-entropy", "sigmoid"),
    ("mean-squared-error", "softmax"),
    ("mean-squared-error", "sigmoid"),
    ("mean-squared-error", "identity"),
    ("mean-absolute-error", "sigmoid"),
    ("mean-absolute-error", "identity"),
    ("huber", "softmax"),
    ("huber", "identity"),
]

#: A blob of two classes that a small network learns in a moment.
Dataset = tuple[FloatArray, np.ndarray[Any, np.dtype[np.int64]]]


def two_blobs(rows: int = 60, seed: int = 5, dtype: str = "float32") -> Dataset:
    """Return points in the unit square, class 1 around (0.7, 0.7) and class 0 around (0.3, 0.3)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    centers = np.where(labels[:, np.newaxis] == 1, 0.7, 0.3)
    return np.clip(centers + rng.normal(0, 0.15, (rows, 2)), 0, 1).astype(dtype), labels


def two_moons(rows: int = 300, seed: int = 2) -> Dataset:
    """Return two interleaved half circles, which no straight line separates."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    angle = rng.uniform(0, np.pi, rows)
    x = np.where(labels == 1, 1 - np.cos(angle), np.cos(angle))
    y = np.where(labels == 1, 0.5 - np.sin(angle), np.sin(angle))
    return np.stack([x, y], axis=1) + rng.normal(0, 0.08, (rows, 2)), labels


def gradient_of(
    network: Network, loss: str | None, inputs: FloatArray, targets: FloatArray, weights: FloatArray | None = None
) -> tuple[float, FloatArray]:
    """Return the loss and its gradient by `network.parameters`."""
    backpropagation = Backpropagation(network, find_loss(loss, network.layers[-1].activation))
    return backpropagation(inputs, targets, weights=weights), backpropagation.gradient.copy()


def one_sentence(error: BaseException) -> str:
    """Return the text of an error, having checked that it is fit for a person: one line, not empty, not endless."""
    text = str(error)
    assert text
    assert "\n" not in text
    assert len(text) < 400
    return text
