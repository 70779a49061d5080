"""Evaluation: how good a classifier is, on images that it has not learned from."""

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
    """What a classifier made of labeled images.

    Attributes
    ----------
    labels : array of int, shape (n,)
        What they are.
    probabilities : array, shape (n, classes)
        What it said.
    certain : array of bool, shape (n,)
        Whether it took them for one of its classes at all.
    classes : tuple of str
        The name of each label.
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
        """Whether each answer is right, (n,)."""
        return np.equal(self.answers, self.labels)

    @property
    def errors(self) -> int:
        """How many answers are wrong."""
        return int((~self.right).sum())

    @property
    def accuracy(self) -> float:
        """The share of answers that are right."""
        return (len(self.labels) - self.errors) / len(self.labels)

    @property
    def loss(self) -> float:
        """The mean cross-entropy, in nats."""
        surest = np.maximum(self.probabilities[np.arange(len(self.labels)), self.labels], np.finfo(np.float32).tiny)
        return float(-np.log(surest.astype(np.float64)).mean())

    @property
    def calibration_error(self) -> float:
        """How far confidence and accuracy lie apart; see `inknet.mlp.calibration`."""
        return expected_calibration_error(self.confidences, self.right)

    @property
    def doubted(self) -> float:
        """The share that it took for none of its classes."""
        return float((~self.certain).mean())

    @property
    def confusion(self) -> NDArray[np.int64]:
        """A row for each class, a column for what it was read as, (classes, classes)."""
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
    """Let a classifier read images, (n, pixels), in just the way that a recognizer reads an image that is sent to it.

    Raises
    ------
    NoInkError
        If it normalizes images, and there is nothing in one of them.
    """
    return evaluate_normalized(classifier, classifier.normalize_many(images), labels)


def evaluate_normalized(classifier: Classifier, rows: NDArray[np.floating], labels: NDArray[np.int64]) -> Evaluation:
    """Let a classifier read images, (n, pixels), that are normalized already, or never are."""
    return Evaluation(labels, classifier.predict(rows), classifier.is_certain(rows), classifier.classes)
