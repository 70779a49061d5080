"""The bounding box of ink."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "bounding_box"]

#: Top, bottom, left and right; bottom and right are exclusive.
Box = tuple[int, int, int, int]


def bounding_box(ink: NDArray[np.float32] | NDArray[np.bool_]) -> Box:
    """Return the smallest box that holds all ink, which is what is nonzero; there must be some."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
