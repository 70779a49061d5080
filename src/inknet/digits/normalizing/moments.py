"""Moment normalization: digits become upright and equally tall, so that the network need not learn every variant."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inknet.digits.grid import GRID
from inknet.digits.raster.resample import (
    CENTER,
    FROM_CENTER,
    PADDED,
    PADDING,
    as_indices,
    interpolate,
    pad_images,
    split_index,
)

__all__ = ["Moments", "moment_normalize"]

Images = NDArray[np.float32]
Measures = NDArray[np.float64]

#: Target spread of ink, vertical and horizontal, as standard deviations in pixels: MNIST's own.
TALL, WIDE = 5.8, 4.2
#: Widths become more alike, by this power of their ratio, but not equal: a 1 stays narrower than a 0.
WIDTH_POWER = 0.75
#: Limits of the scale, vertical and horizontal: a dash does not become a bar.
TALL_LIMITS, WIDE_LIMITS = (0.6, 1.5), (0.4, 1.6)
#: Limit of the shear, in columns per row.
STEEPEST = 1.0
#: Images resampled at once: few enough to stay in the processor's cache.
_CHUNK = 256
TINY = 1e-6

#: Height and width stacked, to compute both at once.
_SPREAD, _POWER = np.array([[TALL], [WIDE]]), np.array([[1.0], [WIDTH_POWER]])
_LEAST, _MOST = np.array([TALL_LIMITS, WIDE_LIMITS]).T[:, :, np.newaxis]
#: The padded row at which each image starts, and the pixel at which each resampled row starts.
_IMAGES = np.arange(0, _CHUNK * PADDED, PADDED, dtype=np.float32).reshape(_CHUNK, 1)
_ROWS = np.arange(0, _CHUNK * GRID * PADDED, PADDED, dtype=np.float32).reshape(_CHUNK, GRID, 1)
#: y and x of each pixel, relative to the center; and 1, y, x, y², yx and x², (784, 6).
_Y, _X = np.repeat(FROM_CENTER, GRID), np.tile(FROM_CENTER, GRID)
_POWERS = np.stack([np.ones_like(_Y), _Y, _X, _Y * _Y, _Y * _X, _X * _X], axis=1).astype(np.float64)


class Moments(NamedTuple):
    """What moment normalization measures on each image, all of shape (n,).

    Attributes
    ----------
    row, column
        The center of mass.
    slant
        Columns per row: the slope of the least-squares line through the ink, cov(row, column) / var(row).
    tall, wide
        How many pixels of the image become one, vertically and horizontally.
    """

    row: Measures
    column: Measures
    slant: Measures
    tall: Measures
    wide: Measures

    @classmethod
    def of(cls, images: Images) -> "Moments":
        """Measure images, (n, 784)."""
        # All sums in one product; in float64, because variances are differences of large numbers.
        sums = images.astype(np.float64) @ _POWERS
        row, column, row_square, product, column_square = (sums[:, 1:] / np.maximum(sums[:, :1], TINY)).T
        covariance = product - row * column
        row_variance = np.maximum(row_square - row * row, TINY)
        slant = np.minimum(np.maximum(covariance / row_variance, -STEEPEST), STEEPEST)
        # The variance after shearing the digit upright.
        column_variance = column_square - column * column + slant * (slant * row_variance - 2 * covariance)
        spread = np.sqrt(np.maximum([row_variance, column_variance], TINY))
        tall, wide = np.minimum(np.maximum((spread / _SPREAD) ** _POWER, _LEAST), _MOST)
        return cls(CENTER + row, CENTER + column, slant, tall, wide)


def moment_normalize(images: Images) -> Images:
    """Deskew each image, scale it to a common height and a similar width, and center it by mass, in one resampling.

    Images are float32, (n, 784). The deskewing is that of [1]_; scaling by second moments is the moment normalization
    of [2]_.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
       1998, section III.A.
    .. [2] C.-L. Liu, K. Nakashima, H. Sako, H. Fujisawa, "Handwritten digit recognition: investigation of
       normalization and feature extraction techniques", 2004, section 2.
    """
    normalized = np.empty_like(images)
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        normalized[start : start + _CHUNK] = _resampled(chunk, Moments.of(chunk))
    return normalized


def _resampled(images: Images, moments: Moments) -> Images:
    """Return images, (n, 784), resampled bilinearly as their moments ask.

    Each row of the result lies between two rows of the image. So whole rows are interpolated first, and then the
    columns within each row.
    """
    row, column, slant, tall, wide = np.array(moments, dtype=np.float32)[:, :, np.newaxis]
    down = FROM_CENTER * tall
    rows = row + PADDING + down
    top = split_index(rows)
    top += _IMAGES[: len(images)]
    taken = interpolate(pad_images(images).reshape(-1, PADDED), as_indices(top), rows[:, :, np.newaxis])
    columns = (column + PADDING + slant * down)[:, :, np.newaxis] + (FROM_CENTER * wide)[:, np.newaxis]
    left = split_index(columns)
    left += _ROWS[: len(images)]
    return interpolate(taken.ravel(), as_indices(left), columns).reshape(images.shape)
