"""Differences of color, for ink as light as its paper: red on green, yellow on white."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

__all__ = ["LUMINANCE", "color_difference"]

#: The paper's color is looked for on this many rows and columns.
_SAMPLES = 96
#: A pixel has another color if red, green or blue differs from the paper's by more than this, of 255.
_OTHER = 48
#: Luminance hides a pixel if it shows less than this share of that difference; at most this share may be hidden.
_SHOWN, _HIDDEN = 0.5, 0.25
#: Paper in a shadow has at least this share of its light, and differs by no more than this from its color there.
_LIT, _SAME = 0.5, 24
#: Light that falls on this share of the samples is where the paper is looked at.
_LIT_SHARE = 0.02
#: The luminance of red, green and blue, by ITU-R BT.601, as in Pillow.
LUMINANCE = np.array([0.299, 0.587, 0.114])


def color_difference(picture: Image.Image) -> NDArray[np.uint8] | None:
    """Return how far each pixel's color is from the paper's, (height, width), or None if luminance shows the ink, too.

    255 is the most common color; the largest difference of red, green and blue makes a pixel darker. Transparency is
    ignored.
    """
    paper = _paper_hidden_by_luminance(picture)
    if paper is None:
        return None
    red, green, blue = ImageChops.difference(picture.convert("RGB"), Image.new("RGB", picture.size, paper)).split()
    return 255 - np.asarray(ImageChops.lighter(ImageChops.lighter(red, green), blue))


def _paper_hidden_by_luminance(picture: Image.Image) -> tuple[int, int, int] | None:
    """Return the most common color, or None if luminance tells most others from it."""
    width, height = (min(side, _SAMPLES) for side in picture.size)
    colors = np.asarray(picture.resize((width, height), Image.Resampling.NEAREST).convert("RGB")).reshape(-1, 3)
    if (colors[:, 0] == colors[:, 1]).all() and (colors[:, 1] == colors[:, 2]).all():
        return None
    values = colors.astype(np.int32)
    bins = values // 8 @ np.array([32 * 32, 32, 1])
    paper = np.rint(values[bins == np.bincount(bins).argmax()].mean(axis=0)).astype(np.int32)
    luminance, light = values @ LUMINANCE, max(1.0, float(paper @ LUMINANCE))
    distance = _largest(values - paper)
    share = luminance / light
    # Paper may lie in two lights.
    is_paper = (share > _LIT) & (share < 1 / _LIT) & (_largest(values - np.multiply.outer(share, paper)) < _SAME)
    other = (distance > _OTHER) & ~is_paper
    hidden = other & (np.abs(luminance - light) < _SHOWN * distance)
    if np.count_nonzero(hidden) <= _HIDDEN * np.count_nonzero(other):
        return None
    lit = is_paper & (distance > _OTHER) & (share > 1)
    if np.count_nonzero(lit) > _LIT_SHARE * len(values):
        paper = np.rint(values[lit].mean(axis=0)).astype(np.int32)
    red, green, blue = paper.tolist()
    return red, green, blue


def _largest(differences: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.floating] | NDArray[np.integer]:
    """Return the largest difference of each pixel's channels."""
    # Several times as fast as along the last axis.
    return np.maximum.reduce(np.abs(differences.T))
