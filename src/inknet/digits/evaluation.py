"""Evaluation of a classifier on labeled images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.digits.classes import DIGITS
from inknet.digits.classifier import Classifier
from inknet.mlp.calibration import expected_calibration_error

__all__ = ["Evaluation", "evaluate", "evaluate_normalized"]


@dataclass(frozen=True)
class Evaluation:
    """The answers of a classifier for labeled images, and figures about them.

    Labels, (n,), probabilities, (n, classes), and whether it takes each image for one of its classes at all, (n,).
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.floating]
    certain: NDArray[np.bool_]
    classes: tuple[str, ...] = DIGITS

    @property
    def answers(self) -> NDArray[np.int64]:
        """The most probable class of each image, (n,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidences(self) -> NDArray[np.floating]:
        """The probability of each answer, (n,)."""
        return self.probabilities.max(axis=1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each answer is correct, (n,)."""
        return np.equal(self.answers, self.labels)

    @property
    def errors(self) -> int:
        """The number of wrong answers."""
        return int((~self.right).sum())

    @property
    def accuracy(self) -> float:
        """The share of correct answers."""
        return (len(self.labels) - self.errors) / len(self.labels)

    @property
    def loss(self) -> float:
        """The mean cross-entropy, in nats."""
        likelihood = np.maximum(self.probabilities[np.arange(len(self.labels)), self.labels], np.finfo(np.float32).tiny)
        return float(-np.log(likelihood.astype(np.float64)).mean())

    @property
    def calibration_error(self) -> float:
        """The expected difference of confidence and accuracy; see `inknet.mlp.calibration`."""
        return expected_calibration_error(self.confidences, self.right)

    @property
    def doubted(self) -> float:
        """The share of images that the classifier takes for none of its classes."""
        return float((~self.certain).mean())

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Counts by true class (row) and answer (column), (classes, classes)."""
        counts = np.zeros((len(self.classes), len(self.classes)), dtype=np.int64)
        np.add.at(counts, (self.labels, self.answers), 1)
        return counts

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return {
            "accuracy": self.accuracy,
            "loss": self.loss,
            "count": len(self.labels),
            "errors": self.errors,
            "calibration_error": self.calibration_error,
            "doubted": self.doubted,
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
        }


def evaluate(classifier: Classifier, images: NDArray[np.float32], labels: NDArray[np.int64]) -> Evaluation:
    """Evaluate a classifier on images, (n, pixels), normalized as a recognizer would; NoInkError if one is blank."""
    return evaluate_normalized(classifier, classifier.normalize_many(images), labels)


def evaluate_normalized(classifier: Classifier, rows: NDArray[np.floating], labels: NDArray[np.int64]) -> Evaluation:
    """Evaluate a classifier on images, (n, pixels), that are normalized already, or need not be."""
    return Evaluation(labels, classifier.predict(rows), classifier.is_certain(rows), classifier.classes)
