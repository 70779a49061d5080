"""Box: the smallest box that holds all ink."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "bounding_box"]

#: The first row and the first below the box, the first column and the first to its right.
Box = tuple[int, int, int, int]


def bounding_box(ink: NDArray[np.float32] | NDArray[np.bool_]) -> Box:
    """Return where there is ink; there must be some.

    Parameters
    ----------
    ink : array, shape (height, width)
        What is not zero, or true.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
