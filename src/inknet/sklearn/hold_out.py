"""Splitting rows into those to train on and those to hold out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from inknet.mlp.scalars import is_number

__all__ = ["hold_out"]

Rows = NDArray[np.int64]


def hold_out(
    count: int,
    share: Any,  # noqa: ANN401 - anything at all
    classes: NDArray[Any] | None,
    rng: np.random.RandomState,
    name: str,
) -> tuple[Rows, Rows]:
    """Return the indices of the rows to train on and of those to hold out, stratified by their classes, if any.

    A class of one row stays in training.

    Raises
    ------
    ValueError
        If the share is not one, or a class has too few rows for it; the message calls the share by `name`.
    """
    if not (is_number(share) and 0 < share < 1):
        raise ValueError(f"{name} must be a share of the rows above 0 and below 1, got {share!r}")
    rows, alone = np.arange(count), np.zeros(count, np.bool_)
    if classes is not None:
        _, index, counts = np.unique(classes, return_inverse=True, return_counts=True)
        alone = counts[index] == 1
        classes = classes[~alone]
    try:
        kept, held_out = train_test_split(rows[~alone], test_size=float(share), stratify=classes, random_state=rng)
    except ValueError:
        raise ValueError(
            f"{name} must hold out and leave rows of each class, got {share!r} of {count} rows; choose another share,"
            " or pass validation=(X, y)"
        ) from None
    return np.concatenate([kept, rows[alone]]), held_out
