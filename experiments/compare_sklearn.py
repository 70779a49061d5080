"""Compare `inknet.sklearn.NetworkClassifier` with scikit-learn's `MLPClassifier` on scikit-learn's 1,797 digits.

Usage: python -m experiments.compare_sklearn

Mean over five random halves for training and testing; the recipe was chosen by cross-validation on training halves.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from inknet.sklearn import NetworkClassifier

RECIPE: dict[str, Any] = {
    "standardize": False,  # pixels have one scale already
    "learning_rate": 0.01,
    "batch_size": 32,
    "label_smoothing": 0.1,
}

MODELS: dict[str, Callable[[int], Any]] = {
    "NetworkClassifier()": lambda seed: NetworkClassifier(random_state=seed),
    "NetworkClassifier, recipe": lambda seed: NetworkClassifier(random_state=seed, **RECIPE),
    "MLPClassifier()": lambda seed: MLPClassifier(random_state=seed),
    "StandardScaler, MLPClassifier()": lambda seed: make_pipeline(StandardScaler(), MLPClassifier(random_state=seed)),
}


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    pixels, digits = load_digits(return_X_y=True)
    pixels = pixels / 16
    for name, make in MODELS.items():
        scores, started = [], time.perf_counter()
        for seed in range(5):
            learned, held_out, labels, truth = train_test_split(
                pixels, digits, test_size=0.5, stratify=digits, random_state=seed
            )
            scores.append(make(seed).fit(learned, labels).score(held_out, truth))
        seconds = (time.perf_counter() - started) / len(scores)
        print(f"{name:32} {np.mean(scores):.2%} ± {np.std(scores, ddof=1):.2%}  {seconds:.2f} s")


if __name__ == "__main__":
    main()
