"""Calibration: whether predictions with 90 % confidence are correct nine times in ten."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError
from inknet.mlp.scalars import positive_integer

__all__ = ["ReliabilityBin", "expected_calibration_error", "reliability"]


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions of similar confidence.

    Attributes
    ----------
    low, high : float
        Confidences in this bin are above `low`, up to `high`.
    count : int
        Number of predictions.
    confidence, accuracy : float
        Mean confidence, and the share that is correct; NaN in an empty bin.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(confidences: ArrayLike, correct: ArrayLike, bins: int = 15) -> list[ReliabilityBin]:
    """Group predictions by confidence into bins of equal width: the data of a reliability diagram [1]_.

    Parameters
    ----------
    confidences : array, shape (n,)
        Probability of each prediction.
    correct : array of bool, shape (n,)
        Whether each prediction is correct.
    bins : int
        Number of bins from 0 to 1.

    Raises
    ------
    InputError
        If there are no predictions, the lengths differ, or a confidence is not a probability.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", 2017, section 2.
    """
    confidence, is_correct = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.bool_)
    if confidence.ndim != 1 or confidence.shape != is_correct.shape or len(confidence) == 0:
        raise InputError(
            "confidences and correct must have the same length, at least 1,"
            f" got {confidence.shape} and {is_correct.shape}"
        )
    # A sum of float32 probabilities may slightly exceed 1.
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise InputError("confidences must be from 0 to 1")
    bins = positive_integer("bins", bins)
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    return [
        ReliabilityBin(
            low=number / bins,
            high=(number + 1) / bins,
            count=int(inside.sum()),
            confidence=float(confidence[inside].mean()) if inside.any() else float("nan"),
            accuracy=float(is_correct[inside].mean()) if inside.any() else float("nan"),
        )
        for number in range(bins)
        for inside in [index == number]
    ]


def expected_calibration_error(confidences: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """Return the mean gap between confidence and accuracy over the bins of `reliability`, weighted by count.

    See `reliability` for the parameters, the errors and the source.

    Examples
    --------
    Two predictions of 95 % and two of 65 %; three of the four are correct:

    >>> round(expected_calibration_error([0.95, 0.95, 0.65, 0.65], [True, True, True, False]), 3)
    0.1
    """
    filled = [part for part in reliability(confidences, correct, bins) if part.count]
    total = sum(part.count for part in filled)
    return sum(part.count * abs(part.confidence - part.accuracy) for part in filled) / total
