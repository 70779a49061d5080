"""Row weights: the weight of each row in the loss, from sample weights and class weights."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError
from inknet.mlp.arrays import as_numbers
from inknet.mlp.parameters import FloatArray
from inknet.mlp.scalars import is_number

__all__ = ["ClassWeight", "as_weights", "class_row_weights", "row_weights"]

#: The weight of each class by its index, or "balanced" for the same total weight of all classes.
ClassWeight = Mapping[int, float] | Literal["balanced"]


def row_weights(
    sample_weight: ArrayLike | None,
    class_weight: ClassWeight | None,
    targets: FloatArray,
    classify: bool,
    name: str = "training",
) -> FloatArray | None:
    """Return the factor on each row's share of the loss, or None if all rows have the same weight.

    Weights are divided by their mean: the loss of all rows is the weighted mean Σ w l / Σ w, independent of the unit of
    the weights, and the learning rate keeps its meaning. An integer weight equals that many copies of the row. All
    batches share one mean, so a batch of light rows takes a smaller step than one of heavy rows.

    Parameters
    ----------
    sample_weight : array, shape (rows,), or None
        Non-negative numbers, not all 0.
    class_weight : dict, "balanced" or None
        Multiplies each row's weight by that of its class.
    targets : array, shape (rows, outputs)
        One-hot, or from 0 to 1 for a single output.
    classify, name
        Whether the outputs are classes, and the name of the set for error messages.

    Returns
    -------
    array, shape (rows, 1), or None
        Of the targets' dtype, with mean 1.

    Raises
    ------
    InputError
        If a weight is invalid, or the outputs are not classes.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = as_weights(np.ones(len(targets)) if sample_weight is None else sample_weight, len(targets), name)
    if class_weight is not None:
        weights = weights * class_row_weights(class_weight, weights, targets, classify)
        _check_weights(weights, name)
    # By the largest first, so that the sum of huge weights is finite.
    weights = weights / weights.max()
    return (weights / weights.mean()).astype(targets.dtype)[:, np.newaxis]


def as_weights(sample_weight: ArrayLike, rows: int, name: str = "training") -> FloatArray:
    """Return the weights as an array of shape (rows,): non-negative numbers, not all 0."""
    weights = as_numbers(sample_weight, f"{name} weights", np.dtype(np.float64))
    if weights.shape != (rows,):
        raise InputError(f"{name} weights must be one per row, {rows}, got shape {weights.shape}")
    _check_weights(weights, name)
    return weights


def class_row_weights(
    class_weight: ClassWeight, weights: FloatArray, targets: FloatArray, classify: bool
) -> FloatArray:
    """Return the weight of each row's class, shape (rows,); for a row between classes, their weighted mean.

    "balanced" gives a class rows / (classes × its rows) [1]_, where a row of weight 2 counts as two, and a class
    without rows does not count.

    References
    ----------
    .. [1] G. King, L. Zeng, "Logistic regression in rare events data", 2001, section 4.2.
    """
    if not classify:
        raise InputError("class_weight needs classes, got output='identity'; use sample_weight")
    shares = np.hstack([1 - targets, targets]) if targets.shape[1] == 1 else targets
    if not np.allclose(shares.sum(axis=1), 1, atol=1e-4):
        raise InputError("class_weight needs one class per row, got targets that do not sum to 1; use sample_weight")
    classes = shares.shape[1]
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = weights @ shares
        by_class = np.zeros(classes)
        by_class[counts > 0] = counts.sum() / (np.count_nonzero(counts) * counts[counts > 0])
    else:
        by_class = np.ones(classes)
        if not isinstance(class_weight, Mapping):
            raise InputError(
                f"class_weight must be 'balanced' or a weight per class, such as {{0: 1, 1: 5}}, got {class_weight!r}"
            )
        for number, weight in class_weight.items():
            if number not in range(classes):
                raise InputError(f"class_weight must be for classes 0 to {classes - 1}, got class {number!r}")
            if not is_number(weight):
                raise InputError(f"class_weight must hold non-negative numbers, got {weight!r} for class {number}")
            by_class[int(number)] = weight
    return shares @ by_class


def _check_weights(weights: FloatArray, name: str) -> None:
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(f"{name} weights must be non-negative numbers, got {weights[row]:g} in row {row}")
    if not weights.any():
        raise InputError(f"{name} weights must not all be zero")
