"""Normalization: any drawing becomes what MNIST's makers would have made of it.

They cropped each digit, fitted it into 20×20 pixels with its aspect ratio kept, and placed it in 28×28 with its
center of mass in the middle (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits").
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits.grid import GRID
from inknet.digits.normalizing.center import center_in_grid, extents
from inknet.digits.normalizing.pen_width import change_width, measure_width, pad_with_paper
from inknet.digits.raster.area_mean import resize_by_area
from inknet.digits.raster.bounding_box import bounding_box
from inknet.digits.raster.quantiles import quantile
from inknet.errors import NoInkError

__all__ = ["fit_square", "is_normalized", "normalize", "normalize_many"]

#: The longer side of MNIST's digits, in pixels.
BOX = 20
#: An image is blank if its darkest pixel is fainter than this.
FAINTEST = 0.06
#: Ink fainter than this share of the darkest is noise, such as JPEG's around a line.
NOISE = 0.1
#: Ink fainter than this share of the darkest is a rest of something else, such as a ruled line in a shadow, if the rest
#: of the ink is smaller than that share of its box.
CLEAR, MOST = 0.25, 0.5
#: One in this many rows and columns is a sample.
SAMPLE = 4
#: The pen's width is changed at this many pixels per pixel of the result, where a thin pen still has an edge to move.
FINE = 3
#: Beyond this magnification, bicubic interpolation replaces the area mean.
SMOOTH = 1.5
#: MNIST's strokes are hardly ever narrower or wider, in pixels of the result.
NARROWEST, WIDEST = 2.0, 3.6


def normalize(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Crop to the ink, set the pen's width, fit to 20×20 by area, and center by mass in 28×28.

    Images that are normalized already, as MNIST's are, come through unchanged, so `normalize` is idempotent.

    Parameters
    ----------
    ink : array, shape (height, width)
        0 is paper, 1 is ink.

    Returns
    -------
    array of float32, shape (28, 28)
        In steps of 1/255, as in an image file.

    Raises
    ------
    NoInkError
        If the image is blank.
    """
    peak = _peak(ink)
    if is_normalized(ink):
        return _quantize(ink)
    noise = NOISE * peak
    box = _crop(ink, noise)
    # Of nearly every drawing, a sample of the pixels decides.
    if not _is_clear(box[::SAMPLE, ::SAMPLE], CLEAR * peak) and not _is_clear(box, CLEAR * peak):
        box = _crop(box, CLEAR * peak)
    box = (box >= noise) * (box / np.float32(peak))
    box = _fit(_set_pen_width(box), BOX)
    return _quantize(center_in_grid(box) / box.max())


def normalize_many(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalize each image, (n, 784); a NoInkError names one that is blank."""
    normalized = np.empty_like(images)
    for index, image in enumerate(images):
        try:
            normalized[index] = normalize(image.reshape(GRID, GRID)).ravel()
        except NoInkError as error:
            raise NoInkError(f"image {index} of {len(images)}, counted from 0: {error}") from None
    return normalized


def is_normalized(ink: NDArray[np.float32]) -> bool:
    """Return whether an image has the form that `normalize` gives it: 28×28, fitted to 20×20, centered by mass."""
    if ink.shape != (GRID, GRID) or float(ink.max()) <= 0.9:
        return False
    vertical, horizontal = extents(ink)
    longer = max(vertical.size, horizontal.size)
    return BOX - 2 <= longer <= BOX and vertical.is_centered() and horizontal.is_centered()


def fit_square(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Resize a whole image, 0 to 1, to 28×28 by area, in a square: for networks that do not normalize.

    Raises NoInkError if the image is blank.
    """
    _peak(ink)
    side = max(ink.shape)
    top, left = ((side - length) // 2 for length in ink.shape)
    square = np.zeros((side, side), dtype=np.float32)
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return resize_by_area(square, GRID, GRID)


def _crop(ink: NDArray[np.float32], least: float) -> NDArray[np.float32]:
    """Return the box around all ink that is not fainter than `least`."""
    top, bottom, left, right = bounding_box(ink >= least)
    return ink[top:bottom, left:right]


def _is_clear(box: NDArray[np.float32], least: float) -> bool:
    """Return whether ink that is not fainter than `least` spans most of a box."""
    mask = box >= least
    if not mask.any():
        return False
    top, bottom, left, right = bounding_box(mask)
    return max(bottom - top, right - left) >= MOST * max(box.shape)


def _peak(ink: NDArray[np.float32]) -> float:
    """Return the darkest value."""
    peak = float(ink.max(initial=0))
    if peak < FAINTEST:
        raise NoInkError("there is no ink in the image: it is blank")
    return peak


def _fit(box: NDArray[np.float32], longer: int) -> NDArray[np.float32]:
    """Resize so that the longer side becomes `longer`, keeping the aspect ratio."""
    scale = longer / max(box.shape)
    height, width = (max(1, round(side * scale)) for side in box.shape)
    if scale > SMOOTH:
        # Magnified by area, pixels would become blocks with corners.
        smooth = Image.fromarray(box).resize((width, height), Image.Resampling.BICUBIC)
        return np.clip(np.asarray(smooth), 0, 1)
    return resize_by_area(box, height, width)


def _set_pen_width(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring the strokes' width near MNIST's; the result has `FINE` pixels per pixel, unless nothing had to change."""
    fine = _fit(box, BOX * FINE)
    # A thin line shrinks to gray; full ink is what its darkest pixels have.
    fine = np.minimum(1, fine / quantile(fine[fine > NOISE * fine.max()], 0.9))
    width = measure_width(fine) / FINE
    # A blot is not a pen stroke: remove at most half of what was measured.
    target = min(max(width, NARROWEST), max(WIDEST, width / 2))
    if target == width:
        return box
    # The box grows with the pen and is shrunk to fit again, which scales the width, too.
    scale = BOX * FINE / (BOX * FINE + (target - width) * FINE)
    by = max((target / scale - width) * FINE, -width * FINE / 2)
    # What narrows starts from paper; what widens needs half of it on either side.
    margin = max(1, int(np.ceil(by / 2)))
    changed = change_width(pad_with_paper(fine, margin), by)
    top, bottom, left, right = bounding_box(changed)
    return changed[top:bottom, left:right]


def _quantize(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to steps of 1/255."""
    return np.rint(image * np.float32(255)) / np.float32(255)
