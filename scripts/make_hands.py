"""Make web/hands.json: the real pen strokes that the page's ten digit buttons draw.

Twelve digits a class, each by another writer, from the writers w01 to w24 of the pen digits; w25 to w30 stay unseen.
A tablet samples its pen at a fixed rate, so the points are thinned evenly: the page replays them at the writer's own
rhythm. Run it as ``python scripts/make_hands.py``; the same data always give the same file.
"""

import gzip
import hashlib
import json
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
PEN_DIGITS = ROOT / "data" / "pen-digits" / "pendigits-orig-train.jsonl.gz"
HANDS = ROOT / "web" / "hands.json"
SOURCE = (
    "E. Alpaydin, F. Alimoglu, Pen-Based Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository, doi:10.24432/C5MG6K, CC BY 4.0; thinned and scaled"
)
SEED = "inknet"
LAST_WRITER = "w24"
HANDS_PER_DIGIT = 12
BOX = 1000
MOST_POINTS = 40

Stroke = list[list[int]]


class Digit(TypedDict):
    """One line of the data set."""

    writer: str
    label: int
    strokes: list[Stroke]


def shuffled(lines: list[str]) -> list[str]:
    """Order the lines by a hash, which every version of Python does alike; its random numbers may change."""
    return sorted(lines, key=lambda line: hashlib.sha256((SEED + line).encode()).digest())


def choose(digits: list[Digit], label: int) -> list[Digit]:
    """Take the first digit of this label by each writer, until there are enough."""
    by_writer: dict[str, Digit] = {}
    for digit in digits:
        if digit["label"] == label and digit["writer"] <= LAST_WRITER:
            by_writer.setdefault(digit["writer"], digit)
    return list(by_writer.values())[:HANDS_PER_DIGIT]


def thin(strokes: list[Stroke]) -> list[Stroke]:
    """Keep every n-th point of each stroke, and its last, so that about MOST_POINTS remain in all."""
    step = max(1, round(sum(map(len, strokes)) / MOST_POINTS))
    return [stroke[:-1:step] + stroke[-1:] for stroke in strokes]


def fit(strokes: list[Stroke]) -> list[Stroke]:
    """Move the digit to the origin and scale its longer side to BOX."""
    xs = [x for stroke in strokes for x, _ in stroke]
    ys = [y for stroke in strokes for _, y in stroke]
    scale = BOX / max(max(xs) - min(xs), max(ys) - min(ys))
    return [[[round((x - min(xs)) * scale), round((y - min(ys)) * scale)] for x, y in stroke] for stroke in strokes]


def as_line(digit: Digit) -> str:
    """Write one hand as one line of JSON."""
    return json.dumps({"writer": digit["writer"], "strokes": thin(fit(digit["strokes"]))}, separators=(",", ":"))


def main() -> None:
    with gzip.open(PEN_DIGITS, "rt", encoding="utf-8") as file:
        digits: list[Digit] = [json.loads(line) for line in shuffled(file.readlines())]
    classes = ",\n".join("[\n" + ",\n".join(map(as_line, choose(digits, label))) + "\n]" for label in range(10))
    HANDS.write_text(f'{{"source": {json.dumps(SOURCE)},\n"digits": [\n{classes}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
