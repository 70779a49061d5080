"""Checks of what is passed in: each refusal is one sentence that says what would do."""

import sys
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError
from inknet.mlp.parameters import FloatArray

__all__ = [
    "LARGEST_SCALED",
    "as_numbers",
    "as_rows",
    "as_targets",
    "check_options",
    "check_seed",
    "check_sizes",
    "check_training_inputs",
    "one_hot",
]

#: Scaled inputs lie within ±1, standardized ones hardly ever beyond ±10; raw gray values reach 255.
LARGEST_SCALED = 10.0

_NUMBERS_IN_CACHE = 200_000


def check_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes as a tuple; there must be at least two, all whole numbers from 1."""
    if not isinstance(sizes, Iterable):
        raise InputError(f"sizes are a list such as [784, 200, 10]; got {sizes!r}")
    sizes = tuple(sizes)
    if len(sizes) < 2:
        raise InputError(f"a network needs an input size and an output size, such as [784, 200, 10]; got {list(sizes)}")
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
            raise InputError(f"sizes are whole numbers from 1; got {size!r} in {list(sizes)}")
    return tuple(int(size) for size in sizes)


def check_seed(seed: int) -> int:
    """Return the seed; it must be a whole number from 0."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed is a whole number from 0; got {seed!r}")
    return int(seed)


def as_numbers(values: ArrayLike, what: str, dtype: np.dtype[np.floating]) -> FloatArray:
    """Return an array of numbers, of any shape; texts and objects that might be read as numbers are refused."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(f"the {what} are no array of numbers: their rows differ in length") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"the {what} are no array of numbers, but of {array.dtype}")
    if array.dtype == dtype:
        return array
    # What is too large for the type becomes infinite, and is refused as such.
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def as_rows(inputs: ArrayLike, width: int, dtype: np.dtype[np.floating]) -> FloatArray:
    """Return the inputs as an array of shape (rows, width), of the network's own type."""
    rows = as_numbers(inputs, "inputs", dtype)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise InputError(f"the network takes {width} inputs a row; got an array of shape {rows.shape}")
    return rows


def check_training_inputs(rows: FloatArray, what: str, check_scale: bool) -> None:
    """Refuse an empty set, values that are not finite, and values that look unscaled."""
    if len(rows) == 0:
        raise InputError(f"the {what} set is empty")
    # Some rows at a time: what has just been read for the one is still in the cache for the other.
    some = max(1, _NUMBERS_IN_CACHE // rows.shape[1])
    blocks = (rows[start : start + some] for start in range(0, len(rows), some))
    extremes = np.array([(block.min(), block.max()) for block in blocks])
    low, high = float(extremes[:, 0].min()), float(extremes[:, 1].max())
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise InputError(f"the {what} inputs hold NaN or infinity, first in row {bad}")
    if check_scale and max(-low, high) > LARGEST_SCALED:
        raise InputError(
            f"the {what} inputs look unscaled: they reach from {low:g} to {high:g}; scale them to about 0 to 1"
            " (divide gray values by 255), or pass check_scale=False if you mean it"
        )


def as_targets(
    targets: ArrayLike, rows: int, outputs: int, dtype: np.dtype[np.floating], what: str, classify: bool
) -> FloatArray:
    """Return the targets as an array of shape (rows, outputs): one-hot, if they are class labels.

    A list of numbers is a list of class labels for a network that classifies; with one output, or where the output
    is not a probability, it is a list of values.
    """
    values = as_numbers(targets, f"{what} targets", dtype)
    if len(values.shape) == 0 or len(values) != rows:
        raise InputError(f"there are {rows} {what} inputs, but targets of shape {values.shape}")
    if not np.isfinite(values).all():
        raise InputError(f"the {what} targets hold NaN or infinity")
    if values.ndim == 1 and outputs == 1:
        values = values[:, np.newaxis]
    elif values.ndim == 1 and classify:
        return one_hot(values, outputs, dtype, what)
    if values.shape != (rows, outputs):
        raise InputError(
            f"the {what} targets must be {rows} class labels or rows of {outputs}; got an array of shape {values.shape}"
        )
    if classify and (values.min() < 0 or values.max() > 1):
        raise InputError(
            f"the {what} targets of a probability lie between 0 and 1; got {values.min()} to {values.max()}"
        )
    return values


def one_hot(labels: ArrayLike, classes: int, dtype: np.dtype[np.floating], what: str = "training") -> FloatArray:
    """Return one row a label: 1 at its class, 0 elsewhere; shape (labels, classes).

    Raises
    ------
    InputError
        If a label is not a whole number from 0 to `classes` - 1.
    """
    values = np.asarray(labels)
    bad = (values != np.floor(values)) | (values < 0) | (values >= classes)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(f"{what} labels are whole numbers from 0 to {classes - 1}; row {row} has {values[row]:g}")
    rows = np.zeros((len(values), classes), dtype=dtype)
    rows[np.arange(len(values)), values.astype(np.intp)] = 1
    return rows


def check_options(
    epochs: int,
    learning_rate: float,
    batch_size: int,
    weight_decay: float,
    label_smoothing: float,
    ema_decay: float,
) -> None:
    """Refuse numbers that make no sense for a training."""
    for name, count in (("epochs", epochs), ("batch_size", batch_size)):
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise InputError(f"{name} is a whole number from 1; got {count!r}")
    if not (_is_number(learning_rate) and learning_rate > 0):
        raise InputError(f"learning_rate is a number above 0; got {learning_rate!r}")
    if not _is_number(weight_decay):
        raise InputError(f"weight_decay is a number from 0; got {weight_decay!r}")
    for name, share in (("label_smoothing", label_smoothing), ("ema_decay", ema_decay)):
        if not (_is_number(share) and share < 1):
            raise InputError(f"{name} lies from 0 to below 1; got {share!r}")


def _is_number(value: object) -> bool:
    """Return whether it is a finite number from 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return bool(0 <= value <= sys.float_info.max)
