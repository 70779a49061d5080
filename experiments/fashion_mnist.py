"""Accuracy of the recipe "images" on Fashion-MNIST's test set, with five seeds.

Usage: python -m experiments.fashion_mnist [FOLDER]

FOLDER has the four IDX files; by default those of the Debian package dataset-fashion-mnist.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from inknet.digits import load_idx_pair
from inknet.digits.classifier import Classifier
from inknet.digits.evaluation import evaluate
from inknet.digits.training.recipes import find_recipe
from inknet.digits.training.run import Run

FOLDER = Path("/usr/share/datasets/fashion-mnist")
SEEDS = 5


def measure(folder: Path, seed: int) -> tuple[float, float]:
    """Train with a seed; return the best epoch's accuracy on the held-out images and on the test set."""
    images, labels = (folder / f"train-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    with tempfile.TemporaryDirectory() as place:
        run = Run.start(Path(place) / "run", find_recipe("images"), seed=seed, images=images, labels=labels)
        best = run.train().best
        classifier = Classifier.load(Path(place) / "run" / "best.pkl")
    test = load_idx_pair(folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz")
    held_out = np.nan if best is None or best.validation_accuracy is None else best.validation_accuracy
    return held_out, evaluate(classifier, *test).accuracy


def main() -> None:
    """Print one line per seed, and the mean ± standard deviation."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    accuracies = []
    with threadpool_limits(1):
        for seed in range(SEEDS):
            held_out, accuracy = measure(folder, seed)
            print(f"seed {seed}: held out {100 * held_out:.2f} %, test set {100 * accuracy:.2f} %", flush=True)
            accuracies.append(100 * accuracy)
    print(f"test set: {np.mean(accuracies):.2f} % ± {np.std(accuracies, ddof=1):.2f}")


if __name__ == "__main__":
    main()
