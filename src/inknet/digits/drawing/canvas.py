"""Drawings as other pages would send them: any pen, anywhere on a canvas of 280×280, sometimes incomplete."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.digits.drawing.rasterize import CANVAS, rasterize

__all__ = ["draw_on_canvas", "place_on_canvas"]

#: Range of the pen's diameter in pixels, and of the drawing's longer side as a share of the canvas.
PENS, SIZES = (8, 32), (0.25, 0.95)
#: The steepest slant, and the share of the drawing that may be cut off at the border.
SLANT, CUT = np.radians(15), 0.06


def draw_on_canvas(strokes: Sequence[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw strokes with a random pen, size, slant and position; see `place_on_canvas`.

    One in eight drawings consists of dots, as on pages that do not connect the points of a fast pen; one in eight is
    cut off at the border.
    """
    slant, size = rng.uniform(-SLANT, SLANT), rng.uniform(*SIZES)
    # A pen wider than a third of the drawing leaves an illegible blot.
    pen = min(rng.uniform(*PENS), size * CANVAS / 3)
    dots, cut = rng.random(2) < 1 / 8
    return place_on_canvas(
        strokes, pen=pen, size=size, slant=slant, position=rng.random(2), beyond=CUT if cut else 0.0, dots=bool(dots)
    )


def place_on_canvas(
    strokes: Sequence[NDArray[np.float64]],
    *,
    pen: float = 20.0,
    size: float = 0.7,
    slant: float = 0.0,
    position: ArrayLike = (0.5, 0.5),
    beyond: float = 0.0,
    dots: bool = False,
) -> NDArray[np.uint8]:
    """Draw strokes with a given pen, size, slant and position, on a canvas of uint8, (280, 280), where 255 is ink.

    Parameters
    ----------
    strokes : sequence of array, each of shape (points, 2)
    pen : float
        The pen's diameter, in pixels.
    size : float
        The drawing's longer side, with its pen, as a share of the canvas.
    slant : float
        To the left, in radians.
    position : (float, float)
        From left, 0, to right, 1, and from top, 0, to bottom, 1.
    beyond : float
        Share of the drawing's width and height beyond the border at position 0 or 1.
    dots : bool
        Whether to draw only the points of the strokes.
    """
    shear = np.array([[1.0, np.tan(slant)], [0.0, 1.0]])
    slanted = [stroke @ shear.T for stroke in strokes]
    every = np.concatenate(slanted)
    low, span = every.min(axis=0), np.ptp(every, axis=0)
    scale = (size * CANVAS - pen) / max(float(span.max()), 1e-9)
    box = span * scale + pen
    corner = -beyond * box + np.asarray(position) * (CANVAS - box + 2 * beyond * box)
    placed = [(stroke - low) * scale + corner + pen / 2 for stroke in slanted]
    if dots:
        placed = [point[np.newaxis] for stroke in placed for point in stroke]
    return rasterize(placed, pen / 2)
