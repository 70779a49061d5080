"""Resampling whole batches of images at once."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIDE", "between", "resample"]

SIDE = 28
#: A frame of paper around each image, so that whatever lies outside is paper without a question asked.
_FRAME = 2
_FRAMED = SIDE + 2 * _FRAME


def resample(
    images: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return images whose every pixel is taken from another place, between four pixels by their distances.

    Parameters
    ----------
    images : array, shape (n, 784)
    rows, columns : array, shape (n, 784)
        Where each pixel is taken from, in pixels; beyond the image there is paper.

    Returns
    -------
    array of float32, shape (n, 784)
    """
    framed = _frame(images)
    rows = np.clip(rows + np.float32(_FRAME), 0, np.float32(_FRAMED - 1.001))
    columns = np.clip(columns + np.float32(_FRAME), 0, np.float32(_FRAMED - 1.001))
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    rows -= top
    columns -= left
    # One flat index for the upper left of the four pixels; the others are 1, a row, and a row and 1 further.
    top *= np.int32(_FRAMED)
    top += left
    top += _starts(len(images))[:, np.newaxis]
    upper = between(framed, top, columns)
    top += np.int32(_FRAMED)
    lower = between(framed, top, columns)
    lower -= upper
    lower *= rows
    upper += lower
    return upper


def _frame(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the images with paper around them, as one flat array."""
    framed = np.zeros((len(images), _FRAMED, _FRAMED), dtype=np.float32)
    framed[:, _FRAME:-_FRAME, _FRAME:-_FRAME] = images.reshape(-1, SIDE, SIDE)
    return framed.ravel()


def _starts(count: int) -> NDArray[np.int32]:
    """Return where each framed image begins in the flat array."""
    return np.arange(count, dtype=np.int32) * np.int32(_FRAMED * _FRAMED)


def between(flat: NDArray[np.float32], index: NDArray[np.int32], share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values between those at an index and at the next one."""
    values = flat.take(index)
    further = flat.take(index + np.int32(1))
    further -= values
    further *= share
    values += further
    return values
