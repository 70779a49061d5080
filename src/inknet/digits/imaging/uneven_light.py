"""Photographs: paper that is lit unevenly, with grain."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from inknet.digits.raster.area_mean import resize_by_area

__all__ = ["ink_under_uneven_light"]

#: The paper is looked for at so few pixels a side that a pen's line is hardly wider than one.
COARSE = 48
#: The paper at a place is the median of so many of these pixels around it, in both directions: more than ink covers.
AROUND = 19
#: The same where the ink has been taken out.
NEAR = 9
#: Smooth light is fitted to a margin of so many of these pixels first; paper differs from the fit by less than this.
MARGIN, LIKE_PAPER = 3, 0.03
#: What differs by more than this is clearly not paper.
CLEAR = 0.2
#: Of the powers of y and x, 1, x, x², y, yx, …, those of a parabolic surface.
PARABOLIC = [0, 1, 2, 3, 4, 6]
#: The darkest shadow leaves this share of the light.
DARKEST = 0.5
#: Ink differs from the paper by at least this, and by so many times the paper's grain.
FAINTEST, GRAINS = 0.06, 5.0
#: What stands out is ink if it covers this share of the picture; a thin pen's digit of a tenth of its height does.
LEAST = 0.0002


def ink_under_uneven_light(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much ink is on each pixel of a photograph.

    The paper is a parabolic surface under smooth light; otherwise, at each place, the median of what lies around it,
    which thin ink does not move, and the edge of a shadow moves with. Ink is what differs from it, as a share of its
    light, by more than the grain, darker or lighter, whichever there is more of, and of that what lies above a
    threshold found by Otsu's method [1]_: the lines of ruled paper lie below.

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
    paper = _paper(plane)
    difference = plane - paper
    # The median of absolute deviations, as a standard deviation: ink does not move it. A sample is plenty.
    grain = 1.4826 * float(np.median(np.abs(difference.ravel()[:: max(1, difference.size // 20_000)])))
    least = max(FAINTEST, GRAINS * grain)
    dark, light = difference < -least, difference > least
    contrast, standing_out = difference, light
    if float(difference[dark].sum() + difference[light].sum()) <= 0:
        # Dark ink takes away a share of the light that there is, and so less of it in a shadow.
        lit = max(float(paper.mean()), 1 / 255)
        np.negative(difference, out=difference)
        contrast, standing_out = difference * (lit / np.maximum(paper, np.float32(DARKEST * lit))), dark
    if np.count_nonzero(standing_out) < max(1, LEAST * plane.size):
        return np.zeros_like(plane)
    values = contrast[standing_out]
    threshold = _otsu(values)
    full = float(np.median(values[values >= threshold]))
    # From half the threshold on, so that the soft edge of a line stays soft.
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
    paper = Image.fromarray(_torn_paper(coarse))
    return np.asarray(paper.resize((plane.shape[1], plane.shape[0]), Image.Resampling.BILINEAR))


def _powers(side: int) -> NDArray[np.float64]:
    """Return 1, y and y² of so many pixels' centers from -1 to 1, (side, 3)."""
    centers = (2 * np.arange(side) + 1) / side - 1
    return np.stack([np.ones(side), centers, centers * centers], axis=1)


def _smooth_light(coarse: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Return the parabolic surface that light falling off makes of paper, or None if the paper is not like that.

    It is fitted to the picture's margin first, and then to whatever lies near it (least squares, weighted again and
    again by Cauchy's weights): so ink does not move it, however much there is.

    Returns
    -------
    array, shape (3, 3)
        The factors of the powers of y and x.
    """
    terms = np.einsum("yi,xj->ijyx", *map(_powers, coarse.shape)).reshape(9, -1)[PARABOLIC]
    values = coarse.ravel().astype(np.float64)
    margin = np.ones(coarse.shape, dtype=np.bool_)
    margin[MARGIN:-MARGIN, MARGIN:-MARGIN] = False
    on_margin = margin.ravel()
    weights = on_margin.astype(np.float64)
    for step in range(8):
        weighted = terms * weights
        # So little is added to the diagonal that it matters only where the picture is too small to tell the terms.
        factors = np.linalg.solve(weighted @ terms.T + 1e-6 * np.eye(len(terms)), weighted @ values)
        away = np.abs(values - factors @ terms)
        weights = 1 / (1 + (away / LIKE_PAPER) ** 2)
        if step < 4:
            weights *= on_margin
    paper, ink = away < LIKE_PAPER, away > CLEAR
    if paper[on_margin].mean() < 0.8 or paper.mean() < 0.4 or ink.sum() <= 2 * np.sum(~paper & ~ink):
        # The light falls off in another way, or there is no ink that can be told from it.
        return None
    surface = np.zeros(9)
    surface[PARABOLIC] = factors
    return surface.reshape(3, 3)


def _torn_paper(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what paper is like on which a shadow has an edge: the median around each place.

    Where ink covers more than half of what is around, the median is ink. So the ink that was found is filled with the
    paper nearest to it, and the median is taken again, now of less around it, as only little ink is left.
    """
    paper = _median_around(coarse, AROUND)
    for _ in range(2):
        difference = coarse - paper
        if difference.sum() < 0:
            difference = -difference
        if difference.max() < CLEAR or max(coarse.shape) < COARSE:
            return paper
        filled = _fill(coarse, difference > 0.3 * difference.max())
        paper = _median_around(filled, NEAR)
    return paper


def _median_around(coarse: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(coarse).filter(ImageFilter.MedianFilter(size)))


def _fill(coarse: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the values with those of a mask, and of its neighbors, taken from the values nearest to them."""
    known = 1 - np.asarray(Image.fromarray(mask.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))).astype(np.float32)
    if not known.any():
        return coarse
    values = coarse * known
    for _ in range(max(coarse.shape)):
        if known.all():
            break
        sums, counts = (_sum_around(plane) for plane in (values, known))
        new = (known == 0) & (counts > 0)
        values[new] = sums[new] / counts[new]
        known[new] = 1
    return values


def _sum_around(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of each value and its eight neighbors."""
    padded = np.pad(plane, 1)
    tall = padded[:-2] + padded[1:-1] + padded[2:]
    total: NDArray[np.float32] = tall[:, :-2] + tall[:, 1:-1] + tall[:, 2:]
    return total


def _otsu(values: NDArray[np.float32]) -> float:
    """Return the threshold that parts the values into two groups as far apart as can be."""
    counts, edges = np.histogram(values, bins=128, range=(0, float(values.max())))
    moments = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    below = np.cumsum(counts)
    apart = (moments[-1] * below - moments * below[-1]) ** 2
    between = apart / np.maximum(1, below * (below[-1] - below))
    return float(edges[1 + int(np.argmax(between))])
