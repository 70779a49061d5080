"""Measure a model on the pen digits of the held-out writers, as JSON: drawn on the page, and sent as images.

Usage: python scripts/measure_pen_digits.py [MODEL]
"""

import json
import sys

import numpy as np
from numpy.typing import NDArray

from inknet import Recognizer
from inknet.digits import ink_strokes, load_pen_digits, split_by_writer
from inknet.digits.canvas import draw_on_canvas


def measure_pen_digits(recognizer: Recognizer) -> dict[str, float | int]:
    """Return the shares of drawings by writers never learnt from that are read right.

    ``pen_accuracy`` is of strokes inked as the page does; ``canvas_accuracy``, of images of 280×280 with other pens,
    sizes, slants and places (see `inknet.digits.canvas`); ``doubted`` are those of the first that it takes for no
    digits.
    """
    digits = split_by_writer(load_pen_digits())[1]
    labels = np.array([digit.label for digit in digits])
    rows = np.stack([ink_strokes(digit.strokes).ravel() for digit in digits]) / np.float32(255)
    rng = np.random.default_rng(0)
    canvases = np.array([recognizer.recognize(draw_on_canvas(digit.strokes, rng)).digit for digit in digits])
    return {
        "pen_count": len(digits),
        "pen_accuracy": _share(recognizer.recognize_many(rows).argmax(axis=1) == labels),
        "canvas_accuracy": _share(canvases == labels),
        "doubted": _share(~recognizer.judge_many(rows)),
    }


def _share(holds: NDArray[np.bool_]) -> float:
    return float(holds.mean())


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit("usage: python scripts/measure_pen_digits.py [MODEL]")
    print(json.dumps(measure_pen_digits(Recognizer.load(*sys.argv[1:]))))
