"""Registries: activations, losses, initializers, optimizers, schedules and early-stopping rules by name."""

from collections.abc import Mapping
from typing import TypeVar

from inknet.errors import InputError

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(dict[str, T]):
    """A dictionary of objects of one kind by name; add your own to use them by name, too.

    Parameters
    ----------
    kind : str
        The kind of object, for error messages.
    entries : mapping
    needs : str
        The attribute that tells objects of this kind from others.
    """

    def __init__(self, kind: str, entries: Mapping[str, T], needs: str = "__call__") -> None:
        super().__init__(entries)
        self._kind = kind
        self._needs = needs

    def find(self, value: str | T) -> T:
        """Return the entry of a name, or an object of this kind as it is.

        Raises
        ------
        InputError
            If the name is unknown, or the object is of another kind.
        """
        if isinstance(value, str):
            if value in self:
                return self[value]
        elif not isinstance(value, type) and hasattr(value, self._needs):
            return value
        raise InputError(f"unknown {self._kind} {value!r}; choose from {', '.join(self)}")
