"""Calibration: whether answers that are said to be 90 % sure are right nine times in ten."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError

__all__ = ["ReliabilityBin", "expected_calibration_error", "reliability"]


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of about the same confidence.

    Attributes
    ----------
    low, high : float
        The confidences that fall into this bin: above the lower, up to the upper.
    count : int
        How many answers that are.
    confidence, accuracy : float
        Their mean confidence, and the share that is right. NaN in an empty bin.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(confidences: ArrayLike, right: ArrayLike, bins: int = 15) -> list[ReliabilityBin]:
    """Sort answers by their confidence into bins of equal width: the figures of a reliability diagram [1]_.

    Parameters
    ----------
    confidences : array, shape (n,)
        Probabilities of the answers.
    right : array of bool, shape (n,)
        Whether they were right.
    bins : int
        Of equal width, from 0 to 1.

    Raises
    ------
    InputError
        If there are no answers, the two differ in length, or a confidence is no probability.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", 2017, section 2.
    """
    sure, correct = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.bool_)
    if sure.ndim != 1 or sure.shape != correct.shape or len(sure) == 0:
        raise InputError(
            f"there must be as many confidences as answers, and at least one; got {sure.shape} and {correct.shape}"
        )
    # A sum of float32 probabilities may end up a hair above 1.
    if not ((sure >= 0) & (sure <= 1 + 1e-6)).all():
        raise InputError("confidences are probabilities, from 0 to 1")
    if bins < 1:
        raise InputError(f"bins is a whole number from 1; got {bins}")
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    return [
        ReliabilityBin(
            low=number / bins,
            high=(number + 1) / bins,
            count=int(inside.sum()),
            confidence=float(sure[inside].mean()) if inside.any() else float("nan"),
            accuracy=float(correct[inside].mean()) if inside.any() else float("nan"),
        )
        for number in range(bins)
        for inside in [place == number]
    ]


def expected_calibration_error(confidences: ArrayLike, right: ArrayLike, bins: int = 15) -> float:
    """Return how far confidence and accuracy lie apart, as a mean over the bins of `reliability`, weighted by count.

    See `reliability` for the parameters, the errors and the source.

    Examples
    --------
    Two answers of 95 % and two of 65 %, three of the four right:

    >>> round(expected_calibration_error([0.95, 0.95, 0.65, 0.65], [True, True, True, False]), 3)
    0.1
    """
    filled = [part for part in reliability(confidences, right, bins) if part.count]
    total = sum(part.count for part in filled)
    return sum(part.count * abs(part.confidence - part.accuracy) for part in filled) / total
