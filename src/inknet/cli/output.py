"""Output of the commands: strict JSON, and text that is safe to print on a terminal."""

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_json", "print_status", "printable"]


def print_json(document: object) -> None:
    """Print plain values as one JSON document; NaN and infinity, which JSON does not have, become null."""
    print(json.dumps(_finite(document), allow_nan=False))


def print_status(console: "Console", text: str) -> None:
    """Print a line as it is: without markup, highlighting or wrapping."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def printable(text: str) -> str:
    r"""Escape unprintable characters: the names of files and models are untrusted.

    Examples
    --------
    >>> printable("plain \x1b[31mred\n")
    'plain \\x1b[31mred\\n'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
