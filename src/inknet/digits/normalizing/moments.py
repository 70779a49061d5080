"""Moment normalization: a digit is set upright and brought to one height, so that the network need not learn each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inknet.digits.grid import GRID
from inknet.digits.raster.resample import FRAME, FRAMED, FROM_MIDDLE, MIDDLE, between, framed, indices, split

__all__ = ["Moments", "moment_normalize"]

Images = NDArray[np.float32]
Measures = NDArray[np.float64]

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
TINY = 1e-6

#: The same for height and width, one below the other, so that both are reckoned at once.
_SPREAD, _POWER = np.array([[TALL], [WIDE]]), np.array([[1.0], [WIDTH_POWER]])
_LEAST, _MOST = np.array([TALL_LIMITS, WIDE_LIMITS]).T[:, :, np.newaxis]
#: At which framed row each image begins, and at which pixel each of the rows that are taken from it.
_IMAGES = np.arange(0, _CHUNK * FRAMED, FRAMED, dtype=np.float32).reshape(_CHUNK, 1)
_ROWS = np.arange(0, _CHUNK * GRID * FRAMED, FRAMED, dtype=np.float32).reshape(_CHUNK, GRID, 1)


def _powers() -> NDArray[np.float64]:
    """Return 1, y, x, y², yx and x² for each pixel, (784, 6); y and x are counted from the middle."""
    y, x = np.repeat(FROM_MIDDLE, GRID), np.tile(FROM_MIDDLE, GRID)
    return np.stack([np.ones_like(y), y, x, y * y, y * x, x * x], axis=1).astype(np.float64)


_POWERS = _powers()


class Moments(NamedTuple):
    """What moment normalization reads off each image, all of shape (n,).

    Attributes
    ----------
    row, column : array
        The center of mass.
    slant : array
        Columns a row: the slope of the line fitted through the ink by least squares, which is the covariance of row
        and column over the variance of the row.
    tall, wide : array
        How many pixels of the image become one, down and across.
    """

    row: Measures
    column: Measures
    slant: Measures
    tall: Measures
    wide: Measures

    @classmethod
    def of(cls, images: Images) -> "Moments":
        """Measure images, (n, 784)."""
        # All sums by one product; in 64 bits, since squares of means are taken away from means of squares.
        sums = images.astype(np.float64) @ _POWERS
        row, column, row_square, product, column_square = (sums[:, 1:] / np.maximum(sums[:, :1], TINY)).T
        covariance = product - row * column
        row_variance = np.maximum(row_square - row * row, TINY)
        slant = np.minimum(np.maximum(covariance / row_variance, -STEEPEST), STEEPEST)
        # What remains of it when the digit is upright.
        column_variance = column_square - column * column + slant * (slant * row_variance - 2 * covariance)
        spread = np.sqrt(np.maximum([row_variance, column_variance], TINY))
        tall, wide = np.minimum(np.maximum((spread / _SPREAD) ** _POWER, _LEAST), _MOST)
        return cls(MIDDLE + row, MIDDLE + column, slant, tall, wide)


def moment_normalize(images: Images) -> Images:
    """Set each image upright, bring it to one height and near one width, and its center of mass into the middle.

    All three in one resampling. Deskewing is that of [1]_; sizes set by second moments are the moment normalization
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
    normalized = np.empty_like(images)
    for start in range(0, len(images), _CHUNK):
        some = images[start : start + _CHUNK]
        normalized[start : start + _CHUNK] = _resampled(some, Moments.of(some))
    return normalized


def _resampled(images: Images, moments: Moments) -> Images:
    """Return images, (n, 784), whose every pixel is taken from where the moments say, between the four pixels there.

    What lies in one row of the result comes from one row of the image, or from between two. So whole rows are taken
    first, and then the columns, in each row from another place.
    """
    row, column, slant, tall, wide = np.array(moments, dtype=np.float32)[:, :, np.newaxis]
    down = FROM_MIDDLE * tall
    rows = row + FRAME + down
    top = split(rows)
    top += _IMAGES[: len(images)]
    taken = between(framed(images).reshape(-1, FRAMED), indices(top), rows[:, :, np.newaxis])
    columns = (column + FRAME + slant * down)[:, :, np.newaxis] + (FROM_MIDDLE * wide)[:, np.newaxis]
    left = split(columns)
    left += _ROWS[: len(images)]
    return between(taken.ravel(), indices(left), columns).reshape(images.shape)
