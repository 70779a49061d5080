"""Classes: what the outputs of a network stand for, by name."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from inknet.errors import DataError
from inknet.files.text_file import read_text
from inknet.mlp import ModelFileError, Network

__all__ = ["DIGITS", "class_names", "name_classes", "read_class_names"]

#: The classes of a network that reads digits.
DIGITS = tuple("0123456789")
#: A longer name is a sentence, and fits into no table.
_LONGEST = 60


def class_names(network: Network) -> tuple[str, ...]:
    """Return the name of each output: those in the network's metadata, or else its number, from 0.

    Raises
    ------
    ModelFileError
        If the metadata have other names than one for each output, no two alike.
    """
    names = network.metadata.get("classes")
    if names is None:
        return tuple(map(str, range(network.sizes[-1])))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ModelFileError("the names of the model's classes are no list of texts")
    if len(names) != network.sizes[-1]:
        raise ModelFileError(f"the model has {network.sizes[-1]} outputs, and names for {len(names)} classes")
    fault = _fault(names)
    if fault is not None:
        raise ModelFileError(f"the names of the model's classes: {fault}")
    return tuple(names)


def read_class_names(path: str | Path) -> tuple[str, ...]:
    """Read the names of classes from a text file: one a line, the first that of the label 0; empty lines do not count.

    Raises
    ------
    DataError
        If the file cannot be read, or has fewer than two names, or two that are alike.
    """
    path = Path(path)
    text = read_text(path)
    names = tuple(name for line in text.splitlines() if (name := line.strip()))
    fault = _fault(names)
    if fault is not None:
        raise DataError(f"{path}: {fault}")
    return names


def name_classes(labels: Sequence[int], names: Sequence[str] | None, where: str | Path) -> tuple[str, ...]:
    """Return the names of the classes that labels, numbered from 0, are of; without names, the numbers themselves.

    Parameters
    ----------
    labels : sequence of int
    names : sequence of str or None
    where : str or Path
        What holds the labels, for the error.

    Raises
    ------
    DataError
        If a label has no name, or is no class at all, or there is only one class.
    """
    least, most = min(labels), max(labels)
    if least < 0:
        raise DataError(f"{where}: the label {least} is no class; classes are counted from 0")
    if least == most:
        raise DataError(f"{where}: every label is {most}; a network tells two classes apart, or more")
    if names is None:
        if most >= len(labels):
            raise DataError(f"{where}: the label {most} makes more classes than there are images; count them from 0")
        return tuple(map(str, range(most + 1)))
    if most >= len(names):
        raise DataError(f"{where}: the label {most} has no name; there are names for 0 to {len(names) - 1}")
    return tuple(names)


def _fault(names: Sequence[str]) -> str | None:
    """Return what is wrong with names, if anything is."""
    if len(names) < 2:
        return f"two classes or more have names, one a line; there are {len(names)}"
    for name in names:
        if not name or len(name) > _LONGEST or not name.isprintable():
            return f"{name[:_LONGEST]!r} is no name: it has 1 to {_LONGEST} printable characters"
    twice = [name for name, count in Counter(names).items() if count > 1]
    return f"{twice[0]!r} is there twice" if twice else None
