"""Robustness: accuracy by pen, size, slant and position of the same drawings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.digits import ImageError, PenDigit, Recognizer
from inknet.digits.drawing.canvas import place_on_canvas

__all__ = ["Robustness", "measure_robustness"]

PENS = (4, 8, 14, 20, 26, 32, 40)
SIZES = (0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)
SLANTS = (-30, -20, -10, 0, 10, 20, 30)
PLACES = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Robustness:
    """Accuracies on the same drawings, each rendered on a canvas of 280×280 pixels.

    Attributes
    ----------
    count : int
        Number of drawings behind each accuracy.
    pens, sizes, slants : dict of float to float
        By the pen's diameter in pixels, the drawing's longer side as a share of the canvas, and its slant to the right
        in degrees.
    places : array, shape (3, 3)
        By position on the canvas, from top left to bottom right.
    """

    count: int
    pens: dict[float, float]
    sizes: dict[float, float]
    slants: dict[float, float]
    places: NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """Return the accuracies as plain values."""
        return {**vars(self), "places": self.places.tolist()}


def measure_robustness(
    recognizer: Recognizer, digits: Sequence[PenDigit], on_step: Callable[[int, int], None] | None = None
) -> Robustness:
    """Draw digits with one property changed at a time, and recognize them.

    The digits are by writers that it was not trained on. ``on_step(done, steps)`` is called after each accuracy.
    """
    drawings: list[dict[str, Any]] = [
        *({"pen": pen} for pen in PENS),
        # A pen of 20 pixels would blot small drawings.
        *({"size": size, "pen": min(20, size * 280 / 6)} for size in SIZES),
        *({"slant": -np.radians(slant)} for slant in SLANTS),
        *({"size": 0.4, "position": (x, y)} for y in PLACES for x in PLACES),
    ]
    accuracies = []
    for done, drawing in enumerate(drawings, start=1):
        right = sum(_read(recognizer, digit, drawing) == digit.label for digit in digits)
        accuracies.append(right / len(digits))
        if on_step is not None:
            on_step(done, len(drawings))
    rest = iter(accuracies)
    return Robustness(
        count=len(digits),
        pens=dict(zip(PENS, rest, strict=False)),
        sizes=dict(zip(SIZES, rest, strict=False)),
        slants=dict(zip(SLANTS, rest, strict=False)),
        places=np.reshape(list(rest), (len(PLACES), len(PLACES))),
    )


def _read(recognizer: Recognizer, digit: PenDigit, drawing: dict[str, Any]) -> int | None:
    """Return the digit that a drawing is recognized as, if it is."""
    try:
        return recognizer.recognize(place_on_canvas(digit.strokes, **drawing)).digit
    except ImageError:
        return None
