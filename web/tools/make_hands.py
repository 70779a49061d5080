"""Make web/hands.json: the real pen strokes that the page's ten digit buttons draw.

Twelve digits a class, each by another of the writers to learn from; the writers held out stay unseen. A tablet samples
its pen at a fixed rate, so the points are thinned evenly: the page replays them at the writer's own rhythm. What the
shipped model misreads, thinned, is left out, as few people would read it either (a 1 of w19's, and a 9): a button that
says what it draws is to be believed. What the model cannot read is in its report.

Run it as ``python -m web.tools.make_hands``; the same data and model always give the same file.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from inknet.digits import PenDigit, Recognizer, load_pen_digits, split_by_writer
from inknet.digits.drawing.rasterize import ink_strokes

HANDS = Path(__file__).resolve().parent.parent / "hands.json"
SOURCE = (
    "E. Alpaydin, F. Alimoglu, Pen-Based Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository, doi:10.24432/C5MG6K, CC BY 4.0; thinned and scaled"
)
SEED = "inknet"
HANDS_PER_DIGIT = 12
BOX = 1000
MOST_POINTS = 40


def shuffled(digits: list[PenDigit]) -> list[PenDigit]:
    """Order the digits by a hash, which every version of Python does alike; its random numbers may change."""
    keys = [hashlib.sha256(f"{SEED} {place}".encode()).digest() for place in range(len(digits))]
    return [digits[place] for place in sorted(range(len(digits)), key=lambda place: keys[place])]


def choose(digits: list[PenDigit], label: int) -> list[PenDigit]:
    """Take the first legible digit of this label by each writer, until there are enough."""
    recognizer = Recognizer.load()
    by_writer: dict[str, PenDigit] = {}
    for digit in digits:
        if digit.label == label and digit.writer not in by_writer and len(by_writer) < HANDS_PER_DIGIT:
            image = ink_strokes([np.array(stroke, float) for stroke in thinned(digit)]).reshape(1, -1)
            if recognizer.predict(image / np.float32(255)).argmax() == label:
                by_writer[digit.writer] = digit
    return list(by_writer.values())


def thinned(digit: PenDigit) -> list[list[list[int]]]:
    """Return a digit's strokes: the longer side scaled to BOX, and about MOST_POINTS points in all."""
    every = np.concatenate(digit.strokes)
    low = every.min(axis=0)
    scale = BOX / (every.max(axis=0) - low).max()
    step = max(1, round(len(every) / MOST_POINTS))
    fitted = [np.rint((stroke - low) * scale).astype(int).tolist() for stroke in digit.strokes]
    # Every n-th point of each stroke, and its last.
    return [stroke[:-1:step] + stroke[-1:] for stroke in fitted]


def as_line(digit: PenDigit) -> str:
    """Write one hand as a line of JSON."""
    return json.dumps({"writer": digit.writer, "strokes": thinned(digit)}, separators=(",", ":"))


def main() -> None:
    learned, _ = split_by_writer(load_pen_digits())
    digits = shuffled(learned)
    classes = ",\n".join("[\n" + ",\n".join(map(as_line, choose(digits, label))) + "\n]" for label in range(10))
    HANDS.write_text(f'{{"source": {json.dumps(SOURCE)},\n"digits": [\n{classes}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
