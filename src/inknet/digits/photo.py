"""Photographs: paper that is lit unevenly, with grain."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from inknet.digits.area import resize_by_area

__all__ = ["ink_on_uneven_paper"]

#: The paper is looked for at so few pixels a side that a pen's line is hardly wider than one.
COARSE = 48
#: The paper at a place is the median of so many of these pixels around it, in both directions: more than ink covers.
AROUND = 19
#: Ink differs from the paper by at least this, and by so many times the paper's grain.
FAINTEST, GRAINS = 0.06, 5.0
#: What stands out is ink if it covers this share of the picture; a thin pen's digit of a tenth of its height does.
LEAST = 0.0002


def ink_on_uneven_paper(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much ink is on each pixel of a photograph.

    The paper at each place is the median of what lies around it, which thin ink does not move, and the edge of a
    shadow moves with. Ink is what differs from it by more than the grain, darker or lighter, whichever there is more
    of, and of that what lies above a threshold found by Otsu's method [1]_: the lines of ruled paper lie below.

    Parameters
    ----------
    plane : array, shape (height, width)
        The luminance, 0 to 1.

    Returns
    -------
    array of float32, shape (height, width)
        0 is paper, 1 is ink; all 0 if nothing stands out from the grain.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    difference = plane - _paper(plane)
    # The median of absolute deviations, as a standard deviation: ink does not move it. A sample is plenty.
    grain = 1.4826 * float(np.median(np.abs(difference.ravel()[:: max(1, difference.size // 20_000)])))
    least = max(FAINTEST, GRAINS * grain)
    dark, light = -difference[difference < -least], difference[difference > least]
    contrast, standing_out = (-difference, dark) if dark.sum() >= light.sum() else (difference, light)
    if len(standing_out) < max(1, LEAST * plane.size):
        return np.zeros_like(plane)
    threshold = _otsu(standing_out)
    full = float(np.median(standing_out[standing_out >= threshold]))
    # From half the threshold on, so that the soft edge of a line stays soft.
    foot = max(threshold / 2, GRAINS * grain)
    return np.clip((contrast - foot) / (full - foot), 0, 1)


def _paper(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the paper's luminance at each pixel."""
    scale = COARSE / max(plane.shape)
    height, width = (max(1, min(side, round(side * scale))) for side in plane.shape)
    coarse = Image.fromarray(resize_by_area(plane, height, width))
    paper = coarse.filter(ImageFilter.MedianFilter(AROUND))
    return np.asarray(paper.resize((plane.shape[1], plane.shape[0]), Image.Resampling.BILINEAR))


def _otsu(values: NDArray[np.float32]) -> float:
    """Return the threshold that parts the values into two groups as far apart as can be."""
    counts, edges = np.histogram(values, bins=128, range=(0, float(values.max())))
    moments = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    below = np.cumsum(counts)
    apart = (moments[-1] * below - moments * below[-1]) ** 2
    between = apart / np.maximum(1, below * (below[-1] - below))
    return float(edges[1 + int(np.argmax(between))])
