"""Measure a model on the pen digits of the held-out writers, as JSON: drawn on the page, and sent as images.

Usage: python -m experiments.measure_pen_digits [MODEL]
"""

import json
import sys
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from inknet import Recognizer
from inknet.digits import ink_strokes, load_pen_digits, normalize, read_ink, split_by_writer
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.evaluation import evaluate_normalized
from inknet.digits.training.training_set import render_non_digits

#: No training draws its non-digits by this seed.
NON_DIGITS_SEED = 987_654_321


@dataclass(frozen=True)
class Drawings:
    """Drawings by writers never learned from, normalized, (n, 784), and what they are."""

    #: Inked as the page does.
    pens: NDArray[np.float32]
    #: Drawn on a canvas of 280×280 with other pens, sizes, slants and places, and sent as images.
    canvases: NDArray[np.float32]
    labels: NDArray[np.int64]


@cache
def held_out_drawings() -> Drawings:
    """Draw the held-out writers' digits; always the same."""
    digits = split_by_writer(load_pen_digits())[1]
    rng = np.random.default_rng(0)
    return Drawings(
        np.stack([ink_strokes(digit.strokes).ravel() for digit in digits]).astype(np.float32) / np.float32(255),
        np.stack([normalize(read_ink(draw_on_canvas(digit.strokes, rng))).ravel() for digit in digits]),
        np.array([digit.label for digit in digits]),
    )


def measure_pen_digits(recognizer: Recognizer) -> dict[str, float | int]:
    """Return the shares of drawings by writers never learned from that are read right.

    ``pen_accuracy`` is of strokes inked as the page does; ``canvas_accuracy``, of images of 280×280 with other pens,
    sizes, slants and places (see `inknet.digits.drawing.canvas`); the calibration errors are of both; ``doubted`` are
    those of the first that it takes for no digits.
    """
    drawings = held_out_drawings()
    pens = evaluate_normalized(recognizer, drawings.pens, drawings.labels)
    canvases = evaluate_normalized(recognizer, drawings.canvases, drawings.labels)
    non_digits = recognizer.is_certain(render_non_digits(2000, NON_DIGITS_SEED))
    return {
        "pen_count": len(drawings.labels),
        "pen_accuracy": pens.accuracy,
        "pen_calibration_error": pens.calibration_error,
        "canvas_accuracy": canvases.accuracy,
        "canvas_calibration_error": canvases.calibration_error,
        "pen_doubted": pens.doubted,
        "canvas_doubted": canvases.doubted,
        "non_digits_doubted": float((~non_digits).mean()),
    }


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit("usage: python -m experiments.measure_pen_digits [MODEL]")
    print(json.dumps(measure_pen_digits(Recognizer.load(*sys.argv[1:]))))
