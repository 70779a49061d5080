"""Arrays of numbers from what people pass: lists, arrays, tables."""

import reprlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError
from inknet.mlp.parameters import FloatArray

__all__ = ["as_numbers", "check_readable"]

#: Kinds of dtypes: bool, signed and unsigned integers, floats.
_NUMBERS = ("b", "i", "u", "f")


def as_numbers(values: ArrayLike, name: str, dtype: np.dtype[np.floating]) -> FloatArray:
    """Return an array of numbers of any shape; strings and objects are refused, even if they hold numbers."""
    if type(values) is not np.ndarray:
        check_readable(values, name)
        if hasattr(values, "toarray"):
            raise InputError(f"{name} must be a dense array, got a sparse {_type(values)}; pass its .toarray()")
        if isinstance(values, list | tuple) and _has_text(values):
            raise InputError(f"{name} must be an array of numbers, got strings")
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(f"{name} must be an array of numbers, got rows that differ in length") from None
    if array.dtype.kind not in _NUMBERS:
        array = _from_nullable(values, name, array, dtype)
    if array.dtype == dtype:
        return array
    # Numbers too large for the type become infinite, and are refused as such later.
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def check_readable(values: object, name: str) -> None:
    """Refuse what numpy misreads: an iterator, which it does not iterate, and a masked array, whose mask it drops."""
    if isinstance(values, Iterator):
        raise InputError(f"{name} must be an array of numbers, got a {_type(values)}; pass a list of its rows")
    mask = getattr(values, "mask", False) if isinstance(values, np.ndarray) else False
    if np.any(mask):
        raise InputError(
            f"{name} must not be masked, got {np.count_nonzero(mask)} masked values; replace them, as by .filled(0), or"
            " leave out their rows"
        )


def _has_text(values: Sequence[Any], depth: int = 8) -> bool:
    """Return whether there is text in nested lists, of which numpy would make an array of n × the longest × 4 bytes."""
    kinds = set(map(type, values))
    if any(issubclass(kind, str | bytes) for kind in kinds):
        return True
    nested = any(issubclass(kind, list | tuple) for kind in kinds) and depth > 0
    return nested and any(_has_text(row, depth - 1) for row in values if isinstance(row, list | tuple))


def _from_nullable(values: Any, name: str, array: np.ndarray[Any, Any], dtype: np.dtype[np.floating]) -> FloatArray:  # noqa: ANN401 - anything at all
    """Return a table of pandas with nullable columns of numbers as an array, with NaN for missing values.

    `array` is what numpy made of it, or of values that are refused here.
    """
    columns: Any = getattr(values, "dtypes", None)
    is_table = hasattr(columns, "items")
    kinds = dict(columns.items()) if is_table else {getattr(values, "name", None): columns}
    others = [column for column, kind in kinds.items() if getattr(kind, "kind", None) not in _NUMBERS]
    if hasattr(values, "to_numpy") and not others:
        return values.to_numpy(dtype=dtype, na_value=np.nan)
    if is_table:
        raise InputError(f"{name} must have columns of numbers, got others in {reprlib.repr(others)}; convert them")
    found = _type(values) if array.ndim == 0 else f"an array of {array.dtype}"
    hint = "; if they are numbers, pass .astype(float)" if array.ndim and array.dtype.kind in "OSU" else ""
    raise InputError(f"{name} must be an array of numbers, got {found}{hint}")


def _type(value: object) -> str:
    return type(value).__name__
