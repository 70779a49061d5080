"""Numbers among the options: checked, and returned as Python's own.

A numpy scalar is a number, too, but carries a dtype: np.float64 times an array of float32 is an array of float64.
"""

import math
import numbers
import os
from collections.abc import Callable
from typing import Any, TypeGuard

import numpy as np

from inknet.errors import InputError

__all__ = [
    "convert",
    "is_integer",
    "is_number",
    "non_negative_integer",
    "non_negative_number",
    "positive_integer",
    "positive_number",
    "seed_or_random",
    "share_below_one",
]


def is_integer(value: object, least: int) -> TypeGuard[int]:
    """Return whether `value` is an integer, not a bool, of at least `least`."""
    value = _item(value)
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least


def is_number(value: object) -> TypeGuard[float]:
    """Return whether `value` is a finite non-negative number, not a bool."""
    # Fast, for the factor of a schedule at every step.
    if type(value) is float:
        return 0 <= value < math.inf
    value = _item(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    try:
        return 0 <= float(value) < math.inf
    except OverflowError:
        return False


def positive_integer(name: str, value: object) -> int:
    """Return a positive integer, or raise `InputError`."""
    if not is_integer(value, 1):
        raise InputError(f"{name} must be a positive integer, got {value!r}")
    return int(value)


def non_negative_integer(name: str, value: object) -> int:
    """Return a non-negative integer, or raise `InputError`."""
    if not is_integer(value, 0):
        raise InputError(f"{name} must be a non-negative integer, got {value!r}")
    return int(value)


def positive_number(name: str, value: object) -> float:
    """Return a positive number, or raise `InputError`."""
    if not (is_number(value) and float(value) > 0):
        raise InputError(f"{name} must be a positive number, got {value!r}")
    return float(value)


def non_negative_number(name: str, value: object) -> float:
    """Return a non-negative number, or raise `InputError`."""
    if not is_number(value):
        raise InputError(f"{name} must be a non-negative number, got {value!r}")
    return float(value)


def share_below_one(name: str, value: object) -> float:
    """Return a number of at least 0 and below 1, or raise `InputError`."""
    if not (is_number(value) and float(value) < 1):
        raise InputError(f"{name} must be at least 0 and below 1, got {value!r}")
    return float(value)


def seed_or_random(name: str, value: object) -> int:
    """Return a seed, a non-negative integer, or draw one for None."""
    return int.from_bytes(os.urandom(4)) if value is None else non_negative_integer(name, value)


def convert(options: object, **checks: Callable[[str, Any], object]) -> None:
    """Replace fields of a frozen dataclass by what their checks return."""
    for name, check in checks.items():
        object.__setattr__(options, name, check(name, getattr(options, name)))


def _item(value: object) -> object:
    """Return the item of an array without dimensions."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
