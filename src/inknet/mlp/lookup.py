"""Looking things up by their names: activations, losses, initializers, optimizers, schedules, early stoppings."""

from collections.abc import Mapping
from typing import TypeVar

from inknet.errors import InputError

__all__ = ["find"]

T = TypeVar("T")


def find(kind: str, value: str | T, table: Mapping[str, T], needs: str = "__call__") -> T:
    """Look something up by its name; what is such a thing already is returned as it is.

    Parameters
    ----------
    kind : str
        What it is, for the error's text.
    value : str or object
        A name, or one's own, recognized by its attribute `needs`.
    table : dict
        What there is.
    needs : str
        An attribute that each of them has.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if isinstance(value, str):
        if value in table:
            return table[value]
    elif not isinstance(value, type) and hasattr(value, needs):
        return value
    raise InputError(f"there is no {kind} {value!r}; there are {', '.join(table)}")
