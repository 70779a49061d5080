"""Fine-tune models on 100 drawings in handwriting that they read badly, and evaluate them before and after.

Usage: python -m experiments.fine_tune_writer MODEL [HAND …]

HAND is a held-out writer, such as w28, or one with the sheet rotated, such as w28@30 by 30 degrees. The default is the
writer with most errors and the two worst rotated ones, and then the same writer with a model trained on MNIST alone.
Each is repeated with three choices of 100 drawings; errors are counted on the writer's other drawings.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from experiments.measure_pen_digits import NON_DIGITS_SEED

from inknet import Network, Recognizer
from inknet.digits import PenDigit, load_mnist, load_pen_digits, split_by_writer
from inknet.digits.datasets.drawings import ink_drawings
from inknet.digits.evaluation import Evaluation, evaluate, evaluate_normalized
from inknet.digits.training.training_set import render_non_digits

SEEDS, DRAWINGS, TURN = 3, 100, 30


@dataclass(frozen=True)
class Figures:
    """Evaluations of a model on a hand, on MNIST's test set, and on drawings that are not digits."""

    hand: Evaluation
    mnist: Evaluation
    non_digits_doubted: float


def main(path: Path, hands: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = hands or choose_hands(Recognizer.load(path))
        fine_tune_all(path, chosen, folder)
        if not hands:
            mnist_only = train_on_mnist(folder / "mnist-only.pkl")
            fine_tune_all(mnist_only, chosen[:1], folder)


def choose_hands(recognizer: Recognizer) -> list[str]:
    """Return the writer with most errors, and the two with most when rotated."""

    def errors(hand: str) -> int:
        return evaluate_normalized(recognizer, *ink_drawings(drawings_of(hand))).errors

    writers = sorted({digit.writer for digit in split_by_writer(load_pen_digits())[1]})
    turned = sorted((f"{writer}@{TURN}" for writer in writers), key=errors, reverse=True)
    return [max(writers, key=errors), *turned[:2]]


def drawings_of(hand: str) -> list[PenDigit]:
    """Return all drawings of a hand, rotated if it says so."""
    writer, _, degrees = hand.partition("@")
    angle = np.radians(float(degrees or 0))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    digits = [digit for digit in split_by_writer(load_pen_digits())[1] if digit.writer == writer]
    return [replace(digit, strokes=tuple(stroke @ turn for stroke in digit.strokes)) for digit in digits]


def fine_tune_all(model: Path, hands: Sequence[str], folder: Path) -> None:
    """Fine-tune a model on each hand with each seed, and print the results."""
    for hand in hands:
        digits = drawings_of(hand)
        fallen = []
        for seed in range(SEEDS):
            order = np.random.default_rng(seed).permutation(len(digits)).tolist()
            others = [digits[index] for index in order[DRAWINGS:]]
            tuned = fine_tune(model, [digits[index] for index in order[:DRAWINGS]], seed, folder)
            before, after = measure(model, others), measure(tuned, others)
            fallen.append((before.hand.errors, after.hand.errors, after.mnist.errors - before.mnist.errors))
            print(f"{model.stem}, {hand}, seed {seed}: {describe(before)} → {describe(after)}", flush=True)
        hand_before, hand_after, mnist = np.sum(fallen, axis=0).tolist()
        print(
            f"{model.stem}, {hand}: the hand's errors {hand_before} → {hand_after},"
            f" {100 * (1 - hand_after / max(1, hand_before)):.0f} % fewer;"
            f" MNIST {-mnist / SEEDS / 100:+.2f} points on average",
            flush=True,
        )


def fine_tune(model: Path, drawings: Sequence[PenDigit], seed: int, folder: Path) -> Path:
    """Write drawings as the page exports them, fine-tune from the command line, and return the new model."""
    file, run = folder / "drawings.jsonl", Path(tempfile.mkdtemp(dir=folder))
    lines = [{"strokes": [stroke.tolist() for stroke in one.strokes], "label": one.label} for one in drawings]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    options = ["--from", str(model), "--drawings", str(file), "--run", str(run), "--seed", str(seed), "--json"]
    command = [sys.executable, "-m", "inknet", "train", *options]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return Path(json.loads(result.stdout)["model"])


def measure(model: Path, drawings: Sequence[PenDigit]) -> Figures:
    recognizer = Recognizer.load(model)
    certain = recognizer.is_certain(render_non_digits(1000, NON_DIGITS_SEED))
    return Figures(
        evaluate_normalized(recognizer, *ink_drawings(drawings)),
        evaluate(recognizer, *load_mnist("test")),
        float((~certain).mean()),
    )


def describe(figures: Figures) -> str:
    hand, mnist = figures.hand, figures.mnist
    return (
        f"{hand.errors} of {len(hand.labels)} wrong, MNIST {100 * mnist.accuracy:.2f} %, uncertain"
        f" {100 * hand.doubted:.1f} %, {100 * mnist.doubted:.1f} %, scribbles {100 * figures.non_digits_doubted:.1f} %"
    )


def train_on_mnist(path: Path) -> Path:
    """Train a network on MNIST alone and save it."""
    network = Network([784, 200, 10], init="he", seed=0)
    network.train(
        *load_mnist("train"), epochs=10, learning_rate=0.001, batch_size=64, optimizer="adam", schedule="cosine"
    )
    network.save(path)
    return path


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m experiments.fine_tune_writer MODEL [HAND …]")
    main(Path(sys.argv[1]), sys.argv[2:])
