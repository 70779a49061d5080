"""Photographs: paper that is lit unevenly, with grain."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["ink_on_uneven_paper"]

#: The light on the paper is taken for a surface of this degree: enough for shadows that fall off, and lens shading.
DEGREE = 3
#: Ink differs from the paper by at least this, and by so many times the paper's grain.
FAINTEST, GRAINS = 0.08, 4.0


def ink_on_uneven_paper(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much ink is on each pixel of a photograph.

    The paper is a smooth surface, fitted by least squares to the pixels that are not ink, which are found in turns
    with it; ink is what lies off it, darker or lighter, above a threshold found by Otsu's method [1]_.

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
    difference, grain = _off_the_paper(plane)
    dark, light = -float(np.quantile(difference, 0.005)), float(np.quantile(difference, 0.995))
    contrast = -difference if dark >= light else difference
    if max(dark, light) < max(FAINTEST, GRAINS * grain):
        return np.zeros_like(plane)
    threshold = max(_otsu(contrast[contrast > 0]), GRAINS / 2 * grain)
    full = float(np.median(contrast[contrast >= threshold]))
    # From half the threshold on, so that the soft edge of a line stays soft.
    ink: NDArray[np.float32] = np.clip((contrast - threshold / 2) / (full - threshold / 2), 0, 1).astype(np.float32)
    return ink


def _off_the_paper(plane: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return each pixel's difference from the paper, and the standard deviation of the paper's grain."""
    y, x = np.meshgrid(np.linspace(-1, 1, plane.shape[0]), np.linspace(-1, 1, plane.shape[1]), indexing="ij")
    powers = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)]
    terms = np.stack([(x**i * y**j).ravel() for i, j in powers], axis=1).astype(np.float32)
    values = plane.ravel()
    # A sample of the pixels is plenty for ten coefficients.
    step = max(1, len(values) // 20_000)
    some, wanted = terms[::step], values[::step]
    paper = np.ones(len(wanted), dtype=bool)
    grain = 0.0
    for _ in range(8):
        coefficients = np.linalg.lstsq(some[paper], wanted[paper], rcond=None)[0]
        off = wanted - some @ coefficients
        # The median of absolute deviations, as a standard deviation: ink does not move it.
        grain = 1.4826 * float(np.median(np.abs(off[paper] - np.median(off[paper]))))
        paper = np.abs(off) <= max(2.5 * grain, 0.01)
        if paper.sum() < 2 * len(powers):
            break
    return (values - terms @ coefficients).reshape(plane.shape).astype(np.float32), grain


def _otsu(values: NDArray[np.float32]) -> float:
    """Return the threshold that parts the values into two groups as far apart as can be."""
    counts, edges = np.histogram(values, bins=128)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1 + int(np.nanargmax(between[:-1]))])
