"""Workloads of the benchmarks, and the data and initial weights that all contenders share."""

import io
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet import Network
from inknet.digits import load_mnist

__all__ = ["Augmenting", "Predicting", "Recognizing", "Training", "Workload", "digits", "parameters", "pngs"]

#: `quick` divides the work by this.
_QUICKER = 16


@dataclass(frozen=True)
class Workload:
    """Work of about a second."""

    #: The field that scales the work.
    amount: ClassVar[str] = "rows"

    def quick(self) -> Self:
        """Return a sixteenth of the work, to check that everything runs."""
        less: dict[str, Any] = {self.amount: max(1, getattr(self, self.amount) // _QUICKER)}
        return replace(self, **less)


@dataclass(frozen=True)
class Training(Workload):
    """Train by plain gradient descent from the same weights, shuffling the rows in each epoch.

    `rows` must be a multiple of `batch`.
    """

    batch: int
    rows: int = 57_344
    epochs: int = 1
    rate: float = 0.1
    sizes: tuple[int, ...] = (784, 200, 10)

    def quick(self) -> Self:
        """Return a sixteenth of the work, in whole batches."""
        return replace(self, rows=max(1, self.rows // _QUICKER // self.batch) * self.batch)


@dataclass(frozen=True)
class Predicting(Workload):
    """Predict a number of rows at once, `calls` times."""

    amount: ClassVar[str] = "calls"

    rows: int
    calls: int
    sizes: tuple[int, ...] = (784, 200, 10)


@dataclass(frozen=True)
class Recognizing(Workload):
    """Recognize a digit in a PNG of side × side pixels, `calls` times."""

    amount: ClassVar[str] = "calls"

    side: int
    calls: int


@dataclass(frozen=True)
class Augmenting(Workload):
    """Distort images, and possibly train on them as the shipped model was."""

    rows: int


@lru_cache(1)
def digits(rows: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the first training images of MNIST and their labels."""
    images, labels = load_mnist("train")
    return images[:rows].copy(), labels[:rows].copy()


def parameters(sizes: tuple[int, ...]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return the initial weights, (nodes, inputs), and biases of every contender, layer by layer.

    Weights are in C order, as in PyTorch.
    """
    network = Network(sizes, init="he", seed=0)
    return [(np.array(layer.weights, np.float32, order="C"), layer.biases.copy()) for layer in network.layers]


def pngs(count: int) -> list[bytes]:
    """Return the first test images of MNIST as PNGs, dark on light."""
    files = []
    for row in load_mnist("test")[0][:count]:
        file = io.BytesIO()
        Image.fromarray(np.rint(255 * (1 - row.reshape(28, 28))).astype(np.uint8)).save(file, "PNG")
        files.append(file.getvalue())
    return files
