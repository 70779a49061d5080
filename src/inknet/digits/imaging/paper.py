"""Paper: found by the border of an image; ink is what differs from it."""

import numpy as np
from numpy.typing import NDArray

from inknet.digits.imaging.borders import Border, crop_frame, fraction_near
from inknet.digits.imaging.page import crop_to_canvas
from inknet.digits.imaging.printed_guides import remove_printed_guides
from inknet.digits.imaging.ruled_lines import remove_ruled_lines
from inknet.digits.imaging.specks import remove_specks
from inknet.digits.imaging.uneven_light import ink_under_uneven_light

__all__ = ["ink_on_paper"]

#: Paper is even if most of the border differs from its median by no more than this: rounding to 1/255.
EVEN, MOST = 0.006, 0.6
#: It is also even if one value has this share of the border and of the image.
COMMON = 0.3
#: Smaller images show a digit and nothing else; larger ones may show part of a page.
SMALLEST_PAGE = 64


def ink_on_paper(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each pixel of luminance or alpha differs from the paper: 0 is paper, 1 is ink.

    Ink is darker or lighter than the paper, whichever there is more of. A frame or a page around the drawing is
    cropped, and everything else on the page is removed.
    """
    is_page = min(plane.shape) >= SMALLEST_PAGE
    border = Border(plane)
    for crop in (crop_frame, crop_to_canvas) if is_page else (crop_frame,):
        cropped = crop(plane, border)
        if cropped is not plane:
            plane, border = cropped, Border(cropped)
    paper = _even_paper(plane, border, is_page)
    if paper is None:
        ink = ink_under_uneven_light(plane)
    else:
        ink = plane - np.float32(paper)
        if ink.sum() < 0:
            np.negative(ink, out=ink)
        # Nothing exceeds 1, but with both bounds numpy takes a quarter of the time.
        ink.clip(0, 1, out=ink)
    return remove_specks(remove_printed_guides(remove_ruled_lines(ink))) if is_page and ink.any() else ink


def _even_paper(plane: NDArray[np.float32], border: Border, is_page: bool) -> float | None:
    """Return the paper's luminance, or None if the light is uneven."""
    if border.share(EVEN) >= MOST:
        return border.color
    if is_page:
        return None
    # A tightly cropped small digit touches the border nearly all round; its paper's value is still the most common.
    levels = np.bincount(np.rint(border.values * 255).astype(np.intp))
    paper = float(levels.argmax()) / 255
    on_border = np.abs(border.values - np.float32(paper)) <= EVEN
    if on_border.mean() < COMMON or fraction_near(plane.ravel(), paper, EVEN) < COMMON:
        return None
    # Paper comes in runs of pixels; noise clipped at white does not.
    return paper if np.mean(on_border[1:] & on_border[:-1]) >= 0.8 * on_border.mean() else None
