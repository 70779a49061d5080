"""Frames: the line around a canvas that a screenshot of it shows is neither ink nor paper."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.raster.quantiles import median

__all__ = ["Border", "crop_frame", "fraction_near"]

#: No frame is wider than this share of the shorter side.
_WIDEST = 1 / 20
#: Luminances that differ by no more than this are the same color; by more than that, two.
_SAME, _OTHER = 0.05, 0.1
#: A frame is of one color nearly all round; paper may have ink on it.
_FRAME_SHARE, _PAPER_SHARE = 0.9, 0.6


class Border:
    """The pixels that are so far from an image's border, and the color that most of them have.

    Parameters
    ----------
    plane : array, shape (height, width)
        The luminance, 0 to 1.
    depth : int
        0 is the border itself.

    Attributes
    ----------
    values : array, shape (pixels,)
        Side by side; the pixels in the corners come twice.
    color : float
        Their median.
    """

    def __init__(self, plane: NDArray[np.float32], depth: int = 0) -> None:
        first, last = depth, -1 - depth
        inside = slice(depth, None if depth == 0 else -depth)
        self.values: NDArray[np.float32] = np.concatenate(
            [plane[first, inside], plane[last, inside], plane[inside, first], plane[inside, last]]
        )
        self.color = median(self.values)

    def share(self, within: float) -> float:
        """Return the share of the pixels that differ from the color by no more than this."""
        return fraction_near(self.values, self.color, within)


def fraction_near(values: NDArray[np.float32], value: float, within: float) -> float:
    """Return the share of the values that differ from one by no more than `within`."""
    return np.count_nonzero(np.abs(values - value) <= within) / len(values)


def crop_frame(plane: NDArray[np.float32], border: Border) -> NDArray[np.float32]:
    """Return an image without the frame around it, or as it is if there is none.

    A frame is of one color all round, and right inside it there is paper of another.

    Parameters
    ----------
    plane : array, shape (height, width)
        The luminance, 0 to 1.
    border : Border
        Its own.
    """
    most = int(min(plane.shape) * _WIDEST)
    # Nearly every image has none: one look further inside, and it is done.
    if most == 0 or border.share(_SAME) < _FRAME_SHARE or abs(Border(plane, most).color - border.color) <= _OTHER:
        return plane
    for width in range(1, most + 1):
        within = Border(plane, width)
        if within.share(_SAME) >= _PAPER_SHARE and abs(within.color - border.color) > _OTHER:
            return plane[width:-width, width:-width]
    return plane
