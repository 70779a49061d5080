"""Rasterizing pen strokes in MNIST's form.

Strokes are scaled first and drawn with a pen of MNIST's width, so that neither the size nor the pen of the drawing
matters. `web/recognition/rasterize.js` does the same. Both use only additions, multiplications, divisions and square
roots of IEEE doubles, in the same order, so that every machine and every browser gives the same bytes.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.digits.grid import GRID
from inknet.errors import ImageError, NoInkError

__all__ = ["ink_strokes"]

#: Pixels of the canvas, per side, for one pixel of the result, and in all: 280.
CELL = 10
CANVAS = CELL * GRID
#: The longer side of the digit (MNIST's 20 pixels) and the pen's diameter (2.6 pixels), on the canvas.
BOX, PEN = 200, 26
#: MNIST's center of mass is at pixel 14; this is the middle of that cell, as an index on the canvas.
CENTER = 14 * CELL + (CELL - 1) / 2
#: Larger coordinates, and drawings smaller than the inverse, would overflow.
FARTHEST = 1e150


def ink_strokes(strokes: Sequence[ArrayLike], pen: float = PEN) -> NDArray[np.uint8]:
    """Draw strokes in MNIST's form: fitted to 20×20 pixels, centered by mass in 28×28.

    Parameters
    ----------
    strokes : sequence of array, each of shape (points, 2)
        x to the right and y downward, in any unit.
    pen : float
        The pen's diameter, in tenths of a pixel of the result. The page always uses the default.

    Returns
    -------
    array of uint8, shape (28, 28)
        255 is full ink.

    Raises
    ------
    NoInkError
        If there are no points.
    ImageError
        If a stroke is not a list of points, or a coordinate is not finite.
    """
    radius = pen / 2
    points = fit_points(strokes, pen)
    canvas = rasterize(points, radius)
    width, height = np.max([stroke.max(axis=0) for stroke in points], axis=0) + radius
    rows = np.arange(CANVAS)
    mass = int(canvas.sum(dtype=np.int64))
    down = _cells_to_center(int((canvas.sum(axis=1, dtype=np.int64) * rows).sum()) / mass, float(height))
    right = _cells_to_center(int((canvas.sum(axis=0, dtype=np.int64) * rows).sum()) / mass, float(width))
    cells = canvas.reshape(GRID, CELL, GRID, CELL).sum(axis=(1, 3), dtype=np.int64)
    gray = np.floor(cells / (CELL * CELL) + 0.5).astype(np.uint8)
    return np.roll(gray, (down, right), axis=(0, 1))


def fit_points(strokes: Sequence[ArrayLike], pen: float = PEN) -> list[NDArray[np.float64]]:
    """Scale strokes so that the longer side of the drawing, with its pen, is `BOX`, and its corner is at (0, 0).

    Points are rounded to 1/16 of a pixel; repeated points are dropped.
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
        raise ImageError("a stroke must be a list of [x, y] points") from None
    if points.size == 0 and points.ndim > 0:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise ImageError("a stroke must be a list of [x, y] points")
    if not (np.abs(points) <= FARTHEST).all():
        raise ImageError(f"a stroke's coordinates must be finite and at most {FARTHEST:g} in size")
    return points


def rasterize(strokes: Sequence[NDArray[np.float64]], radius: float) -> NDArray[np.uint8]:
    """Draw strokes, each (points, 2), with a round pen on a canvas of uint8, (280, 280); outside it they are cut off.

    A pixel's value is how far the pen's edge reaches past its center: from 0, half a pixel before it, to 255, half a
    pixel past it.
    """
    canvas = np.zeros((CANVAS, CANVAS), dtype=np.uint8)
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
            part = canvas[top : bottom + 1, left : right + 1]
            np.maximum(part, np.floor(cover * 255 + 0.5).astype(np.uint8), out=part)
    return canvas


def _range(low: float, high: float, radius: float) -> tuple[int, int]:
    """Return the first and the last pixel that the pen can touch."""
    return max(0, int(np.floor(low - radius - 1))), min(CANVAS - 1, int(np.floor(high + radius + 1)))


def _cells_to_center(mass_center: float, length: float) -> int:
    """Return by how many cells to move the drawing to center its mass, without leaving the canvas."""
    wanted = np.floor((CENTER - mass_center) / CELL + 0.5)
    return int(min(max(wanted, 0), np.floor((CANVAS - length) / CELL)))
