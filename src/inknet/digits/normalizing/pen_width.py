"""The width of the pen: measured on a drawing, and changed to what the network has learned."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["change_width", "measure_width", "with_paper"]

#: How far a distance is looked for, in pixels; no stroke is changed by more.
_REACH = 14


def measure_width(ink: NDArray[np.float32]) -> float:
    """Return the width of the strokes in pixels, as the one pen that would have drawn most of them.

    Across a stroke of width w the distance to its edge runs from 0 to w/2 and back, so the middle of its values is w/4.
    """
    # Beyond the image there is paper.
    mask = with_paper(ink > 0.5, 1)
    if not mask.any():
        return 0.0
    distances = np.sort(_distance(~mask)[mask])
    # The mean of the middle half: like the median it is not moved by blots, but it does not jump from pixel to pixel.
    quarter = len(distances) // 4
    middle = float(distances[quarter : len(distances) - quarter].mean())
    # A pixel's center lies half a pixel inside of a level edge, and less inside of a slanted one.
    return 4 * (middle - 0.3)


def change_width(ink: NDArray[np.float32], by: float) -> NDArray[np.float32]:
    """Make every stroke wider (or, below zero, narrower) by so many pixels.

    The ink's edge moves along its distance field, which is known up to 14 pixels; leave room for it around the ink.
    """
    by = min(max(by, 2 - 2 * _REACH), 2 * _REACH - 2)
    mask = ink > 0.5
    reach = int(abs(by) / 2) + 2
    # Of the two distances, to the ink and to the paper, the edge moves into one only.
    signed = _distance(mask, reach) - 0.5 if by >= 0 else 0.5 - _distance(~mask, reach)
    wider: NDArray[np.float32] = np.clip(0.5 + by / 2 - signed, 0, 1).astype(np.float32)
    return wider


def with_paper(image: NDArray[Any], room: int) -> NDArray[Any]:
    """Return an image with so many pixels of paper all round; `np.pad` can do more, and takes five times as long."""
    height, width = image.shape
    padded = np.zeros((height + 2 * room, width + 2 * room), dtype=image.dtype)
    padded[room : room + height, room : room + width] = image
    return padded


def _distance(mask: NDArray[np.bool_], reach: int = _REACH) -> NDArray[np.float32]:
    """Return each pixel's distance to the nearest pixel of the mask; what is further than `reach` is only that.

    First along the rows, then the smallest root of squares over the columns: exact, as both steps are minima.
    """
    far = 2 * _REACH
    columns = np.arange(mask.shape[1], dtype=np.float32)
    before = np.maximum.accumulate(np.where(mask, columns, np.float32(-far)), axis=1)
    after = np.minimum.accumulate(np.where(mask, columns, columns[-1] + far)[:, ::-1], axis=1)[:, ::-1]
    along = np.minimum(far, np.minimum(columns - before, after - columns))
    square = along * along
    nearest = square.copy()
    for shift in range(1, min(reach, len(mask) - 1) + 1):
        if nearest.max() <= shift * shift:
            # So many rows away there is nothing nearer.
            break
        further = square + np.float32(shift * shift)
        np.minimum(nearest[shift:], further[:-shift], out=nearest[shift:])
        np.minimum(nearest[:-shift], further[shift:], out=nearest[:-shift])
    return np.sqrt(nearest)
