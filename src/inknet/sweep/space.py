"""The space of a sweep: what each setting may be, from words such as ``25,50,100`` and ``0.001..0.1``."""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inknet.digits.training.recipes import RECIPES
from inknet.mlp import InputError
from inknet.mlp.activations import ACTIVATIONS
from inknet.mlp.initializers import INITIALIZERS
from inknet.mlp.optimizers import OPTIMIZERS

__all__ = ["DEFAULTS", "PARAMETERS", "Choices", "Dimension", "Range", "Space", "parse_space", "read_space_file"]

Value = str | int | float


@dataclass(frozen=True)
class Choices:
    """One of these.

    Attributes
    ----------
    values : tuple
        One, which is then fixed, or more.
    """

    values: tuple[Value, ...]

    def __str__(self) -> str:
        return ",".join(map(str, self.values))


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both included.

    Attributes
    ----------
    low, high : int or float
        Whole numbers for what is counted.
    log : bool
        Whether a half and a double are as far away: for rates and sizes, of which the order of magnitude matters.
    """

    low: float
    high: float
    log: bool

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


Dimension = Choices | Range
Space = dict[str, Dimension]


@dataclass(frozen=True)
class _Parameter:
    """What a setting's values are.

    Attributes
    ----------
    read : function
        Makes a value from a word, or raises ValueError.
    lowest : int or float or None
        The lowest number that makes sense; None for names, of which there is no range.
    log : bool
    what : str
        For the error's text.
    """

    read: Callable[[str], Value]
    lowest: float | None
    log: bool
    what: str


def _one_of(names: Mapping[str, object]) -> _Parameter:
    def read(word: str) -> str:
        if word not in names:
            raise ValueError(word)
        return word

    return _Parameter(read, None, False, f"one of {', '.join(names)}")


_SMALLEST_RATE = 1e-12
#: What a sweep can search, by the name of its option.
PARAMETERS: dict[str, _Parameter] = {
    "recipe": _one_of(RECIPES),
    "hidden": _Parameter(int, 1, True, "a whole number from 1"),
    "depth": _Parameter(int, 0, False, "a whole number from 0"),
    "activation": _one_of({name: value for name, value in ACTIVATIONS.items() if name not in ("softmax", "identity")}),
    "init": _one_of(INITIALIZERS),
    "learning-rate": _Parameter(float, _SMALLEST_RATE, True, "a number above 0"),
    "batch-size": _Parameter(int, 1, True, "a whole number from 1"),
    "optimizer": _one_of(OPTIMIZERS),
}
#: What is searched if it is not named. All else is as the recipe has it.
DEFAULTS = {"hidden": "25..800", "learning-rate": "0.003..0.3", "batch-size": "16,32,64"}


def parse_space(words: Mapping[str, str]) -> Space:
    """Return the space that words describe.

    Parameters
    ----------
    words : dict of str to str
        For each name in `PARAMETERS`: choices with commas between, or two numbers with ``..`` between.

    Raises
    ------
    InputError
        If a name or a word is none; the sentence says which, and what would do.

    Examples
    --------
    >>> parse_space({"hidden": "25,100", "learning-rate": "0.01..0.1"})
    {'hidden': Choices(values=(25, 100)), 'learning-rate': Range(low=0.01, high=0.1, log=True)}
    """
    for name in words:
        if name not in PARAMETERS:
            raise InputError(f"there is no setting {name!r} to search; there are {', '.join(PARAMETERS)}")
    # In one order, whatever order they are given in: the order is part of what a seed leads to.
    return {name: _dimension(name, words[name]) for name in PARAMETERS if name in words}


def read_space_file(path: Path) -> dict[str, Any]:
    """Return the words of a TOML file: each value a string as on the command line, a number, or a list of either.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path} cannot be read: {reason}") from None
    words = {}
    for name, value in content.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(type(item) in (str, int, float) for item in values):
            raise InputError(f"{path}: {name} is a text, a number, or a list of them; got {value!r}")
        words[name] = ",".join(map(str, values))
    return words


def _dimension(name: str, text: str) -> Dimension:
    if ".." in text:
        return _range(name, text)
    values = tuple(_read(name, word, text) for word in text.split(","))
    if len(set(values)) < len(values):
        raise InputError(f"{name} has the same value twice: {text!r}")
    return Choices(values)


def _range(name: str, text: str) -> Range:
    parameter = PARAMETERS[name]
    if parameter.lowest is None:
        raise InputError(f"{name} is a name, and names have no range; choices have commas between: got {text!r}")
    ends = text.split("..")
    if len(ends) != 2 or "," in text:
        raise InputError(f"a range of {name} is two numbers with '..' between; got {text!r}")
    low, high = (_read(name, word, text) for word in ends)
    if isinstance(low, str) or isinstance(high, str) or not low < high:
        raise InputError(f"a range of {name} goes from a lower to a higher number; got {text!r}")
    return Range(low, high, parameter.log)


def _read(name: str, word: str, text: str) -> Value:
    """Return a word's value, or say what is wrong with it."""
    parameter = PARAMETERS[name]
    try:
        value = parameter.read(word.strip())
        if isinstance(value, (int, float)) and not (parameter.lowest or 0) <= value < math.inf:
            raise ValueError(word)
    except ValueError:
        inside = f" in {text!r}" if text != word else ""
        raise InputError(f"{name} is {parameter.what}; got {word.strip()!r}{inside}") from None
    return value
