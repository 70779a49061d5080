"""The search space of a sweep, parsed from texts such as ``25,50,100`` and ``0.001..0.1``."""

import math
from collections.abc import Mapping
from typing import Any

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from inknet.digits.training.recipes import RECIPES
from inknet.errors import InputError
from inknet.mlp.activations import ACTIVATIONS
from inknet.mlp.initializers import INITIALIZERS
from inknet.mlp.optimizers import OPTIMIZERS

__all__ = ["SETTINGS", "Settings", "Space", "Value", "format_space", "parse_space"]

Value = str | int | float
Settings = dict[str, Value]
Dimension = CategoricalDistribution | IntDistribution | FloatDistribution
Space = dict[str, Dimension]

#: The settings that a sweep can search, by the names of their options: the names to choose from, or the lowest number.
SETTINGS: dict[str, tuple[str, ...] | float] = {
    "recipe": tuple(RECIPES),
    "hidden": 1,
    "depth": 0,
    "activation": tuple(name for name in ACTIVATIONS if name not in ("softmax", "identity")),
    "init": tuple(INITIALIZERS),
    "learning-rate": 1e-12,
    "batch-size": 1,
    "optimizer": tuple(OPTIMIZERS),
}


def parse_space(texts: Mapping[str, str]) -> Space:
    """Parse a search space, and return its dimensions as Optuna's distributions.

    Parameters
    ----------
    texts : dict of str to str
        For each name in `SETTINGS`: choices separated by commas, or two numbers separated by ``..``, both included.
        Positive numbers are searched on a logarithmic scale. A single choice is fixed.

    Raises
    ------
    InputError
        If a name is unknown or a text is invalid.

    Examples
    --------
    >>> parse_space({"hidden": "25,100", "depth": "1..3"})
    {'hidden': CategoricalDistribution(choices=(25, 100)), 'depth': IntDistribution(high=3, log=False, low=1, step=1)}
    """
    for name in texts:
        if name not in SETTINGS:
            raise InputError(f"there is no setting {name!r} to search; choose from {', '.join(SETTINGS)}")
    # Always in the same order: what a seed suggests depends on it.
    return {name: _parse(name, texts[name]) for name in SETTINGS if name in texts}


def format_space(space: Space) -> dict[str, str]:
    """Return the texts from which `parse_space` makes a space."""
    return {
        name: ",".join(map(str, dimension.choices))
        if isinstance(dimension, CategoricalDistribution)
        else f"{dimension.low}..{dimension.high}"
        for name, dimension in space.items()
    }


def _parse(name: str, text: str) -> Dimension:
    lowest = SETTINGS[name]
    is_range = ".." in text
    if is_range and isinstance(lowest, tuple):
        raise InputError(f"{name} has no range; separate choices by commas, got {text!r}")
    words = [word.strip() for word in text.split(".." if is_range else ",")]
    values = [_value(name, word, "" if word == text else f" in {text!r}") for word in words]
    if not is_range:
        if len(set(values)) < len(values):
            raise InputError(f"{name} must not repeat a choice, got {text!r}")
        return CategoricalDistribution(values)
    if len(values) != 2 or values[0] >= values[1]:
        raise InputError(f"a range of {name} must be a lower and a higher number separated by '..', got {text!r}")
    distribution = IntDistribution if type(lowest) is int else FloatDistribution
    return distribution(low=values[0], high=values[1], log=lowest != 0)


def _value(name: str, word: str, inside: str) -> Any:  # noqa: ANN401 - a name or a number, as the setting says
    allowed = SETTINGS[name]
    if isinstance(allowed, tuple):
        if word in allowed:
            return word
        raise InputError(f"{name} must be one of {', '.join(allowed)}, got {word!r}{inside}")
    try:
        value = type(allowed)(word)
    except ValueError:
        value = math.nan
    if not allowed <= value < math.inf:
        kind = f"{'positive' if allowed else 'non-negative'} {'integer' if type(allowed) is int else 'number'}"
        raise InputError(f"{name} must be a {kind}, got {word!r}{inside}")
    return value
