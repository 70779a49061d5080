"""Filling what is unknown from the nearest values."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.raster.neighbors import sum_neighbors

__all__ = ["fill_unknown"]


def fill_unknown(values: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the values, (height, width), with unknown ones filled from the nearest known ones, ring by ring."""
    values, known = values * known, known.copy()
    while known.any() and not known.all():
        sums, counts = sum_neighbors(values), sum_neighbors(known.astype(np.float32))
        new = ~known & (counts > 0)
        values[new] = sums[new] / counts[new]
        known |= new
    return values
