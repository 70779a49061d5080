"""Specks: dust, leftovers of an eraser, a title, a button or a mouse pointer beside a drawing."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.raster.bounding_box import Box, bounding_box
from inknet.digits.raster.components import label_components
from inknet.digits.raster.neighbors import sum_neighbors

__all__ = ["remove_specks"]

#: Components are found on a coarse grid with this many cells along the longer side.
_CELLS = 64
#: Ink fainter than this share of the darkest is ignored.
_INK = 0.25
#: The largest component is the drawing if it has this share of all ink; if not, the drawing was left as dots.
_MAIN = 0.4
#: A main component of fewer cells is a dot.
_DOT = 5
#: A component with this share of the main component's ink belongs to the drawing up to this distance, in lengths of
#: the main component: the bar of a 5. A smaller component has to be nearer; a speck has to touch nearly.
_REACHES = ((0.1, 1.0), (0.025, 0.25), (0.0, 0.04))


def remove_specks(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Remove from ink, 0 to 1, small marks that lie apart from the drawing.

    Components that do not touch belong to one drawing if they are similar in size or near: strokes, and pieces of a
    stroke. A drawing that consists of dots is left as it is. Returns the same array if there is nothing to remove.
    """
    mask = ink > _INK * ink.max()
    # A mark apart from everything else leaves an empty row or column between; most drawings have none.
    if not (_has_gap(mask.any(axis=1)) or _has_gap(mask.any(axis=0))):
        return ink
    cell = -(-max(ink.shape) // _CELLS)
    starts = [np.arange(0, size, cell) for size in ink.shape]
    amounts = np.add.reduceat(np.add.reduceat(ink * mask, starts[0], axis=0), starts[1], axis=1)
    labels = label_components(amounts > 0)
    masses = np.bincount(labels.ravel(), amounts.ravel())
    masses[0] = 0
    main = int(masses.argmax())
    if masses[main] < _MAIN * masses.sum() or np.count_nonzero(labels == main) < _DOT:
        return ink
    kept = _connected_to_main(labels, masses / masses[main], main)
    if kept.all():
        return ink
    # Soft edges of a speck lie in the cells around it.
    removed = sum_neighbors(~kept[labels]) & ~sum_neighbors(kept[labels] & (labels > 0))
    pixels = np.repeat(np.repeat(removed, cell, axis=0), cell, axis=1)[: ink.shape[0], : ink.shape[1]]
    return np.where(pixels, np.float32(0), ink)


def _has_gap(inked: NDArray[np.bool_]) -> bool:
    indices = np.flatnonzero(inked)
    return len(indices) > 0 and int(indices[-1] - indices[0]) >= len(indices)


def _connected_to_main(labels: NDArray[np.intp], masses: NDArray[np.float64], main: int) -> NDArray[np.bool_]:
    """Return for each label whether its component belongs to the drawing; True for paper, 0."""
    # Label 0 may have no pixels, and its box is never used.
    boxes = [(0, 0, 0, 0), *(bounding_box(labels == label) for label in range(1, len(masses)))]
    top, bottom, left, right = boxes[main]
    length = max(bottom - top, right - left)
    reach = np.array([next(far for mass, far in _REACHES if share >= mass) for share in masses]) * length
    kept = np.zeros(len(masses), dtype=np.bool_)
    kept[[0, main]] = True
    added = [main]
    while added:
        near = added.pop()
        for label in np.flatnonzero(~kept).tolist():
            if _distance(boxes[near], boxes[label]) <= max(1, reach[label]):
                kept[label] = True
                added.append(label)
    return kept


def _distance(a: Box, b: Box) -> float:
    """Return the distance between two boxes, in cells."""
    down = max(a[0] - b[1], b[0] - a[1], 0)
    across = max(a[2] - b[3], b[2] - a[3], 0)
    return float(np.hypot(down, across))
