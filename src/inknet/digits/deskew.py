"""Deskewing: a slanted digit is set upright, so that the network need not learn every slant."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.resample import SIDE, shear

__all__ = ["deskew"]

#: No digit is sheared by more than this many pixels a row.
STEEPEST = 1.0
#: Images that are resampled together: few enough to stay in the processor's cache.
_CHUNK = 256
_GRID = np.arange(SIDE, dtype=np.float32)


def deskew(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shear each image about its centre of mass until its rows' centres no longer drift sideways [1]_.

    The slant is that of the line fitted through the ink by least squares: the covariance of row and column over the
    variance of the row.

    Parameters
    ----------
    images : array, shape (n, 784)

    Returns
    -------
    array of float32, shape (n, 784)

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
       1998, section III.A.
    """
    upright = np.empty_like(images)
    for start in range(0, len(images), _CHUNK):
        some = images[start : start + _CHUNK]
        upright[start : start + _CHUNK] = shear(some, *measure_slant(some))
    return upright


def measure_slant(images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each image's slant, in columns a row, and the row of its centre of mass."""
    ink = images.reshape(-1, SIDE, SIDE)
    by_row = ink.sum(axis=2)
    mass = np.maximum(by_row.sum(axis=1), np.float32(1e-6))
    row_centre = by_row @ _GRID / mass
    off = _GRID - row_centre[:, np.newaxis]
    weighted = ink @ _GRID
    column_centre = weighted.sum(axis=1) / mass
    covariance = (off * (weighted - column_centre[:, np.newaxis] * by_row)).sum(axis=1)
    variance = np.maximum((off * off * by_row).sum(axis=1), np.float32(1e-6))
    return np.clip(covariance / variance, -STEEPEST, STEEPEST), row_centre
