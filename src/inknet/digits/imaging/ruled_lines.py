"""The furniture of a page: the page round a canvas, ruled lines, and what is printed faintly to be written over."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.imaging.borders import Border, fraction_near
from inknet.digits.raster.quantiles import median

__all__ = ["crop_to_canvas", "remove_printed_guides", "remove_ruled_lines"]

#: A canvas is looked for on so many rows and columns.
_SAMPLES = 70
#: Luminances that differ by less are one color.
_SAME = 0.02
#: A canvas covers this share of the page's height and width; its paper, this share of the page, and of its own edges;
#: and so much of what has the paper's color is there.
_SIDE, _AREA, _EDGE, _WHOLE = 0.3, 0.1, 0.7, 0.95
#: The least of ink that is expected on it, as a share.
_LEAST = 0.002
#: A line crosses this share of the picture; it is no wider than this share.
_CROSSES, _THIN = 0.85, 0.02
#: What is printed faintly lies between these shares of the darkest ink and, most of it, within this of one value.
_FAINTEST, _FAINT, _NEAR = 0.08, 0.4, 0.03


def crop_to_canvas(plane: NDArray[np.float32], border: Border) -> NDArray[np.float32]:
    """Return the canvas that a picture of a page shows, or the picture as it is.

    A canvas is a rectangle of a color that is not the page's, and something is drawn on it.

    Parameters
    ----------
    plane : array, shape (height, width)
        The luminance, 0 to 1.
    border : Border
        Its own.
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
    # A thick 0 is of one color, too, but goes on beyond the rows and columns that it fills.
    if np.count_nonzero(paper[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]) < _WHOLE * amount:
        return plane
    # One step inside, where round corners and soft edges matter less.
    top, bottom, left, right = int(rows[0]) + 1, int(rows[-1]), int(columns[0]) + 1, int(columns[-1])
    inside = paper[top:bottom, left:right]
    edges = inside[0], inside[-1], inside[:, 0], inside[:, -1]
    if bottom - top < _SIDE * len(few) or right - left < _SIDE * few.shape[1]:
        return plane
    if min(np.count_nonzero(edge) / edge.size for edge in edges) < _EDGE or inside.mean() > 1 - _LEAST:
        return plane
    return plane[top * step : (bottom - 1) * step + 1, left * step : (right - 1) * step + 1]


def remove_ruled_lines(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ink without thin lines that cross the whole picture: a grid, ruled paper, a box to write in.

    A single line as dark as the ink may be the bar of a 7, and stays.

    Parameters
    ----------
    ink : array, shape (height, width)
        0 is paper, 1 is ink.
    """
    mask = ink > _FAINTEST * ink.max()
    lines = [_lines(mask, axis) for axis in (0, 1)]
    if sum(map(len, lines)) < 2:
        return ink
    without = ink.copy()
    for axis, places in enumerate(lines):
        across = without if axis == 0 else without.T
        for start, end in places:
            # What is on both sides of a line crosses it.
            beside = [across[place] for place in (start - 1, end) if 0 <= place < len(across)]
            across[start:end] = np.minimum(*beside) if len(beside) == 2 else 0
    return without if without.any() else ink


def _lines(mask: NDArray[np.bool_], axis: int) -> list[tuple[int, int]]:
    """Return where lines along the rows (axis 0) or columns (1) begin and end."""
    length = mask.shape[1 - axis]
    if np.count_nonzero(mask.any(axis=axis)) < _CROSSES * length:
        # Nearly every drawing ends before the picture does.
        return []
    crossed = np.count_nonzero(mask, axis=1 - axis) >= _CROSSES * length
    edges = np.diff(np.pad(crossed.astype(np.int8), 1))
    ends = zip(np.flatnonzero(edges > 0).tolist(), np.flatnonzero(edges < 0).tolist(), strict=True)
    widest = max(2, _THIN * min(mask.shape))
    return [(start, end) for start, end in ends if end - start <= widest]


def remove_printed_guides(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ink without what is printed under it faintly, in one color: guides, a digit or a text to write over.

    A soft edge has every value in between; print has mostly one.

    Parameters
    ----------
    ink : array, shape (height, width)
        0 is paper, 1 is ink.
    """
    peak = float(ink.max())
    faint = ink[(ink > _FAINTEST * peak) & (ink < _FAINT * peak)]
    if len(faint) < _LEAST * ink.size:
        return ink
    # A sample is plenty.
    faint = faint[:: 1 + len(faint) // 500]
    level = median(faint)
    if fraction_near(faint, level, _NEAR * peak) < 0.5:
        return ink
    foot = level + _NEAR * peak
    return np.clip((ink - np.float32(foot)) * np.float32(peak / (peak - foot)), 0, 1)
