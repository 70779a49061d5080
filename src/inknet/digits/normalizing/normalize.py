"""Normalizing: any drawing becomes what MNIST's makers would have made of it.

They cropped each digit, fitted it into 20×20 pixels with its aspect ratio kept, and placed it in 28×28 with its
center of mass in the middle (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits").
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits.normalizing.pen_width import change_width, measure_width, with_paper
from inknet.digits.raster.area_mean import resize_by_area
from inknet.digits.raster.bounding_box import bounds
from inknet.digits.raster.quantiles import quantile
from inknet.errors import NoInkError

__all__ = ["GRID", "has_form", "normalize", "normalize_many"]

GRID, BOX = 28, 20
#: MNIST's center of mass: the pixel of this index, in both directions.
CENTER = 14
#: What is fainter than this at its darkest is a blank sheet.
FAINTEST = 0.06
#: What is fainter than this share of the darkest ink is noise, such as JPEG leaves around a line.
NOISE = 0.1
#: The width of the strokes is set at this many pixels a pixel of the result.
FINE = 3
#: What is enlarged by more than this is made smooth.
SMOOTH = 1.5
#: MNIST's strokes, in pixels of the result, are hardly ever narrower or wider.
NARROWEST, WIDEST = 2.0, 3.6


def normalize(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Crop to the ink, set the pen's width, fit to 20×20 by area, and center by mass in 28×28.

    What has this form already, as MNIST's own images have, comes through unchanged; so normalizing twice is
    normalizing once.

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
        If there is no ink.
    """
    peak = float(ink.max(initial=0))
    if peak < FAINTEST:
        raise NoInkError("there is no ink in the image: it is blank")
    if has_form(ink):
        return _in_steps(ink)
    faintest = NOISE * peak
    top, bottom, left, right = bounds(ink >= faintest)
    box = ink[top:bottom, left:right]
    box = (box >= faintest) * (box / np.float32(peak))
    return _place(_fit(_set_width(box), BOX))


def normalize_many(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalize each image, (n, 784).

    Raises
    ------
    NoInkError
        If there is nothing in one of them.
    """
    normalized = np.empty_like(images)
    for place, image in enumerate(images):
        try:
            normalized[place] = normalize(image.reshape(GRID, GRID)).ravel()
        except NoInkError as error:
            raise NoInkError(f"image {place} of {len(images)}, counted from 0: {error}") from None
    return normalized


def has_form(ink: NDArray[np.float32]) -> bool:
    """Return whether an image is one of 28×28, fitted and centered; a pixel or half of one is rounding."""
    if ink.shape != (GRID, GRID) or float(ink.max()) <= 0.9:
        return False
    down, across = map(_Side.of, _sums(ink))
    return BOX - 2 <= max(down.size, across.size) <= BOX and down.is_centered() and across.is_centered()


def _crop(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    top, bottom, left, right = bounds(ink)
    return ink[top:bottom, left:right]


def _fit(box: NDArray[np.float32], longer: int) -> NDArray[np.float32]:
    """Resize so that the longer side is `longer`, and the other keeps the aspect ratio."""
    scale = longer / max(box.shape)
    height, width = (max(1, round(side * scale)) for side in box.shape)
    if scale > SMOOTH:
        # Blown up by area, pixels would become blocks with corners.
        smooth = Image.fromarray(box).resize((width, height), Image.Resampling.BICUBIC)
        return np.clip(np.asarray(smooth), 0, 1)
    return resize_by_area(box, height, width)


def _set_width(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring the strokes' width near MNIST's: at a fine scale, where a thin pen still has an edge to move."""
    fine = _fit(box, BOX * FINE)
    # A thin line, shrunk, is gray all along: the darkest of it is what ink looks like here.
    fine = np.minimum(1, fine / quantile(fine[fine > NOISE * fine.max()], 0.9))
    width = measure_width(fine) / FINE
    # A blot has no width of a pen: half of what was measured is the most that is ever taken away.
    wanted = min(max(width, NARROWEST), max(WIDEST, width / 2))
    if wanted == width:
        return box
    # The box grows with the pen and is then shrunk to fit again, so a little more of width is needed, or of less.
    by = (wanted - width) * FINE
    scale = max(fine.shape) / max(1, max(fine.shape) + by)
    by = max((wanted / scale - width) * FINE, -width * FINE / 2)
    room = max(0, int(np.ceil(by / 2))) + 1
    return _crop(change_width(with_paper(fine, room), by))


def _sums(ink: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    """Return how much ink is in each row, and in each column: for so few numbers, numpy takes longer than Python."""
    down, across = (np.add.reduce(ink, axis=axis, dtype=np.float64).tolist() for axis in (1, 0))
    return down, across


class _Side(NamedTuple):
    """Where ink begins along one side, over how many pixels it goes, and its center of mass, as an index."""

    start: int
    size: int
    center: float

    @classmethod
    def of(cls, sums: list[float]) -> Self:
        """Measure the sums of the rows or of the columns; there must be ink."""
        places = [place for place, ink in enumerate(sums) if ink]
        center = sum([place * ink for place, ink in enumerate(sums)]) / sum(sums)
        return cls(places[0], places[-1] + 1 - places[0], center)

    def is_centered(self) -> bool:
        """Return whether the ink begins where it should, but for a rounding."""
        return abs(_start(self.center - self.start, self.size) - self.start) <= 0.55


def _start(center: float, size: int) -> float:
    """Return where a side of this size begins with its center of mass in the middle, or as near as it stays inside."""
    return min(max(CENTER - center, 0), GRID - size)


def _place(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put a box into 28×28, its center of mass in the middle."""
    image = np.zeros((GRID, GRID), dtype=np.float32)
    starts = [int(_start(_Side.of(sums).center, len(sums)) + 0.5) for sums in _sums(box)]
    rows, columns = (slice(start, start + size) for start, size in zip(starts, box.shape, strict=True))
    image[rows, columns] = box / box.max()
    return _in_steps(image)


def _in_steps(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to steps of 1/255, as an image file has them."""
    return np.rint(image * np.float32(255)) / np.float32(255)
