"""What contenders are given to do, and what all of them begin with: the same data and the same weights."""

import io
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet import Network
from inknet.digits import load_mnist

__all__ = ["Augmenting", "Predicting", "Recognizing", "Training", "Work", "digits", "parameters", "pngs"]

#: What `quick` divides by.
_QUICKER = 16


@dataclass(frozen=True)
class Work:
    """Something that takes about a second."""

    #: The field that says how much of it there is.
    amount: ClassVar[str] = "rows"

    def quick(self) -> Self:
        """Return a sixteenth of it, only to see that everything runs."""
        less: dict[str, Any] = {self.amount: max(1, getattr(self, self.amount) // _QUICKER)}
        return replace(self, **less)


@dataclass(frozen=True)
class Training(Work):
    """Train from the same weights, by plain gradient descent, the rows shuffled in each epoch.

    `rows` is a multiple of `batch`: all batches are whole.
    """

    batch: int
    rows: int = 57_344
    epochs: int = 1
    rate: float = 0.1
    sizes: tuple[int, ...] = (784, 200, 10)

    def quick(self) -> Self:
        """Return a sixteenth of it, in whole batches."""
        return replace(self, rows=max(1, self.rows // _QUICKER // self.batch) * self.batch)


@dataclass(frozen=True)
class Predicting(Work):
    """Predict so many rows at once, so many times."""

    amount: ClassVar[str] = "calls"

    rows: int
    calls: int
    sizes: tuple[int, ...] = (784, 200, 10)


@dataclass(frozen=True)
class Recognizing(Work):
    """Recognize a digit in a PNG of side × side pixels, so many times."""

    amount: ClassVar[str] = "calls"

    side: int
    calls: int


@dataclass(frozen=True)
class Augmenting(Work):
    """Distort so many images; or also learn from them, as the shipped model did."""

    rows: int


@lru_cache(1)
def digits(rows: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return so many of MNIST's training images, and their labels."""
    images, labels = load_mnist("train")
    return images[:rows].copy(), labels[:rows].copy()


def parameters(sizes: tuple[int, ...]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return the weights, (nodes, inputs), and the biases that every contender begins with, layer by layer.

    Node by node in memory, as one writes such an array down, and PyTorch keeps it.
    """
    network = Network(sizes, init="he", seed=0)
    return [(np.array(layer.weights, np.float32, order="C"), layer.biases.copy()) for layer in network.layers]


def pngs(count: int) -> list[bytes]:
    """Return so many of MNIST's test images as PNGs, dark on light."""
    files = []
    for row in load_mnist("test")[0][:count]:
        file = io.BytesIO()
        Image.fromarray(np.rint(255 * (1 - row.reshape(28, 28))).astype(np.uint8)).save(file, "PNG")
        files.append(file.getvalue())
    return files
