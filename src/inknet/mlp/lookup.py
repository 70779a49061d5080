"""Lookup of activations, losses, initializers, optimizers, schedules and early-stopping rules by name."""

from collections.abc import Mapping
from typing import TypeVar

from inknet.errors import InputError

__all__ = ["find"]

T = TypeVar("T")


def find(kind: str, value: str | T, table: Mapping[str, T], needs: str = "__call__") -> T:
    """Return the entry of a name, or an object of that kind as it is.

    Parameters
    ----------
    kind : str
        The kind of thing, for error messages.
    value : str or object
        A name, or a user-defined object with the attribute `needs`.
    table : dict
        The known names and their objects.
    needs : str
        The attribute that tells objects of this kind from others.

    Raises
    ------
    InputError
        If the name is unknown, or the object is of another kind.
    """
    if isinstance(value, str):
        if value in table:
            return table[value]
    elif not isinstance(value, type) and hasattr(value, needs):
        return value
    raise InputError(f"unknown {kind} {value!r}; choose from {', '.join(table)}")
