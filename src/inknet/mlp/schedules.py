"""Learning-rate schedules."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from inknet.mlp.registry import Registry
from inknet.mlp.scalars import convert, non_negative_number, positive_integer

__all__ = ["SCHEDULES", "Cosine", "Schedule", "StepDown", "constant"]

#: (epoch, epochs) → factor on the learning rate. `epoch` starts at 0, with a fraction within an epoch.
Schedule = Callable[[float, int], float]


def constant(epoch: float, epochs: int) -> float:  # noqa: ARG001 - a schedule's signature
    """Keep the learning rate."""
    return 1.0


@dataclass(frozen=True)
class StepDown:
    """Multiply the learning rate by `factor` after each `every` epochs; None means each third of the training."""

    every: int | None = None
    factor: float = 0.1

    def __post_init__(self) -> None:
        if self.every is not None:
            convert(self, every=positive_integer)
        convert(self, factor=non_negative_number)

    def __call__(self, epoch: float, epochs: int) -> float:
        """Return the factor on the learning rate."""
        every = self.every if self.every is not None else math.ceil(epochs / 3)
        return self.factor ** (int(epoch) // every)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from 1 to `final` [1]_, after a linear warm-up over the first `warmup` epochs.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5.
    """

    warmup: float = 0.0
    final: float = 0.0

    def __post_init__(self) -> None:
        convert(self, warmup=non_negative_number, final=non_negative_number)

    def __call__(self, epoch: float, epochs: int) -> float:
        """Return the factor on the learning rate."""
        if epoch < self.warmup:
            return epoch / self.warmup
        if epoch >= epochs:
            return self.final
        progress = (epoch - self.warmup) / (epochs - self.warmup)
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress))


SCHEDULES: Registry[Schedule] = Registry(
    "schedule",
    {"constant": constant, "step": StepDown(), "cosine": Cosine(), "cosine-warmup": Cosine(warmup=1)},
)
