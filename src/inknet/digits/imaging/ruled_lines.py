"""Ruled lines: a grid, ruled paper, a box to write in."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["remove_ruled_lines"]

#: Ink fainter than this share of the darkest is ignored.
_FAINTEST = 0.08
#: A line crosses at least this share of the image, and is at most this share of its shorter side wide.
_CROSSES, _THIN = 0.85, 0.02


def remove_ruled_lines(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Remove from ink, 0 to 1, thin lines that cross the whole image; strokes that cross a line stay whole.

    A single line as dark as the ink may be the bar of a 7, and stays.
    """
    mask = ink > _FAINTEST * ink.max()
    lines = [_find_lines(mask, axis) for axis in (0, 1)]
    if sum(map(len, lines)) < 2:
        return ink
    cleaned = ink.copy()
    for axis, ranges in enumerate(lines):
        across = cleaned if axis == 0 else cleaned.T
        for start, end in ranges:
            # Ink on both sides of a line crosses it.
            beside = [across[index] for index in (start - 1, end) if 0 <= index < len(across)]
            across[start:end] = np.minimum(*beside) if len(beside) == 2 else 0
    return cleaned if cleaned.any() else ink


def _find_lines(mask: NDArray[np.bool_], axis: int) -> list[tuple[int, int]]:
    """Return where lines along the rows (axis 0) or columns (axis 1) start and end."""
    length = mask.shape[1 - axis]
    if np.count_nonzero(mask.any(axis=axis)) < _CROSSES * length:
        # Nearly every drawing ends before the image does.
        return []
    crossed = np.count_nonzero(mask, axis=1 - axis) >= _CROSSES * length
    edges = np.diff(np.pad(crossed.astype(np.int8), 1))
    ends = zip(np.flatnonzero(edges > 0).tolist(), np.flatnonzero(edges < 0).tolist(), strict=True)
    widest = max(2, _THIN * min(mask.shape))
    return [(start, end) for start, end in ends if end - start <= widest]
