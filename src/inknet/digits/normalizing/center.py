"""Centering by mass: MNIST's digits have their center of mass in the middle of the image."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from inknet.digits.grid import GRID

__all__ = ["Extent", "center_in_grid", "extents"]

#: MNIST's center of mass: this pixel index, in both directions.
CENTER = 14
#: A centered box starts within this many pixels of where it should: rounding to pixels moves it by half of one.
TOLERANCE = 0.55


class Extent(NamedTuple):
    """The extent of ink along one axis: its first index, its length, and its center of mass as an index."""

    start: int
    size: int
    center: float

    @classmethod
    def of(cls, sums: list[float]) -> Self:
        """Measure the sums of rows or of columns; there must be ink."""
        inked = [index for index, ink in enumerate(sums) if ink]
        center = sum([index * ink for index, ink in enumerate(sums)]) / sum(sums)
        return cls(inked[0], inked[-1] + 1 - inked[0], center)

    def is_centered(self) -> bool:
        """Return whether the ink starts where `center_in_grid` would put it, apart from rounding."""
        return abs(_centered_start(self.center - self.start, self.size) - self.start) <= TOLERANCE


def extents(ink: NDArray[np.float32]) -> tuple[Extent, Extent]:
    """Return the vertical and the horizontal extent of ink; there must be some."""
    rows, columns = _sums(ink)
    return Extent.of(rows), Extent.of(columns)


def center_in_grid(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Place a box of at most 28×28 in 28×28, with its center of mass in the middle, or as near as it stays inside."""
    image = np.zeros((GRID, GRID), dtype=np.float32)
    starts = [int(_centered_start(Extent.of(sums).center, len(sums)) + 0.5) for sums in _sums(box)]
    rows, columns = (slice(start, start + size) for start, size in zip(starts, box.shape, strict=True))
    image[rows, columns] = box
    return image


def _sums(ink: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    """Return the ink in each row and in each column, as lists: for 28 numbers, Python is faster than numpy."""
    rows, columns = (np.add.reduce(ink, axis=axis, dtype=np.float64).tolist() for axis in (1, 0))
    return rows, columns


def _centered_start(center: float, size: int) -> float:
    """Return where a box of this size starts if its center of mass, counted from its start, is to be in the middle."""
    return min(max(CENTER - center, 0), GRID - size)
