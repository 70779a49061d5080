"""The page around a canvas, in a screenshot."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.imaging.borders import Border

__all__ = ["crop_to_canvas"]

#: The canvas is looked for on this many rows and columns.
_SAMPLES = 70
#: Luminances that differ by no more are the same color.
_SAME = 0.02
#: The canvas covers at least this share of the page, and of the page's height and width.
_AREA, _SIDE = 0.1, 0.3
#: Share of its paper's color that is inside the canvas, and share of each of its edges that is paper.
_INSIDE, _EDGE = 0.95, 0.7
#: Beyond the edge of a canvas, where a stroke ends at it, luminance differs by less from that of the rest of the edge.
_BEYOND = 0.1


def crop_to_canvas(plane: NDArray[np.float32], border: Border) -> NDArray[np.float32]:
    """Crop a screenshot of a page to the canvas on it; return an image that shows no canvas as it is.

    A canvas is a rectangle of another color than the page's, with something drawn on it, which ends at its edges: what
    crosses them is drawn on paper that lies partly in a shadow. The plane is luminance, 0 to 1, and `border` its own.
    """
    step = max(1, min(plane.shape) // _SAMPLES)
    few = plane[::step, ::step]
    other = np.abs(few - border.color) > _SAME
    if np.count_nonzero(other) < _AREA * few.size:
        return plane
    levels = np.bincount(np.rint(few[other] * 255).astype(np.intp))
    paper = np.abs(few - np.float32(levels.argmax() / 255)) <= _SAME
    rows, columns = (np.flatnonzero(paper.sum(axis=axis) >= _SIDE * few.shape[axis]) for axis in (1, 0))
    if min(len(rows), len(columns)) < 3:
        return plane
    # A thick 0 has one color, too, but extends beyond the rows and columns that it fills.
    within = paper[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # One step inside, where round corners and soft edges matter less.
    inside = within[1:-1, 1:-1]
    edges = inside[0], inside[-1], inside[:, 0], inside[:, -1]
    if (
        np.count_nonzero(within) < _INSIDE * np.count_nonzero(paper)
        or min(edge.mean() for edge in edges) < _EDGE
        or inside.all()
        or _is_crossed(few, paper, rows, columns)
    ):
        return plane
    top, left = (rows[0] + 1) * step, (columns[0] + 1) * step
    return plane[top : (rows[-1] - 1) * step + 1, left : (columns[-1] - 1) * step + 1]


def _is_crossed(
    few: NDArray[np.float32], paper: NDArray[np.bool_], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> bool:
    """Return whether a stroke crosses the edge of a rectangle of paper, which has these rows and columns."""
    across, down = slice(columns[0], columns[-1] + 1), slice(rows[0], rows[-1] + 1)
    for values, is_paper, ends, along in ((few, paper, rows, across), (few.T, paper.T, columns, down)):
        for edge, outward in ((ends[0], -1), (ends[-1], 1)):
            # Two steps away, where soft edges have ended.
            beyond = edge + 2 * outward
            if 0 <= beyond < len(values):
                outside, ink = values[beyond, along], ~is_paper[edge - outward, along]
                if (np.abs(outside - np.median(outside))[ink] > _BEYOND).any():
                    return True
    return False
