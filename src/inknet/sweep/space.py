"""The search space of a sweep, parsed from texts such as ``25,50,100`` and ``0.001..0.1``."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inknet.digits.training.recipes import RECIPES
from inknet.errors import InputError
from inknet.mlp.activations import ACTIVATIONS
from inknet.mlp.initializers import INITIALIZERS
from inknet.mlp.optimizers import OPTIMIZERS

__all__ = ["DEFAULTS", "SETTINGS", "Choices", "Dimension", "Range", "Space", "Value", "parse_space", "read_space_file"]

Value = str | int | float


@dataclass(frozen=True)
class Choices:
    """One of these values; a single one is fixed."""

    values: tuple[Value, ...]

    def __str__(self) -> str:
        return ",".join(map(str, self.values))


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both included: an integer if they are integers.

    With `log`, its logarithm is sampled, as fits rates and sizes.
    """

    low: float
    high: float
    log: bool

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


Dimension = Choices | Range
Space = dict[str, Dimension]


@dataclass(frozen=True)
class _Setting:
    """The values of a setting: one of some names, or a number of at least `low`."""

    what: str
    number: type[int] | type[float] | None = None
    low: float = 0
    log: bool = False
    names: tuple[str, ...] = ()

    def parse(self, word: str) -> Value:
        """Return the value of a word, or raise ValueError."""
        if self.number is None:
            if word not in self.names:
                raise ValueError(word)
            return word
        value = self.number(word)
        if not self.low <= value < math.inf:
            raise ValueError(word)
        return value


def _one_of(*names: str) -> _Setting:
    return _Setting(f"one of {', '.join(names)}", names=names)


#: The settings that a sweep can search, by the names of their options.
SETTINGS: dict[str, _Setting] = {
    "recipe": _one_of(*RECIPES),
    "hidden": _Setting("a positive integer", int, 1, log=True),
    "depth": _Setting("a non-negative integer", int),
    "activation": _one_of(*(name for name in ACTIVATIONS if name not in ("softmax", "identity"))),
    "init": _one_of(*INITIALIZERS),
    "learning-rate": _Setting("a positive number", float, 1e-12, log=True),
    "batch-size": _Setting("a positive integer", int, 1, log=True),
    "optimizer": _one_of(*OPTIMIZERS),
}
#: Searched by default; the recipe decides the other settings.
DEFAULTS = {"hidden": "25..800", "learning-rate": "0.003..0.3", "batch-size": "16,32,64"}


def parse_space(texts: Mapping[str, str]) -> Space:
    """Parse a search space.

    Parameters
    ----------
    texts : dict of str to str
        For each name in `SETTINGS`: choices separated by commas, or two numbers separated by ``..``.

    Raises
    ------
    InputError
        If a name is unknown or a text is invalid.

    Examples
    --------
    >>> parse_space({"hidden": "25,100", "learning-rate": "0.01..0.1"})
    {'hidden': Choices(values=(25, 100)), 'learning-rate': Range(low=0.01, high=0.1, log=True)}
    """
    for name in texts:
        if name not in SETTINGS:
            raise InputError(f"there is no setting {name!r} to search; choose from {', '.join(SETTINGS)}")
    # Always in the same order: what a seed suggests depends on it.
    return {name: _parse(name, texts[name]) for name in SETTINGS if name in texts}


def read_space_file(path: Path) -> dict[str, str]:
    """Return the texts in a TOML file, whose values are strings, numbers, or lists of them.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot read {path}: {error.strerror if isinstance(error, OSError) else error}") from None
    texts = {}
    for name, value in content.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(type(item) in (str, int, float) for item in values):
            raise InputError(f"{path}: {name} must be a string, a number, or a list of them, got {value!r}")
        texts[name] = ",".join(map(str, values))
    return texts


def _parse(name: str, text: str) -> Dimension:
    setting = SETTINGS[name]
    is_range = ".." in text
    if is_range and setting.number is None:
        raise InputError(f"{name} has no range; separate choices by commas, got {text!r}")
    values = []
    for word in map(str.strip, text.split(".." if is_range else ",")):
        try:
            values.append(setting.parse(word))
        except ValueError:
            inside = f" in {text!r}" if text != word else ""
            raise InputError(f"{name} must be {setting.what}, got {word!r}{inside}") from None
    if not is_range:
        if len(set(values)) < len(values):
            raise InputError(f"{name} must not repeat a choice, got {text!r}")
        return Choices(tuple(values))
    low, high = values if len(values) == 2 else ("", "")
    if isinstance(low, str) or isinstance(high, str) or low >= high:
        raise InputError(f"a range of {name} must be a lower and a higher number separated by '..', got {text!r}")
    return Range(low, high, setting.log)
