"""Resampling whole batches of images at once."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.grid import GRID

__all__ = ["FRAME", "FRAMED", "FROM_MIDDLE", "MIDDLE", "between", "framed", "indices", "resample", "split"]

#: The middle of an image, as a row or a column, and how far each row, or column, is from it.
MIDDLE = np.float32((GRID - 1) / 2)
FROM_MIDDLE = np.arange(GRID, dtype=np.float32) - MIDDLE
#: A frame of paper around each image, so that whatever lies outside is paper without a question asked.
FRAME = 2
FRAMED = GRID + 2 * FRAME
#: The first place in a framed row, or column, and the last that has a next one; arrays, which numpy need not convert.
_FIRST, _LAST = np.array([0, FRAMED - 1.001], dtype=np.float32)[:, np.newaxis]


def resample(images: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return images whose every pixel is taken from another place, between four pixels by their distances.

    Parameters
    ----------
    images : array, shape (n, 784)
        Some thousands at the most.
    places : array, shape (2, n, 784)
        The row and the column that each pixel is taken from, in pixels of the framed image, whose own first row and
        column are `FRAME`; beyond there is paper. They are overwritten.

    Returns
    -------
    array of float32, shape (n, 784)
    """
    top, left = split(places)
    down, across = places
    # One flat index for the upper left of the four pixels; the others are 1, a row, and a row and 1 further. It is
    # reckoned in floats, in which a step takes half as long, and every whole number up to 2²⁴ is exact.
    top *= np.float32(FRAMED)
    top += left
    top += np.arange(0, len(images) * FRAMED**2, FRAMED**2, dtype=np.float32)[:, np.newaxis]
    index = indices(top)
    flat = framed(images).ravel()
    upper = between(flat, index, across)
    lower = between(flat[FRAMED:], index, across)
    lower -= upper
    lower *= down
    upper += lower
    return upper


def framed(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return images, (n, 784), with paper around them, (n, 32, 32)."""
    whole = np.zeros((len(images), FRAMED, FRAMED), dtype=np.float32)
    whole[:, FRAME:-FRAME, FRAME:-FRAME] = images.reshape(-1, GRID, GRID)
    return whole


def split(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the row or column of the frame before each place; what is left in `places` is how far it is from there."""
    places.clip(_FIRST, _LAST, out=places)
    before = np.floor(places)
    places -= before
    return before


def indices(numbers: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return whole numbers as indices."""
    # In two steps, each of which is done for many numbers at once: half the time.
    return numbers.astype(np.int32).astype(np.intp)


def between(pixels: NDArray[np.float32], index: NDArray[np.intp], share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values between those at an index and at the next one: pixels, or whole rows of them."""
    # No index is out of bounds; but to wrap those that are takes numpy two thirds of the time of an error.
    values = pixels.take(index, axis=0, mode="wrap")
    further = pixels[1:].take(index, axis=0, mode="wrap")
    further -= values
    further *= share
    values += further
    return values
