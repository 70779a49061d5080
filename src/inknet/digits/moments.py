"""Moment normalisation: a digit is set upright and brought to one height, so that the network need not learn each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inknet.digits.resample import SIDE, resample

__all__ = ["Moments", "moment_normalise"]

Images = NDArray[np.float32]

#: The spread of ink that digits are brought to, down and across, in pixels (standard deviations): MNIST's own.
TALL, WIDE = 5.8, 4.2
#: Widths are only brought near each other, by this power of their ratio: a 1 remains narrower than a 0.
WIDTH_POWER = 0.75
#: No digit is shrunk or stretched beyond these factors, down and across: a dash does not become a bar.
TALL_LIMITS, WIDE_LIMITS = (0.6, 1.5), (0.4, 1.6)
#: No digit is sheared by more than this many pixels a row.
STEEPEST = 1.0
#: Images that are resampled together: few enough to stay in the processor's cache.
_CHUNK = 256
_MIDDLE = np.float32((SIDE - 1) / 2)
_FROM_MIDDLE = np.arange(SIDE, dtype=np.float32) - _MIDDLE
TINY = np.float32(1e-6)


class Moments(NamedTuple):
    """What moment normalisation reads off each image, all of shape (n,).

    Attributes
    ----------
    row, column : array
        The centre of mass.
    slant : array
        Columns a row: the slope of the line fitted through the ink by least squares, which is the covariance of row
        and column over the variance of the row.
    tall, wide : array
        How many pixels of the image become one, down and across.
    """

    row: Images
    column: Images
    slant: Images
    tall: Images
    wide: Images

    @classmethod
    def of(cls, images: Images) -> "Moments":
        """Measure images, (n, 784)."""
        ink = images.reshape(-1, SIDE, SIDE)
        by_row = ink.sum(axis=2)
        mass = np.maximum(by_row.sum(axis=1), TINY)
        # All from the middle: small numbers, and so with little to lose in 32 bits.
        row = by_row @ _FROM_MIDDLE / mass
        weighted = ink @ _FROM_MIDDLE
        column = weighted.sum(axis=1) / mass
        off = _FROM_MIDDLE - row[:, np.newaxis]
        covariance = (off * (weighted - column[:, np.newaxis] * by_row)).sum(axis=1) / mass
        row_variance = np.maximum((off * off * by_row).sum(axis=1) / mass, TINY)
        slant = np.clip(covariance / row_variance, -STEEPEST, STEEPEST)
        column_variance = (ink @ (_FROM_MIDDLE * _FROM_MIDDLE)).sum(axis=1) / mass - column * column
        # What remains of it when the digit is upright.
        column_variance += slant * (slant * row_variance - 2 * covariance)
        tall = np.clip(np.sqrt(row_variance) / TALL, *TALL_LIMITS)
        wide = np.clip((np.sqrt(np.maximum(column_variance, TINY)) / WIDE) ** WIDTH_POWER, *WIDE_LIMITS)
        return cls(_MIDDLE + row, _MIDDLE + column, slant, tall, wide)


def moment_normalise(images: Images) -> Images:
    """Set each image upright, bring it to one height and near one width, and its centre of mass into the middle.

    All three in one resampling. Deskewing is that of [1]_; sizes set by second moments are the moment normalisation
    of [2]_.

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
    .. [2] C.-L. Liu, K. Nakashima, H. Sako, H. Fujisawa, "Handwritten digit recognition: investigation of
       normalization and feature extraction techniques", 2004, section 2.
    """
    normalised = np.empty_like(images)
    for start in range(0, len(images), _CHUNK):
        some = images[start : start + _CHUNK]
        normalised[start : start + _CHUNK] = resample(some, *_origins(Moments.of(some)))
    return normalised


def _origins(moments: Moments) -> tuple[Images, Images]:
    """Return the rows and the columns, (n, 784) each, from which the pixels of normalised images are taken."""
    down = _FROM_MIDDLE * moments.tall[:, np.newaxis]
    across = _FROM_MIDDLE * moments.wide[:, np.newaxis]
    rows = np.repeat(moments.row[:, np.newaxis] + down, SIDE, axis=1)
    start = moments.column[:, np.newaxis] + moments.slant[:, np.newaxis] * down
    columns = start[:, :, np.newaxis] + across[:, np.newaxis, :]
    return rows.astype(np.float32), columns.reshape(-1, SIDE * SIDE).astype(np.float32)
