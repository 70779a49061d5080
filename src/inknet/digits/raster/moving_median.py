"""The moving median, which removes thin strokes and keeps edges."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["moving_median"]


def moving_median(plane: NDArray[Any], side: int) -> NDArray[Any]:
    """Return the median of a square around each pixel, (height, width) or (height, width, channels).

    Its side is odd, at least 3. Beyond the edge, the outermost pixels continue: as Pillow's MedianFilter, which takes
    several times as long. Forgetful selection [1]_: of a little more than half of the values, the least and the
    greatest are not the median, so another value takes their place.

    References
    ----------
    .. [1] M. McGuire, "A Fast, Small-Radius GPU Median Filter", ShaderX6, 2008.
    """
    height, width = plane.shape[:2]
    padded = np.pad(plane, [(side // 2,) * 2] * 2 + [(0, 0)] * (plane.ndim - 2), mode="edge")
    values = [padded[y : y + height, x : x + width].copy() for y in range(side) for x in range(side)]
    kept, spare = values[: len(values) // 2 + 2], np.empty_like(plane)
    for other in [*values[len(kept) :], None]:
        # Each array is written to in place; the spare one takes the place of the one that was read.
        for index in range(1, len(kept)):
            np.minimum(kept[0], kept[index], out=spare)
            np.maximum(kept[0], kept[index], out=kept[index])
            kept[0], spare = spare, kept[0]
        for index in range(1, len(kept) - 1):
            np.maximum(kept[-1], kept[index], out=spare)
            np.minimum(kept[-1], kept[index], out=kept[index])
            kept[-1], spare = spare, kept[-1]
        kept = kept[1:-1] if other is None else [*kept[1:-1], other]
    return kept[0]
