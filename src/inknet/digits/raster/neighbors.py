"""Sums over the neighborhoods of pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["sum_neighbors"]


def sum_neighbors(plane: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of each pixel and its eight neighbors, (height, width); of a mask, whether any of them is set."""
    padded = np.pad(plane, 1)
    tall = padded[:-2] + padded[1:-1] + padded[2:]
    return tall[:, :-2] + tall[:, 1:-1] + tall[:, 2:]
