"""Strays: specks, leftovers of an eraser, a title, a button or a mouse's arrow beside a drawing."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.raster.bounding_box import Box, bounding_box

__all__ = ["remove_specks"]

#: Parts are told apart on a grid of so many cells a side.
_CELLS = 64
#: Ink that counts, as a share of the darkest.
_INK = 0.25
#: The largest part is the drawing if it has this share of all ink; otherwise the drawing was left as dots.
_MAIN = 0.4
#: A part of fewer cells is a dot.
_DOT = 5
#: A part with so much ink belongs to the drawing, as a share of the largest part's, even that far away, in lengths of
#: the largest part: the bar of a 5. A smaller part has to be nearer; a speck as good as touches.
_REACHES = ((0.1, 1.0), (0.025, 0.25), (0.0, 0.04))


def remove_specks(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the drawing without small marks that lie apart from it.

    Parts that do not touch belong to one drawing if they are of like size or near: strokes, and pieces of a stroke.
    A drawing that is all dots is left as it is.

    Parameters
    ----------
    ink : array, shape (height, width)
        0 is paper, 1 is ink.

    Returns
    -------
    array of float32, shape (height, width)
        The same array if there is nothing to take away.
    """
    mask = ink > _INK * ink.max()
    rows, columns = mask.any(axis=1), mask.any(axis=0)
    # A mark that lies apart from all the rest leaves an empty row or column between; most drawings have none.
    if not (_has_gap(rows) or _has_gap(columns)):
        return ink
    cell = -(-max(ink.shape) // _CELLS)
    starts = [np.arange(0, size, cell) for size in ink.shape]
    amounts = np.add.reduceat(np.add.reduceat(ink * mask, starts[0], axis=0), starts[1], axis=1)
    labels = _parts(amounts > 0)
    masses = np.bincount(labels.ravel(), amounts.ravel())
    masses[0] = 0
    main = int(masses.argmax())
    if masses[main] < _MAIN * masses.sum() or np.count_nonzero(labels == main) < _DOT:
        return ink
    kept = _belonging(labels, masses / masses[main], main)
    if kept.all():
        return ink
    # The soft edges of what is taken away lie in cells beside it.
    taken = _beside(~kept[labels]) & ~_beside(kept[labels] & (labels > 0))
    whole = np.repeat(np.repeat(taken, cell, axis=0), cell, axis=1)[: ink.shape[0], : ink.shape[1]]
    return np.where(whole, np.float32(0), ink)


def _has_gap(some: NDArray[np.bool_]) -> bool:
    places = np.flatnonzero(some)
    return len(places) > 0 and int(places[-1] - places[0]) >= len(places)


def _belonging(labels: NDArray[np.intp], masses: NDArray[np.float64], main: int) -> NDArray[np.bool_]:
    """Return for each label whether it belongs to the drawing; paper, 0, does."""
    # There may be no paper, whose box nobody asks for.
    boxes = [(0, 0, 0, 0), *(bounding_box(labels == label) for label in range(1, len(masses)))]
    top, bottom, left, right = boxes[main]
    length = max(bottom - top, right - left)
    reach = np.array([next(far for mass, far in _REACHES if share >= mass) for share in masses]) * length
    kept = np.zeros(len(masses), dtype=np.bool_)
    kept[[0, main]] = True
    new = [main]
    while new:
        near = new.pop()
        for label in np.flatnonzero(~kept).tolist():
            if _gap(boxes[near], boxes[label]) <= max(1, reach[label]):
                kept[label] = True
                new.append(label)
    return kept


def _gap(a: Box, b: Box) -> float:
    """Return how many cells lie between two boxes."""
    down = max(a[0] - b[1], b[0] - a[1], 0)
    across = max(a[2] - b[3], b[2] - a[3], 0)
    return float(np.hypot(down, across))


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells of a mask and their eight neighbors."""
    padded = np.pad(mask, 1)
    tall = padded[:-2] | padded[1:-1] | padded[2:]
    return tall[:, :-2] | tall[:, 1:-1] | tall[:, 2:]


def _parts(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the number of the connected part that each cell is in, from 1, diagonal neighbors included; 0 is none.

    Row by row: each run of cells takes the number of a run above that it touches, and joins the numbers of all.
    """
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    parents = [0]
    runs: list[tuple[int, int, int, int]] = []

    def root(number: int) -> int:
        while parents[number] != number:
            number = parents[number]
        return number

    above: list[tuple[int, int, int, int]] = []
    for row, edge in enumerate(edges):
        here = []
        for start, end in zip(np.flatnonzero(edge > 0).tolist(), np.flatnonzero(edge < 0).tolist(), strict=True):
            touching = {root(number) for _, first, last, number in above if first <= end and last >= start}
            number = min(touching, default=len(parents))
            if not touching:
                parents.append(number)
            for other in touching:
                parents[other] = number
            here.append((row, start, end, number))
        runs += here
        above = here
    numbers = {number: place for place, number in enumerate(sorted({root(n) for *_, n in runs}), start=1)}
    labels = np.zeros(mask.shape, dtype=np.intp)
    for row, start, end, number in runs:
        labels[row, start:end] = numbers[root(number)]
    return labels
