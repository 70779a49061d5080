"""Frames: the line around a canvas that a screenshot of it shows is neither ink nor paper."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["median", "ring_of", "share_near", "without_frame"]

#: No frame is wider than this share of the shorter side.
_WIDEST = 1 / 20
#: Luminances that differ by no more than this are the same colour; by more than that, two.
_SAME, _OTHER = 0.05, 0.1
#: A frame is of one colour nearly all round; paper may have ink on it.
_FRAME_SHARE, _PAPER_SHARE = 0.9, 0.6


def without_frame(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an image without the frame around it, or as it is if there is none.

    A frame is of one colour all round, and right inside it there is paper of another.

    Parameters
    ----------
    plane : array, shape (height, width)
        The luminance, 0 to 1.
    """
    most = int(min(plane.shape) * _WIDEST)
    if most == 0:
        return plane
    frame, share = _colour(plane, 0)
    # Nearly every image has none: one look further inside, and it is done.
    if share < _FRAME_SHARE or abs(median(ring_of(plane, most)) - frame) <= _OTHER:
        return plane
    for width in range(1, most + 1):
        paper, share = _colour(plane, width)
        if share >= _PAPER_SHARE and abs(paper - frame) > _OTHER:
            return plane[width:-width, width:-width]
    return plane


def ring_of(plane: NDArray[np.float32], depth: int = 0) -> NDArray[np.float32]:
    """Return the pixels that are so far from the border: 0 is the border itself. Those in the corners come twice."""
    first, last = depth, -1 - depth
    inside = slice(depth, None if depth == 0 else -depth)
    return np.concatenate([plane[first, inside], plane[last, inside], plane[inside, first], plane[inside, last]])


def median(values: NDArray[np.float32]) -> float:
    """Return the median of some values, as `np.median` does, which for few of them takes ten times as long."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    return float((ordered[middle] + ordered[~middle]) / 2)


def share_near(values: NDArray[np.float32], value: float, within: float) -> float:
    """Return the share of the values that differ from one by no more than `within`."""
    return np.count_nonzero(np.abs(values - value) <= within) / len(values)


def _colour(plane: NDArray[np.float32], depth: int) -> tuple[float, float]:
    """Return the colour of most of the pixels that are so far from the border, and how large a share has it."""
    ring = ring_of(plane, depth)
    colour = median(ring)
    return colour, share_near(ring, colour, _SAME)
