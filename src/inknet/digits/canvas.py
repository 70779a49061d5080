"""Drawings as other pages would send them: any pen, anywhere on a canvas of 280×280, and not always whole."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inknet.digits.ink import PLANE, ink_plane

__all__ = ["draw_on_canvas"]

#: Diameters of pens, in pixels, and the longer side of a drawing as a share of the canvas.
PENS, SIZES = (8, 32), (0.25, 0.95)
#: The steepest slant, and the longest piece that may lie beyond the border as a share of the drawing.
SLANT, CUT = np.radians(15), 0.06


def draw_on_canvas(strokes: Sequence[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw strokes with a random pen, at a random size, slant and place.

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
    slant = np.array([[1.0, np.tan(rng.uniform(-SLANT, SLANT))], [0.0, 1.0]])
    slanted = [stroke @ slant.T for stroke in strokes]
    every = np.concatenate(slanted)
    low, span = every.min(axis=0), np.ptp(every, axis=0)
    size = rng.uniform(*SIZES) * PLANE
    # A pen as wide as a third of the drawing leaves a blot that nobody can read.
    pen = min(rng.uniform(*PENS), size / 3)
    scale = (size - pen) / max(float(span.max()), 1e-9)
    box = span * scale + pen
    dots, cut = rng.random(2) < 1 / 8
    beyond = CUT * box if cut else 0.0
    corner = rng.uniform(-beyond, PLANE - box + beyond)
    placed = [(stroke - low) * scale + corner + pen / 2 for stroke in slanted]
    if dots:
        placed = [point[np.newaxis] for stroke in placed for point in stroke]
    return ink_plane(placed, pen / 2)
