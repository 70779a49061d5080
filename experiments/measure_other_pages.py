"""Measure a model on digits as other people's pages and devices would send them, as a Markdown table.

Each condition of `experiments.other_pages` renders one digit of a held-out writer, or one of MNIST's first training
images, which the network has seen, but not in this form. All conditions and runs use the same digits.

Usage: python -m experiments.measure_other_pages [--count 300] [--only WORD] [--seed 0] [--model MODEL]
"""

import argparse
from collections.abc import Iterable

import numpy as np
from experiments.other_pages import MNIST_CONDITIONS, STROKE_CONDITIONS, STYLES, Sent

from inknet import Recognizer
from inknet.digits import ImageError, load_mnist, load_pen_digits, split_by_writer
from inknet.digits.drawing.non_digits import trace
from inknet.digits.drawing.stroke_variation import vary_strokes


def measure(recognizer: Recognizer, sent: Iterable[tuple[Sent, int]]) -> tuple[float, float, float]:
    """Return the shares that are read right, that are taken for digits, and that are taken for the wrong digits."""
    answers = []
    for image, label in sent:
        try:
            prediction = recognizer.recognize(image)
            is_right = prediction.digit == label
            answers.append((is_right, prediction.certain, prediction.certain and not is_right))
        except ImageError:
            answers.append((False, False, False))
    right, certain, misled = np.mean(answers, axis=0).tolist()
    return right, certain, misled


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a model on what other pages and devices would send.")
    parser.add_argument("--count", type=int, default=300, help="drawings of each condition (300)")
    parser.add_argument("--only", default="", help="conditions whose name has this in it")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other digits and conditions (0)")
    parser.add_argument("--model", help="a model file (the shipped one)")
    options = parser.parse_args()
    recognizer = Recognizer.load(options.model)
    held_out = split_by_writer(load_pen_digits())[1]
    chosen = [held_out[i] for i in np.random.default_rng(options.seed).permutation(len(held_out))[: options.count]]
    images, labels = load_mnist("train")
    pictures = np.rint(images[: options.count] * 255).astype(np.uint8).reshape(-1, 28, 28)
    print("| condition | read right | certain | certain but wrong |\n|---|---|---|---|")

    def row(name: str, sent: Iterable[tuple[Sent, int]]) -> None:
        if options.only in name:
            right, certain, misled = measure(recognizer, sent)
            print(f"| {name} | {right:.1%} | {certain:.1%} | {misled:.1%} |", flush=True)

    for name, send in STROKE_CONDITIONS.items():
        rng = np.random.default_rng(options.seed + 1)
        row(name, ((send(digit.strokes, rng), digit.label) for digit in chosen))
    for name, (label, text) in STYLES.items():
        rng = np.random.default_rng(options.seed + 1)
        strokes = [trace(stroke) for stroke in text.split("|")]
        row(name, ((STROKE_CONDITIONS["black on white"](vary_strokes(strokes, rng), rng), label) for _ in chosen))
    for name, picture in MNIST_CONDITIONS.items():
        rng = np.random.default_rng(options.seed + 1)
        row(name, ((picture(rows, rng), int(number)) for rows, number in zip(pictures, labels, strict=False)))


if __name__ == "__main__":
    main()
