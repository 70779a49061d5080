"""Drawings as other pages would send them: any pen, anywhere on a canvas of 280×280, and not always whole."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.digits.drawing.rasterize import PLANE, rasterize

__all__ = ["draw_on_canvas", "place_on_canvas"]

#: Diameters of pens, in pixels, and the longer side of a drawing as a share of the canvas.
PENS, SIZES = (8, 32), (0.25, 0.95)
#: The steepest slant, and the longest piece that may lie beyond the border as a share of the drawing.
SLANT, CUT = np.radians(15), 0.06


def draw_on_canvas(strokes: Sequence[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw strokes with a random pen, at a random size, slant and place: see `place_on_canvas`.

    One in eight drawings is left as dots, as by a page that only marks where it saw a fast pen; one in eight lies a
    little beyond the border and is cut off there.

    Parameters
    ----------
    strokes : sequence of array, each of shape (points, 2)
    rng : Generator

    Returns
    -------
    array of uint8, shape (280, 280)
        255 is ink: an alpha channel.
    """
    slant, size = rng.uniform(-SLANT, SLANT), rng.uniform(*SIZES)
    # A pen as wide as a third of the drawing leaves a blot that nobody can read.
    pen = min(rng.uniform(*PENS), size * PLANE / 3)
    dots, cut = rng.random(2) < 1 / 8
    return place_on_canvas(
        strokes, pen=pen, size=size, slant=slant, place=rng.random(2), beyond=CUT if cut else 0.0, dots=bool(dots)
    )


def place_on_canvas(
    strokes: Sequence[NDArray[np.float64]],
    *,
    pen: float = 20.0,
    size: float = 0.7,
    slant: float = 0.0,
    place: ArrayLike = (0.5, 0.5),
    beyond: float = 0.0,
    dots: bool = False,
) -> NDArray[np.uint8]:
    """Draw strokes with a given pen, at a given size, slant and place.

    Parameters
    ----------
    strokes : sequence of array, each of shape (points, 2)
    pen : float
        Its diameter, in pixels.
    size : float
        The drawing's longer side, with its pen, as a share of the canvas.
    slant : float
        To the left, in radians.
    place : (float, float)
        Where the drawing lies between the left and the right border, and between the upper and the lower: 0 to 1.
    beyond : float
        How much of the drawing's width and height lies beyond the border, where its place is 0 or 1.
    dots : bool
        Whether only the strokes' points are marked.

    Returns
    -------
    array of uint8, shape (280, 280)
        255 is ink: an alpha channel.
    """
    shear = np.array([[1.0, np.tan(slant)], [0.0, 1.0]])
    slanted = [stroke @ shear.T for stroke in strokes]
    every = np.concatenate(slanted)
    low, span = every.min(axis=0), np.ptp(every, axis=0)
    scale = (size * PLANE - pen) / max(float(span.max()), 1e-9)
    box = span * scale + pen
    corner = -beyond * box + np.asarray(place) * (PLANE - box + 2 * beyond * box)
    placed = [(stroke - low) * scale + corner + pen / 2 for stroke in slanted]
    if dots:
        placed = [point[np.newaxis] for stroke in placed for point in stroke]
    return rasterize(placed, pen / 2)
