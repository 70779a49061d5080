"""Evaluation: how good a recogniser is, on images that it has not learnt from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.digits.errors import NoInkError
from inknet.digits.normalise import normalise
from inknet.digits.recognizer import Recognizer
from inknet.mlp.calibration import expected_calibration_error

__all__ = ["Evaluation", "evaluate", "evaluate_normalised", "normalise_many"]


@dataclass(frozen=True)
class Evaluation:
    """What a recogniser made of labelled images.

    Attributes
    ----------
    labels : array of int, shape (n,)
        What they are.
    probabilities : array, shape (n, 10)
        What it said.
    certain : array of bool, shape (n,)
        Whether it took them for digits at all.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.floating]
    certain: NDArray[np.bool_]

    @property
    def answers(self) -> NDArray[np.int64]:
        """The most probable digit of each image, (n,)."""
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
        """The share that it did not take for digits."""
        return float((~self.certain).mean())

    @property
    def confusion(self) -> NDArray[np.int64]:
        """A row for each digit, a column for what it was read as, (10, 10)."""
        counts = np.zeros((10, 10), dtype=np.int64)
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
            "confusion": self.confusion.tolist(),
        }


def evaluate(recognizer: Recognizer, images: NDArray[np.float32], labels: NDArray[np.int64]) -> Evaluation:
    """Let a recogniser read images, (n, 784), in just the way that it reads an image that is sent to it.

    Raises
    ------
    NoInkError
        If there is nothing in one of them.
    """
    return evaluate_normalised(recognizer, normalise_many(images), labels)


def evaluate_normalised(recognizer: Recognizer, rows: NDArray[np.floating], labels: NDArray[np.int64]) -> Evaluation:
    """Let a recogniser read images, (n, 784), that are normalised already."""
    return Evaluation(labels, recognizer.recognize_many(rows), recognizer.judge_many(rows))


def normalise_many(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalise each image, (n, 784).

    Raises
    ------
    NoInkError
        If there is nothing in one of them.
    """
    normalised = np.empty_like(images)
    for place, image in enumerate(images):
        try:
            normalised[place] = normalise(image.reshape(28, 28)).ravel()
        except NoInkError as error:
            raise NoInkError(f"image {place} of {len(images)}, counted from 0: {error}") from None
    return normalised
