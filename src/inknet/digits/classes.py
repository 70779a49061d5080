"""The names of the classes that a network's outputs stand for."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from inknet.errors import DataError
from inknet.files.text_file import read_text
from inknet.mlp import ModelFileError, Network

__all__ = ["DIGITS", "class_names", "name_classes", "read_class_names"]

#: The classes of a digit recognizer.
DIGITS = tuple("0123456789")
#: Longer names do not fit into tables.
_LONGEST = 60


def class_names(network: Network) -> tuple[str, ...]:
    """Return the name of each output: from the network's metadata, or its number, counted from 0.

    Raises ModelFileError if the metadata do not have one unique name per output.
    """
    names = network.metadata.get("classes")
    if names is None:
        return tuple(map(str, range(network.sizes[-1])))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ModelFileError("the names of the model's classes must be a list of strings")
    if len(names) != network.sizes[-1]:
        raise ModelFileError(f"the model has {network.sizes[-1]} outputs, but names for {len(names)} classes")
    fault = _fault(names)
    if fault is not None:
        raise ModelFileError(f"the names of the model's classes: {fault}")
    return tuple(names)


def read_class_names(path: str | Path) -> tuple[str, ...]:
    """Read the names of classes from a text file: one per line, starting with label 0; empty lines are skipped.

    Raises DataError if the file cannot be read, has fewer than two names, or repeats one.
    """
    names = tuple(name for line in read_text(Path(path)).splitlines() if (name := line.strip()))
    fault = _fault(names)
    if fault is not None:
        raise DataError(f"{path}: {fault}")
    return names


def name_classes(labels: Sequence[int], names: Sequence[str] | None, where: str | Path) -> tuple[str, ...]:
    """Return the names of the classes of integer labels, counted from 0; without names, the numbers themselves.

    Raises a DataError that begins with `where`, the labels' source, if a label is negative or has no name, or there is
    only one class.
    """
    least, most = min(labels), max(labels)
    if least < 0:
        raise DataError(f"{where}: labels must be non-negative integers, got {least}")
    if least == most:
        raise DataError(f"{where}: there must be two or more classes, but every label is {most}")
    if names is None:
        if most >= len(labels):
            raise DataError(f"{where}: label {most} makes more classes than images; number them from 0")
        return tuple(map(str, range(most + 1)))
    if most >= len(names):
        raise DataError(f"{where}: label {most} has no name; there are names for 0 to {len(names) - 1}")
    return tuple(names)


def _fault(names: Sequence[str]) -> str | None:
    """Return what is wrong with names, or None."""
    if len(names) < 2:
        return f"there must be two or more names, one per line, got {len(names)}"
    for name in names:
        if not name or len(name) > _LONGEST or not name.isprintable():
            return f"a name must have 1 to {_LONGEST} printable characters, got {name[:_LONGEST]!r}"
    twice = [name for name, count in Counter(names).items() if count > 1]
    return f"names must be unique, but {twice[0]!r} is repeated" if twice else None
