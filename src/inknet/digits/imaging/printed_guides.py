"""Printed guides: a faint digit, text or pattern on the canvas that is written over."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.imaging.borders import fraction_near
from inknet.digits.raster.quantiles import median

__all__ = ["remove_printed_guides"]

#: Guides lie between these shares of the darkest ink; most of their pixels, within the last of one value.
_FAINTEST, _FAINT, _NEAR = 0.08, 0.4, 0.03
#: Guides cover at least this share of the image.
_LEAST = 0.002


def remove_printed_guides(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Remove from ink, 0 to 1, what is printed faintly in one color under the drawing.

    Soft edges of strokes are faint, too, but have every value; a guide has mostly one.
    """
    peak = float(ink.max())
    faint = ink[(ink > _FAINTEST * peak) & (ink < _FAINT * peak)]
    if len(faint) < _LEAST * ink.size:
        return ink
    # A sample of some hundreds is enough.
    faint = faint[:: 1 + len(faint) // 500]
    level = median(faint)
    if fraction_near(faint, level, _NEAR * peak) < 0.5:
        return ink
    floor = level + _NEAR * peak
    return np.clip((ink - np.float32(floor)) * np.float32(peak / (peak - floor)), 0, 1)
