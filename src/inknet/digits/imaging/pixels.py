"""Arrays of pixels: their shapes, and their values as fractions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.digits.grid import GRID, PIXELS
from inknet.digits.imaging.formats import check_size
from inknet.errors import ImageError

__all__ = ["as_image", "as_images"]


def as_image(image: object) -> NDArray[np.float32]:
    """Return an array of pixels as fractions, (height, width) or (height, width, channels).

    A row of 784 pixels is an image of 28×28, also as a matrix of one row or column; so is a batch of one image.

    Raises ImageError if it is not one image of one, three or four channels.
    """
    try:
        array = np.asanyarray(image)
    except ValueError:
        raise ImageError("rows of pixels must have the same length and hold numbers") from None
    while array.ndim > 2 and array.shape[0] == 1 and not _is_image(array.shape):
        array = array[0]
    if array.ndim <= 2 and array.size == max(array.shape, default=0) == PIXELS:
        array = array.reshape(GRID, GRID)
    if array.ndim == 2 and array.shape[1] == PIXELS:
        raise ImageError(
            f"an array of shape {array.shape} is {len(array)} images of {GRID}×{GRID} in rows: use"
            f" Recognizer.recognize_batch for many; one image of {PIXELS} pixels a row must be a Pillow image"
        )
    if array.dtype.kind not in "buif" or array.size == 0:
        kind = f"{array.dtype} of shape {array.shape}" if array.ndim else type(image).__name__
        raise ImageError(
            f"an image must be a file or its path, a Pillow image, or an array of numbers, at least one; got {kind}"
        )
    if not _is_image(array.shape):
        many = "; use Recognizer.recognize_batch for many images" if array.ndim > 2 else ""
        if array.ndim == 3 and array.shape[0] in {3, 4}:
            many += ", or image.transpose(1, 2, 0) to put channels last"
        raise ImageError(
            f"pixels must have the shape (height, width), with 3 or 4 channels, or ({PIXELS},), got {array.shape}{many}"
        )
    if array.ndim > 1:
        check_size(array.shape[1], array.shape[0])
    return as_fractions(array)


def as_images(images: ArrayLike) -> NDArray[np.float32]:
    """Return gray images of one size as fractions, (n, height, width): of 28×28 also as rows, or with one channel.

    Raises ImageError if they have another shape, or as `as_fractions` does.
    """
    try:
        array = np.asanyarray(images)
    except ValueError:
        raise ImageError("the images of a batch must have the same size; use recognize_each for others") from None
    if array.ndim in {2, 4} and array.shape[0] * PIXELS == array.size:
        array = array.reshape(-1, GRID, GRID)
    if array.ndim != 3:
        raise ImageError(f"a batch must have the shape (n, {GRID}, {GRID}) or (n, {PIXELS}), got {array.shape}")
    return as_fractions(array)


def as_fractions(array: NDArray[Any]) -> NDArray[np.float32]:
    """Return pixels as fractions from 0 to 1.

    If a value exceeds 1, all are divided by 255; those of uint16, if one exceeds 255, by 65,535.

    Raises ImageError if they are not numbers, are masked, or out of range.
    """
    if array.dtype.kind not in "buif":
        raise ImageError(f"pixels must be numbers, got {array.dtype}")
    if np.ma.is_masked(array):
        raise ImageError("pixels must not be masked: replace the masked ones, as with image.filled(0)")
    values = np.asarray(array, dtype=np.float32)
    least, most = float(values.min(initial=0)), float(values.max(initial=0))
    # Of either byte order.
    white = 1 if most <= 1 else 65535 if array.dtype.str[1:] == "u2" and most > 255 else 255
    # NaN fails the comparison. Fractions that slightly exceed 1, as interpolation makes them, are not bytes.
    if not (least >= 0 and most <= white) or (array.dtype.kind == "f" and 1 < most < 2):
        raise ImageError(f"pixels must be integers from 0 to 255, or fractions from 0 to 1; got {least:g} to {most:g}")
    return values if white == 1 else values / np.float32(white)


def _is_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[2] in {1, 3, 4})
