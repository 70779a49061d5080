"""Ink from pen strokes: geometry first, then a pen of MNIST's width, so that size and pen stop mattering.

The page's twin is `web/recognition/rasterize.js`. Both use only additions, multiplications, divisions and square roots
of IEEE doubles, in the same order, and so give the same bytes on every machine and in every browser.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.digits.grid import GRID
from inknet.errors import ImageError, NoInkError

__all__ = ["ink_strokes"]

#: The plane that is inked, and the cells of it that become the pixels of MNIST's 28×28.
CELL = 10
PLANE = CELL * GRID
#: The longer side of the inked box (MNIST's 20 pixels), and the pen's diameter (2.6 pixels), on the plane.
BOX, PEN = 200, 26
#: MNIST puts the center of mass at pixel 14; this is the middle of that cell, as an index on the plane.
CENTER = 14 * CELL + (CELL - 1) / 2
#: Coordinates beyond this, and drawings smaller than its inverse, would overflow.
FARTHEST = 1e150


def ink_strokes(strokes: Sequence[ArrayLike], pen: float = PEN) -> NDArray[np.uint8]:
    """Ink a drawing as MNIST has its digits: fitted to 20×20 pixels, centered by mass, in a 28×28 image.

    Parameters
    ----------
    strokes : sequence of array, each of shape (points, 2)
        Where the pen went, x to the right and y downward, in any unit.
    pen : float
        The pen's diameter, in tenths of a pixel of the result. The page has only the one; training has many.

    Returns
    -------
    array of uint8, shape (28, 28)
        255 is full ink.

    Raises
    ------
    NoInkError
        If there is no point.
    ImageError
        If a stroke is no list of points, or a coordinate is not finite.
    """
    radius = pen / 2
    points = fit_points(strokes, pen)
    plane = rasterize(points, radius)
    width, height = np.max([stroke.max(axis=0) for stroke in points], axis=0) + radius
    rows = np.arange(PLANE)
    mass = int(plane.sum(dtype=np.int64))
    down = _cells_to_center(int((plane.sum(axis=1, dtype=np.int64) * rows).sum()) / mass, float(height))
    right = _cells_to_center(int((plane.sum(axis=0, dtype=np.int64) * rows).sum()) / mass, float(width))
    cells = plane.reshape(GRID, CELL, GRID, CELL).sum(axis=(1, 3), dtype=np.int64)
    gray = np.floor(cells / (CELL * CELL) + 0.5).astype(np.uint8)
    return np.roll(gray, (down, right), axis=(0, 1))


def fit_points(strokes: Sequence[ArrayLike], pen: float = PEN) -> list[NDArray[np.float64]]:
    """Scale strokes so that, inked, their longer side is `BOX`; the inked box then begins at (0, 0) of the plane.

    Points are rounded to 1/16 of a plane pixel, and a point that repeats the one before is dropped.
    """
    arrays = [points for points in map(_points, strokes) if len(points) > 0]
    if not arrays:
        raise NoInkError("there is no ink: the drawing has no points")
    every = np.concatenate(arrays)
    low = every.min(axis=0)
    span = float((every.max(axis=0) - low).max())
    scale = (BOX - pen) / span if span > 1 / FARTHEST else 0.0
    fitted = []
    for array in arrays:
        points = np.floor((array - low) * scale * 16 + 0.5) / 16 + pen / 2
        moved = np.ones(len(points), dtype=bool)
        moved[1:] = (points[1:] != points[:-1]).any(axis=1)
        fitted.append(points[moved])
    return fitted


def _points(stroke: ArrayLike) -> NDArray[np.float64]:
    try:
        points = np.asarray(stroke, dtype=np.float64)
    except (TypeError, ValueError):
        raise ImageError("a stroke is a list of [x, y] points") from None
    if points.size == 0 and points.ndim > 0:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise ImageError("a stroke is a list of [x, y] points")
    if not (np.abs(points) <= FARTHEST).all():
        raise ImageError("a stroke holds a coordinate that is not finite, or as good as infinite")
    return points


def rasterize(strokes: Sequence[NDArray[np.float64]], radius: float) -> NDArray[np.uint8]:
    """Ink every segment with a round pen, on a plane of 280×280.

    A pixel's value is how far the pen's edge passes its center: 0 where it does not reach, 255 from half a pixel on.
    What lies beyond the plane is cut off.
    """
    plane = np.zeros((PLANE, PLANE), dtype=np.uint8)
    for points in strokes:
        ends = points[1:] if len(points) > 1 else points
        for (ax, ay), (bx, by) in zip(points.tolist(), ends.tolist(), strict=False):
            left, right = _range(min(ax, bx), max(ax, bx), radius)
            top, bottom = _range(min(ay, by), max(ay, by), radius)
            if right < left or bottom < top:
                continue
            cx = np.arange(left, right + 1) + 0.5
            cy = np.arange(top, bottom + 1)[:, np.newaxis] + 0.5
            dx, dy = bx - ax, by - ay
            length2 = dx * dx + dy * dy
            along = ((cx - ax) * dx + (cy - ay) * dy) / length2 if length2 > 0 else np.zeros((len(cy), len(cx)))
            along = np.minimum(1, np.maximum(0, along))
            ex, ey = (ax + along * dx) - cx, (ay + along * dy) - cy
            cover = np.minimum(1, np.maximum(0, radius + 0.5 - np.sqrt(ex * ex + ey * ey)))
            part = plane[top : bottom + 1, left : right + 1]
            np.maximum(part, np.floor(cover * 255 + 0.5).astype(np.uint8), out=part)
    return plane


def _range(low: float, high: float, radius: float) -> tuple[int, int]:
    """Return the first and last pixel that the pen can touch."""
    return max(0, int(np.floor(low - radius - 1))), min(PLANE - 1, int(np.floor(high + radius + 1)))


def _cells_to_center(mass_center: float, length: float) -> int:
    """Return how many whole cells to move toward the center of mass, without leaving the plane."""
    wanted = np.floor((CENTER - mass_center) / CELL + 0.5)
    return int(min(max(wanted, 0), np.floor((PLANE - length) / CELL)))
