"""The border of an image, and the frame that a screenshot of a canvas may have there."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.raster.quantiles import median

__all__ = ["Border", "crop_frame", "fraction_near"]

#: A frame is at most this share of the shorter side wide.
_WIDEST = 1 / 20
#: Luminances that differ by no more than the first are the same color; by more than the second, different ones.
_SAME, _OTHER = 0.05, 0.1
#: Share of a ring of pixels that has its color, in a frame and in paper, which may have ink on it.
_FRAME_SHARE, _PAPER_SHARE = 0.9, 0.6


class Border:
    """A ring of pixels of a plane of luminance, (height, width), at a distance of `depth` from the image's border.

    Attributes
    ----------
    values : array, shape (pixels,)
        Side by side; the corners come twice.
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
        """Return the share of the pixels that differ from the color by at most `within`."""
        return fraction_near(self.values, self.color, within)


def fraction_near(values: NDArray[np.float32], value: float, within: float) -> float:
    """Return the share of the values that differ from `value` by at most `within`."""
    return np.count_nonzero(np.abs(values - value) <= within) / len(values)


def crop_frame(plane: NDArray[np.float32], border: Border) -> NDArray[np.float32]:
    """Crop a plane of luminance, 0 to 1, to what is inside its frame; return one without a frame as it is.

    A frame has one color all round, and right inside it is paper of another color. `border` is the plane's own.
    """
    widest = int(min(plane.shape) * _WIDEST)
    # Nearly no image has a frame: one look further inside decides.
    if border.share(_SAME) < _FRAME_SHARE or abs(Border(plane, widest).color - border.color) <= _OTHER:
        return plane
    for width in range(1, widest + 1):
        ring = Border(plane, width)
        if ring.share(_SAME) >= _PAPER_SHARE and abs(ring.color - border.color) > _OTHER:
            return plane[width:-width, width:-width]
    return plane
