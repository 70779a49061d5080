"""The page around a canvas, in a screenshot."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.imaging.borders import Border

__all__ = ["crop_to_canvas"]

#: The canvas is looked for on this many rows and columns.
_SAMPLES = 70
#: Luminances that differ by no more are the same color.
_SAME = 0.02
#: The canvas covers at least this share of the page's height and width.
_SIDE = 0.3
#: The canvas's paper covers at least this share of the page and of each edge of the canvas; this share of it is inside.
_AREA, _EDGE, _INSIDE = 0.1, 0.7, 0.95
#: Ink covers at least this share of the canvas.
_INK = 0.002


def crop_to_canvas(plane: NDArray[np.float32], border: Border) -> NDArray[np.float32]:
    """Crop a screenshot of a page to the canvas on it; return an image that shows no canvas as it is.

    A canvas is a rectangle of another color than the page's, with something drawn on it.

    Parameters
    ----------
    plane : array, shape (height, width)
        The luminance, 0 to 1.
    border : Border
        The plane's own.
    """
    step = max(1, min(plane.shape) // _SAMPLES)
    few = plane[::step, ::step]
    other = np.abs(few - border.color) > _SAME
    if np.count_nonzero(other) < _AREA * few.size or border.share(_SAME) < 0.6:
        return plane
    levels = np.bincount(np.rint(few[other] * 255).astype(np.intp))
    paper = np.abs(few - np.float32(levels.argmax() / 255)) <= _SAME
    rows, columns = (np.flatnonzero(paper.sum(axis=axis) >= _SIDE * few.shape[axis]) for axis in (1, 0))
    amount = np.count_nonzero(paper)
    if amount < _AREA * few.size or min(len(rows), len(columns)) < 4:
        return plane
    # A thick 0 has one color, too, but extends beyond the rows and columns that it fills.
    if np.count_nonzero(paper[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]) < _INSIDE * amount:
        return plane
    # One step inside, where round corners and soft edges matter less.
    top, bottom, left, right = int(rows[0]) + 1, int(rows[-1]), int(columns[0]) + 1, int(columns[-1])
    inside = paper[top:bottom, left:right]
    edges = inside[0], inside[-1], inside[:, 0], inside[:, -1]
    if bottom - top < _SIDE * len(few) or right - left < _SIDE * few.shape[1]:
        return plane
    if min(np.count_nonzero(edge) / edge.size for edge in edges) < _EDGE or inside.mean() > 1 - _INK:
        return plane
    return plane[top * step : (bottom - 1) * step + 1, left * step : (right - 1) * step + 1]
