"""Accuracy of the recipe "drawings", trained on few drawings of five digits by one writer.

Usage: python -m experiments.few_drawings

For six of the training writers: twenty drawings of each of five digits, evaluated on the writer's other drawings and on
a quarter of those by twelve other training writers. The held-out writers are not used.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from inknet.digits import PenDigit, Recognizer, load_pen_digits, normalize, split_by_writer
from inknet.digits.classes import DIGITS
from inknet.digits.datasets.dataset import Dataset
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.evaluation import evaluate_normalized
from inknet.digits.training.recipes import RECIPES, fit_recipe
from inknet.digits.training.run import new_network
from inknet.digits.training.training_set import make_training_set

EACH = 20

Labelled = tuple[NDArray[np.float32], NDArray[np.int64]]


def draw(digits: list[PenDigit], classes: list[int], seed: int) -> Labelled:
    """Draw digits on a canvas as other pages might, normalize them, and return the rows and their classes."""
    rng = np.random.default_rng(seed)
    planes = [draw_on_canvas(list(digit.strokes), rng).astype(np.float32) / np.float32(255) for digit in digits]
    rows = np.array([normalize(plane).ravel() for plane in planes])
    return rows, np.array([classes.index(digit.label) for digit in digits])


def measure(digits: list[PenDigit], number: int) -> tuple[float, float]:
    """Train on one writer; return the accuracies on the same writer's other drawings and on other writers."""
    writers = sorted({digit.writer for digit in digits})
    classes = np.random.default_rng(number).permutation(10)[:5].tolist()
    own = [[one for one in digits if one.writer == writers[number] and one.label == label] for label in classes]
    learned = draw([one for some in own for one in some[:EACH]], classes, number)
    rest = draw([one for some in own for one in some[EACH:]], classes, 200 + number)
    others = [one for one in digits if one.writer in writers[12:] and one.label in classes][::4]
    data = Dataset(*learned, (28, 28), tuple(DIGITS[label] for label in classes))
    recipe = replace(fit_recipe(RECIPES["drawings"], data), held_out=0)
    made = make_training_set(recipe, *learned)
    network = new_network(recipe, number)
    made.train(network, recipe, seed=number)
    recognizer = Recognizer(network)
    return (
        evaluate_normalized(recognizer, *rest).accuracy,
        evaluate_normalized(recognizer, *draw(others, classes, 100 + number)).accuracy,
    )


def main() -> None:
    """Print the mean over six writers."""
    digits = split_by_writer(load_pen_digits())[0]
    with threadpool_limits(1):
        same, others = np.mean([measure(digits, number) for number in range(6)], axis=0)
    print(f"accuracy: {100 * same:.1f} % for the same writer, {100 * others:.1f} % for others")


if __name__ == "__main__":
    main()
