"""Colors that are as light as each other: red on green, yellow on white."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

__all__ = ["color_difference"]

#: The paper's color is looked for on so many rows and columns.
_SAMPLES = 96
#: What differs from the paper by more than this, of 255, in one of red, green and blue, has a color of its own.
_OTHER = 48
#: Luminance hides a color if it shows less than this share of that difference; it will not do if it hides so many.
_SHOWN, _HIDDEN = 0.5, 0.25


def color_difference(picture: Image.Image) -> NDArray[np.uint8] | None:
    """Return how far each pixel's color is from the paper's, or None if luminance tells them apart as well.

    Parameters
    ----------
    picture : PIL.Image.Image
        Of any mode that has colors; its transparency is not looked at.

    Returns
    -------
    array of uint8, shape (height, width), or None
        255 is the commonest color; what differs from it is darker, by the largest difference of the three.
    """
    paper = _paper_not_told_by_luminance(picture)
    if paper is None:
        return None
    red, green, blue = ImageChops.difference(picture.convert("RGB"), Image.new("RGB", picture.size, paper)).split()
    return 255 - np.asarray(ImageChops.lighter(ImageChops.lighter(red, green), blue))


def _paper_not_told_by_luminance(picture: Image.Image) -> tuple[int, int, int] | None:
    """Return the commonest color if luminance does not tell most others from it."""
    width, height = (min(side, _SAMPLES) for side in picture.size)
    few = np.asarray(picture.resize((width, height), Image.Resampling.NEAREST).convert("RGB")).reshape(-1, 3)
    if (few[:, 0] == few[:, 1]).all() and (few[:, 1] == few[:, 2]).all():
        return None
    wide = few.astype(np.int32)
    kinds = wide // 8 @ np.array([32 * 32, 32, 1])
    paper = np.rint(wide[kinds == np.bincount(kinds).argmax()].mean(axis=0)).astype(np.int32)
    wide -= paper
    away = np.maximum.reduce(np.abs(wide.T))
    # The luminance of ITU-R BT.601.
    shown = np.abs(wide @ np.array([0.299, 0.587, 0.114]))
    other = away > _OTHER
    if np.count_nonzero(other & (shown < _SHOWN * away)) <= _HIDDEN * np.count_nonzero(other):
        return None
    red, green, blue = paper.tolist()
    return red, green, blue
