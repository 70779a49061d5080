"""The interface of steppers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from inknet.mlp.training.data import Block

__all__ = ["Rate", "Stepper", "shift"]

#: Row of a block → learning rate of the step that begins there.
Rate = Callable[[int], float]


def shift(rate: Rate, start: int) -> Rate:
    """Return the rate for a part of a block, by its own rows."""
    return lambda row: rate(start + row)


class Stepper(ABC):
    """Takes the steps of training: one per batch, in order, on the network's parameters."""

    def begin_epoch(self) -> None:  # noqa: B027 - most steppers need none
        """Prepare for an epoch; the network has the parameters to begin with."""

    @abstractmethod
    def train_block(self, block: Block, rate: Rate) -> Iterator[tuple[int, float]]:
        """Train on a block of rows, and yield the number of rows and the loss of each step."""

    def end_epoch(self) -> None:  # noqa: B027 - most steppers need none
        """Bring the network's parameters up to date; not called if the epoch is interrupted."""
