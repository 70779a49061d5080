"""Photographs of paper: uneven light, shadows and grain."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from inknet.digits.raster.area_mean import resize_by_area
from inknet.digits.raster.fill import fill_unknown
from inknet.digits.raster.neighbors import sum_neighbors

__all__ = ["ink_under_uneven_light"]

#: The paper is estimated at this many pixels per side, where a pen's line is hardly wider than one.
COARSE = 48
#: Window of the median that estimates the paper, in coarse pixels: larger than ink covers.
WINDOW = 19
#: The same after the ink has been filled.
SMALL_WINDOW = 9
#: Smooth light is fitted to a margin of this many coarse pixels first; paper differs from the fit by less than this.
MARGIN, LIKE_PAPER = 3, 0.03
#: A larger difference is clearly ink.
CLEAR = 0.2
#: Of the powers of y and x, 1, x, x², y, yx, …, those of a parabolic surface.
PARABOLIC = [0, 1, 2, 3, 4, 6]
#: The darkest shadow leaves this share of the light.
DARKEST = 0.5
#: Ink differs from the paper by at least this, and by this multiple of the paper's grain.
FAINTEST, GRAINS = 0.06, 5.0
#: Ink covers at least this share of the image: a thin digit of a tenth of its height.
LEAST = 0.0002


def ink_under_uneven_light(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much ink is on each pixel of a photograph, 0 to 1; all 0 if nothing stands out from the grain.

    Under smooth light, the paper is a parabolic surface. Otherwise it is a moving median, which ignores thin ink and
    follows the edge of a shadow. Ink differs from the paper by more than the grain, relative to its light, darker or
    lighter, whichever there is more of; Otsu's threshold [1]_ then separates it from faint marks such as ruled lines.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    paper = _paper(plane)
    difference = plane - paper
    # The median absolute deviation, scaled to a standard deviation, is robust to ink. A sample is enough.
    grain = 1.4826 * float(np.median(np.abs(difference.ravel()[:: max(1, difference.size // 20_000)])))
    least = max(FAINTEST, GRAINS * grain)
    dark, light = difference < -least, difference > least
    contrast, visible = difference, light
    if float(difference[dark].sum() + difference[light].sum()) <= 0:
        # Dark ink absorbs a share of the light, which is less in a shadow.
        lit = max(float(paper.mean()), 1 / 255)
        np.negative(difference, out=difference)
        contrast, visible = difference * (lit / np.maximum(paper, np.float32(DARKEST * lit))), dark
    if np.count_nonzero(visible) < max(1, LEAST * plane.size):
        return np.zeros_like(plane)
    values = contrast[visible]
    threshold = _otsu(values)
    full = float(np.median(values[values >= threshold]))
    # Start at half the threshold, so that the soft edges of lines stay soft.
    ink = np.clip((contrast - threshold / 2) / (full - threshold / 2), 0, 1)
    ink[difference < GRAINS * grain] = 0
    return ink


def _paper(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the paper's luminance at each pixel."""
    scale = COARSE / max(plane.shape)
    height, width = (max(1, min(side, round(side * scale))) for side in plane.shape)
    coarse = resize_by_area(plane, height, width)
    smooth = _smooth_light(coarse)
    if smooth is not None:
        down, across = (_powers(side) for side in plane.shape)
        return (down @ smooth @ across.T).astype(np.float32)
    paper = Image.fromarray(_paper_with_shadows(coarse))
    return np.asarray(paper.resize((plane.shape[1], plane.shape[0]), Image.Resampling.BILINEAR))


def _powers(side: int) -> NDArray[np.float64]:
    """Return 1, y and y² at the centers of pixels, scaled to -1 to 1, (side, 3)."""
    centers = (2 * np.arange(side) + 1) / side - 1
    return np.stack([np.ones(side), centers, centers * centers], axis=1)


def _smooth_light(coarse: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Fit a parabolic surface to the luminance of paper: the coefficients of the powers of y and x, (3, 3), or None.

    Iteratively reweighted least squares with Cauchy weights, on the margin of the image first and then on all of it:
    robust to ink, however much there is.
    """
    terms = np.einsum("yi,xj->ijyx", *map(_powers, coarse.shape)).reshape(9, -1)[PARABOLIC]
    values = coarse.ravel().astype(np.float64)
    margin = np.ones(coarse.shape, dtype=np.bool_)
    margin[MARGIN:-MARGIN, MARGIN:-MARGIN] = False
    on_margin = margin.ravel()
    weights = on_margin.astype(np.float64)
    for step in range(8):
        weighted = terms * weights
        # The small diagonal matters only for images too small to determine all terms.
        coefficients = np.linalg.solve(weighted @ terms.T + 1e-6 * np.eye(len(terms)), weighted @ values)
        distance = np.abs(values - coefficients @ terms)
        weights = 1 / (1 + (distance / LIKE_PAPER) ** 2)
        if step < 4:
            weights *= on_margin
    paper, ink = distance < LIKE_PAPER, distance > CLEAR
    if paper[on_margin].mean() < 0.8 or paper.mean() < 0.4 or ink.sum() <= 2 * np.sum(~paper & ~ink):
        # Not smooth light, or no ink that stands out from it.
        return None
    surface = np.zeros(9)
    surface[PARABOLIC] = coefficients
    return surface.reshape(3, 3)


def _paper_with_shadows(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the luminance of paper on which a shadow may have an edge: a moving median.

    Where ink covers more than half of the window, the median is ink; so what looks like ink is filled from the nearest
    paper first.
    """
    paper = _moving_median(coarse, WINDOW)
    for _ in range(2):
        difference = coarse - paper
        if difference.sum() < 0:
            difference = -difference
        if difference.max() < CLEAR or max(coarse.shape) < COARSE:
            return paper
        filled = fill_unknown(coarse, ~sum_neighbors(difference > 0.3 * difference.max()))
        paper = _moving_median(filled, SMALL_WINDOW)
    return paper


def _moving_median(coarse: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(coarse).filter(ImageFilter.MedianFilter(size)))


def _otsu(values: NDArray[np.float32]) -> float:
    """Return the threshold that maximizes the variance between the two groups of values."""
    counts, edges = np.histogram(values, bins=128, range=(0, float(values.max())))
    moments = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    below = np.cumsum(counts)
    squares = (moments[-1] * below - moments * below[-1]) ** 2
    between = squares / np.maximum(1, below * (below[-1] - below))
    return float(edges[1 + int(np.argmax(between))])
