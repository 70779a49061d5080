"""Resampling whole batches of images at once."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIDE", "resample"]

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
    count = len(images)
    framed = np.zeros((count, _FRAMED, _FRAMED), dtype=np.float32)
    framed[:, _FRAME:-_FRAME, _FRAME:-_FRAME] = images.reshape(count, SIDE, SIDE)
    rows = np.clip(rows + np.float32(_FRAME), 0, np.float32(_FRAMED - 1.001))
    columns = np.clip(columns + np.float32(_FRAME), 0, np.float32(_FRAMED - 1.001))
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down, right = rows - top, columns - left
    # One flat index for the upper left of the four pixels; the others are 1, a row, and a row and 1 further.
    index = top * np.int32(_FRAMED) + left
    index += (np.arange(count, dtype=np.int32) * np.int32(_FRAMED * _FRAMED))[:, np.newaxis]
    flat = framed.ravel()
    upper = flat.take(index)
    upper += right * (flat.take(index + np.int32(1)) - upper)
    index += np.int32(_FRAMED)
    lower = flat.take(index)
    lower += right * (flat.take(index + np.int32(1)) - lower)
    lower -= upper
    lower *= down
    upper += lower
    return upper
