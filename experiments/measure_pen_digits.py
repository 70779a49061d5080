"""Evaluate a model on the pen digits of the held-out writers, rendered as on the page and as images; prints JSON.

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

#: A seed that no training uses for its non-digits.
NON_DIGITS_SEED = 987_654_321


@dataclass(frozen=True)
class Drawings:
    """Normalized drawings by held-out writers, (n, 784), and their labels."""

    #: Rendered as on the page.
    pens: NDArray[np.float32]
    #: Drawn on a 280×280 canvas with other pens, sizes, slants and positions, and sent as images.
    canvases: NDArray[np.float32]
    labels: NDArray[np.int64]


@cache
def held_out_drawings() -> Drawings:
    """Return the held-out writers' digits, always rendered alike."""
    digits = split_by_writer(load_pen_digits())[1]
    rng = np.random.default_rng(0)
    return Drawings(
        np.stack([ink_strokes(digit.strokes).ravel() for digit in digits]).astype(np.float32) / np.float32(255),
        np.stack([normalize(read_ink(draw_on_canvas(digit.strokes, rng))).ravel() for digit in digits]),
        np.array([digit.label for digit in digits]),
    )


def measure_pen_digits(recognizer: Recognizer) -> dict[str, float | int]:
    """Return accuracies and calibration errors on drawings by held-out writers.

    ``pen_…`` is for strokes rendered as on the page, ``canvas_…`` for 280×280 images with other pens, sizes, slants and
    positions (see `inknet.digits.drawing.canvas`). ``…_doubted`` is the share reported as uncertain; for ``non_digits``
    that should be high.
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
