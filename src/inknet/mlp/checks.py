"""Validation of arguments: sizes, dtypes, inputs and targets."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from inknet.errors import InputError
from inknet.mlp.arrays import as_numbers
from inknet.mlp.parameters import FloatArray
from inknet.mlp.scalars import is_integer

__all__ = [
    "LARGEST_SCALED",
    "as_targets",
    "check_dtype",
    "check_inputs",
    "check_sizes",
    "check_width",
    "one_hot",
]

#: Scaled inputs lie within ±1 and standardized ones hardly ever beyond ±10; raw gray values reach 255.
LARGEST_SCALED = 10.0


def check_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes as a tuple: at least two positive integers."""
    try:
        sizes = tuple(sizes)
    except TypeError:
        raise InputError(f"sizes must be a list such as [784, 200, 10], got {sizes!r}") from None
    if len(sizes) < 2:
        raise InputError(f"sizes must hold an input and an output size, such as [784, 200, 10], got {list(sizes)}")
    for size in sizes:
        if not is_integer(size, 1):
            raise InputError(f"sizes must be positive integers, got {size!r} in {list(sizes)}")
    return tuple(int(size) for size in sizes)


def check_dtype(dtype: DTypeLike) -> np.dtype[np.floating]:
    """Return the dtype if it is float32 or float64, in the machine's byte order."""
    # numpy takes None for float64.
    if dtype is not None:
        # A string of another kind may be a SyntaxError.
        with suppress(TypeError, ValueError, SyntaxError):
            found: np.dtype[Any] = np.dtype(dtype)
            if found in (np.float32, np.float64):
                return found
    raise InputError(f"dtype must be 'float32' or 'float64', got {dtype!r}")


def check_width(rows: FloatArray, width: int) -> None:
    """Refuse inputs that are not of shape (rows, width)."""
    if rows.ndim != 2 or rows.shape[1] != width:
        raise InputError(f"inputs must have {width} columns, one per input of the network, got shape {rows.shape}")


def check_inputs(rows: FloatArray, name: str, check_scale: bool) -> None:
    """Refuse inputs that are not finite or, with `check_scale`, look unscaled; `name` is the name of the set."""
    low, high = float(rows.min()), float(rows.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise InputError(f"{name} inputs must be finite, got NaN or infinity in row {bad}")
    if check_scale and max(-low, high) > LARGEST_SCALED:
        raise InputError(
            f"{name} inputs must be scaled to about 0 to 1, got values from {low:g} to {high:g};"
            " divide gray values by 255, or pass check_scale=False if this is intended"
        )


def as_targets(
    targets: ArrayLike, rows: int, outputs: int, dtype: np.dtype[np.floating], name: str, classify: bool
) -> FloatArray:
    """Return the targets as an array of shape (rows, outputs), one-hot for class labels.

    A one-dimensional array holds class labels if the network classifies and has several outputs, and values otherwise;
    so does a single column.
    """
    values = as_numbers(targets, f"{name} targets", dtype)
    if len(values.shape) == 0 or len(values) != rows:
        raise InputError(f"{name} targets must be one per input, {rows}, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise InputError(f"{name} targets must be finite, got NaN or infinity")
    if values.shape == (rows, 1) and classify and outputs > 1:
        values = values[:, 0]
    if values.ndim == 1 and outputs == 1:
        values = values[:, np.newaxis]
    elif values.ndim == 1 and classify:
        return one_hot(values, outputs, dtype, name)
    if values.shape != (rows, outputs):
        raise InputError(f"{name} targets must be {rows} class labels or rows of {outputs}, got shape {values.shape}")
    if classify and (values.min() < 0 or values.max() > 1):
        raise InputError(
            f"{name} targets must be probabilities, from 0 to 1, got values from {values.min()} to {values.max()}"
        )
    return values


def one_hot(labels: ArrayLike, classes: int, dtype: np.dtype[np.floating], name: str = "training") -> FloatArray:
    """Return one row per label: 1 at its class, 0 elsewhere; shape (labels, classes).

    Raises
    ------
    InputError
        If a label is not an integer from 0 to `classes` - 1.
    """
    values = np.asarray(labels)
    bad = (values != np.floor(values)) | (values < 0) | (values >= classes)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(f"{name} labels must be integers from 0 to {classes - 1}, got {values[row]:g} in row {row}")
    rows = np.zeros((len(values), classes), dtype=dtype)
    rows[np.arange(len(values)), values.astype(np.intp)] = 1
    return rows
