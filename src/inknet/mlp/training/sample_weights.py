"""Row weights: how much each row counts in the loss, by itself and by its class."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError
from inknet.mlp.checks import as_numbers
from inknet.mlp.parameters import FloatArray

__all__ = ["ClassWeight", "as_weights", "class_row_weights", "row_weights"]

#: The weight of each class by its number, or "balanced": all classes count alike, however few rows one has.
ClassWeight = Mapping[int, float] | Literal["balanced"]


def row_weights(
    sample_weight: ArrayLike | None,
    class_weight: ClassWeight | None,
    targets: FloatArray,
    classify: bool,
    what: str = "training",
) -> FloatArray | None:
    """Return what each row's part of the loss is multiplied by, or None where all rows count alike.

    The weights are divided by their mean. So the loss of all rows is the weighted mean Σ w l / Σ w, no matter in
    which unit the weights are, and the learning rate means what it means without; a whole number is as good as so
    many copies of its row. Batches share this one mean: one of light rows makes a smaller step than one of heavy rows.

    Parameters
    ----------
    sample_weight : array, shape (rows,), or None
        Numbers from 0, not all of them 0.
    class_weight : dict, "balanced" or None
        Multiplies each row's weight by that of its class.
    targets : array, shape (rows, outputs)
        One-hot, or between 0 and 1 for a single output.
    classify : bool
        Whether the outputs are classes.
    what : str
        What the set is called in errors.

    Returns
    -------
    array, shape (rows, 1), or None
        Of the targets' type, with a mean of 1.

    Raises
    ------
    InputError
        If a weight is none, or there are no classes to weigh.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights: FloatArray = (
        np.ones(len(targets)) if sample_weight is None else as_weights(sample_weight, len(targets), what)
    )
    if class_weight is not None:
        weights = weights * class_row_weights(class_weight, weights, targets, classify)
        _check_weights(weights, what)
    # By the largest first, so that the sum of huge weights stays finite.
    weights = weights / weights.max()
    return (weights / weights.mean()).astype(targets.dtype)[:, np.newaxis]


def as_weights(sample_weight: ArrayLike, rows: int, what: str = "training") -> FloatArray:
    """Return the weights as an array of shape (rows,): numbers from 0, not all of them 0."""
    weights = as_numbers(sample_weight, f"{what} weights", np.dtype(np.float64))
    if weights.shape != (rows,):
        raise InputError(f"there are {rows} {what} rows, but weights of shape {weights.shape}: one a row is needed")
    _check_weights(weights, what)
    return weights


def class_row_weights(
    class_weight: ClassWeight, weights: FloatArray, targets: FloatArray, classify: bool
) -> FloatArray:
    """Return the weight of each row's class, shape (rows,); of a row between classes, the mean of theirs.

    "balanced" gives a class rows / (classes × its rows) [1]_, where a row of weight 2 is two rows, and a class
    without rows is none.

    References
    ----------
    .. [1] G. King, L. Zeng, "Logistic regression in rare events data", 2001, section 4.2.
    """
    if not classify:
        raise InputError("class_weight is for classes, and behind the output 'identity' there are none")
    shares = np.hstack([1 - targets, targets]) if targets.shape[1] == 1 else targets
    if not np.allclose(shares.sum(axis=1), 1, atol=1e-4):
        raise InputError("class_weight is for rows of one class each; these targets do not sum to 1")
    classes = shares.shape[1]
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise InputError(f"class_weight is 'balanced' or one weight a class; got {class_weight!r}")
        counts = weights @ shares
        by_class = np.zeros(classes)
        by_class[counts > 0] = counts.sum() / (np.count_nonzero(counts) * counts[counts > 0])
    else:
        by_class = np.ones(classes)
        for number, weight in _items(class_weight):
            if number not in range(classes):
                raise InputError(f"class_weight is for the classes 0 to {classes - 1}; there is no {number!r}")
            if isinstance(weight, bool) or not isinstance(weight, (int, float, np.integer, np.floating)):
                raise InputError(f"class_weight has {weight!r} for class {number}; a weight is a number from 0")
            by_class[int(number)] = weight
        if not (np.isfinite(by_class).all() and by_class.min() >= 0):
            raise InputError(f"class_weight holds numbers from 0; got {dict(class_weight)}")
    return shares @ by_class


def _items(class_weight: object) -> list[tuple[int, float]]:
    if not isinstance(class_weight, Mapping):
        raise InputError(
            f"class_weight is 'balanced' or one weight a class, such as {{0: 1, 1: 5}}; got {class_weight!r}"
        )
    return list(class_weight.items())


def _check_weights(weights: FloatArray, what: str) -> None:
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(f"{what} weights are numbers from 0; row {row} has {weights[row]:g}")
    if not weights.any():
        raise InputError(f"the {what} weights are all zero; at least one row must count")
