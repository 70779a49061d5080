"""Ink: how dark each pixel of an image was drawn, whatever the image's format, colors and paper."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.imaging.decode import ImageLike, decode
from inknet.digits.imaging.paper import ink_on_paper
from inknet.digits.raster.bounding_box import bounding_box

__all__ = ["read_gray", "read_ink"]

#: An opaque card covers this share of the image's height and width, and fills this share of its bounding box.
CARD_SIDE, CARD_FILL = 0.4, 0.75
#: Ink and paper differ on an opaque card by more than this.
CARD_CONTRAST = 0.25


def read_ink(image: ImageLike) -> NDArray[np.float32]:
    """Return how much ink is on each pixel of an image.

    The drawing is in the alpha channel if that varies, otherwise in the luminance. There the paper is what the border
    mostly shows, and ink is what differs from it, darker or lighter.

    Parameters
    ----------
    image : bytes, str, Path, file, PIL.Image.Image or array
        A PNG, JPEG, WebP, BMP, GIF, TIFF, AVIF or, with the extra ``heic``, HEIC file: its content, its path, or the
        file open in binary mode. Of an animation, the first frame that is not blank counts. Or a Pillow image; or an
        array of shape (height, width), (height, width, 3 or 4), (784,) or (1, 784), from 0 to 255 or from 0 to 1.

    Returns
    -------
    array of float32, shape (height, width)
        0 is paper, 1 is ink. Large images are reduced.

    Raises
    ------
    ImageTooLargeError
        If it has more than 16 million pixels; a JPEG, once it is reduced while it is decoded.
    ImageError
        If it cannot be decoded.
    """
    planes = decode(image, by_color=True)
    alpha = planes.alpha
    if alpha is None:
        return ink_on_paper(planes.luminance())
    opaque = alpha > 0.5
    if _is_card(opaque):
        luminance = planes.luminance()
        card = luminance[opaque]
        if float(np.ptp(card)) > CARD_CONTRAST:
            # A picture with transparent parts; fill them with the card's paper.
            return ink_on_paper(luminance * alpha + np.median(card) * (1 - alpha))
    return ink_on_paper(alpha)


def read_gray(image: ImageLike) -> NDArray[np.float32]:
    """Return the values of an image as they are: its alpha channel if that varies, otherwise its luminance.

    From 0 to 1, (height, width); parameters and errors are those of `read_ink`.
    """
    planes = decode(image, by_color=False)
    return planes.luminance() if planes.alpha is None else planes.alpha


def _is_card(mask: NDArray[np.bool_]) -> bool:
    """Return whether a mask fills most of a large box, as a card does but strokes hardly ever, however thick."""
    if not mask.any():
        return False
    top, bottom, left, right = bounding_box(mask)
    box = mask[top:bottom, left:right]
    large = all(side >= CARD_SIDE * whole for side, whole in zip(box.shape, mask.shape, strict=True))
    return large and int(np.count_nonzero(box)) >= CARD_FILL * box.size
