"""Schedules: the learning rate over the course of a training."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from inknet.errors import InputError
from inknet.mlp.lookup import find

__all__ = ["SCHEDULES", "Cosine", "Schedule", "StepDown", "constant", "find_schedule"]

#: (epoch, epochs) → the factor on the learning rate. `epoch` counts from 0 and has a fraction within an epoch.
Schedule = Callable[[float, int], float]


def constant(epoch: float, epochs: int) -> float:  # noqa: ARG001 - a schedule's shape
    """Keep the learning rate as it is."""
    return 1.0


@dataclass(frozen=True)
class StepDown:
    """Multiply the learning rate by `factor` after every `every` epochs; None: after each third of the training."""

    every: int | None = None
    factor: float = 0.1

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise InputError(f"a step down comes every so many epochs, from 1; got {self.every!r}")

    def __call__(self, epoch: float, epochs: int) -> float:
        """Return the factor at that moment."""
        every = self.every if self.every is not None else max(1, math.ceil(epochs / 3))
        return self.factor ** (int(epoch) // every)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from 1 to `final` [1]_, after a straight rise over the first `warmup` epochs.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5.
    """

    warmup: float = 0.0
    final: float = 0.0

    def __call__(self, epoch: float, epochs: int) -> float:
        """Return the factor at that moment."""
        if epoch < self.warmup:
            return epoch / self.warmup
        progress = min(1.0, (epoch - self.warmup) / max(epochs - self.warmup, 1e-9))
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "step": StepDown(), "cosine": Cosine()}


def find_schedule(schedule: str | Schedule) -> Schedule:
    """Look a schedule up by its name; a function is returned as it is.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return find("schedule", schedule, SCHEDULES)
