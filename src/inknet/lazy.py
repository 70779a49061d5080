"""Public names that are imported when they are first asked for (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["importing"]


def importing(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : mapping
        Of each public name, the module that it is in.
    """

    def look_up(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        # Who asks again finds it there.
        setattr(sys.modules[package], name, value)
        return value

    return look_up
