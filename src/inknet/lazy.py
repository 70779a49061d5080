"""Lazy imports of a package's public names (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_getattr"]


def lazy_getattr(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for a package that imports its public names on first use.

    Parameters
    ----------
    package : str
        The package's name.
    homes : mapping
        From each public name to the module that defines it.
    """

    def look_up(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        # Later lookups do not come here.
        setattr(sys.modules[package], name, value)
        return value

    return look_up
