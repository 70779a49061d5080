"""Make web/page/handwriting.json: the pen strokes that the page's digit buttons replay.

Twelve samples per digit, each by another writer of the training set; the held-out writers stay unseen. A tablet samples
its pen at a fixed rate, so keeping every n-th point preserves the writer's rhythm. Samples that the shipped model
misreads are skipped (a 1 by w19, and a 9): few people would read them either, and a button must draw what it says.

Run it as ``python -m docs.tools.make_handwriting``; equal data and an equal model give an equal file.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from inknet.digits import PenDigit, Recognizer, load_pen_digits, split_by_writer
from inknet.digits.drawing.rasterize import ink_strokes

HANDWRITING = Path(__file__).resolve().parents[2] / "web" / "page" / "handwriting.json"
SOURCE = (
    "E. Alpaydin, F. Alimoglu, Pen-Based Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository, doi:10.24432/C5MG6K, CC BY 4.0; thinned and scaled"
)
SEED = "inknet"
SAMPLES_PER_DIGIT = 12
BOX = 1000
MAX_POINTS = 40


def shuffled(digits: list[PenDigit]) -> list[PenDigit]:
    """Order the digits by a hash, which every version of Python computes alike; its random numbers may change."""
    keys = [hashlib.sha256(f"{SEED} {index}".encode()).digest() for index in range(len(digits))]
    return [digits[index] for index in sorted(range(len(digits)), key=lambda index: keys[index])]


def choose(digits: list[PenDigit], label: int) -> list[PenDigit]:
    """Return the first legible digit of this label by each writer, up to SAMPLES_PER_DIGIT."""
    recognizer = Recognizer.load()
    by_writer: dict[str, PenDigit] = {}
    for digit in digits:
        if digit.label == label and digit.writer not in by_writer and len(by_writer) < SAMPLES_PER_DIGIT:
            image = ink_strokes([np.array(stroke, float) for stroke in thinned(digit)]).reshape(1, -1)
            if recognizer.predict(image / np.float32(255)).argmax() == label:
                by_writer[digit.writer] = digit
    return list(by_writer.values())


def thinned(digit: PenDigit) -> list[list[list[int]]]:
    """Return a digit's strokes with about MAX_POINTS points in all, the longer side scaled to BOX."""
    points = np.concatenate(digit.strokes)
    low = points.min(axis=0)
    scale = BOX / (points.max(axis=0) - low).max()
    step = max(1, round(len(points) / MAX_POINTS))
    fitted = [np.rint((stroke - low) * scale).astype(int).tolist() for stroke in digit.strokes]
    # Every n-th point of each stroke, and its last.
    return [stroke[:-1:step] + stroke[-1:] for stroke in fitted]


def as_line(digit: PenDigit) -> str:
    """Return one sample as a line of JSON."""
    return json.dumps({"writer": digit.writer, "strokes": thinned(digit)}, separators=(",", ":"))


def main() -> None:
    training, _ = split_by_writer(load_pen_digits())
    digits = shuffled(training)
    classes = ",\n".join("[\n" + ",\n".join(map(as_line, choose(digits, label))) + "\n]" for label in range(10))
    HANDWRITING.write_text(f'{{"source": {json.dumps(SOURCE)},\n"digits": [\n{classes}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
