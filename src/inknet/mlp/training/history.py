"""What a training reports: a line an epoch, and how it ended."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

__all__ = ["EpochReport", "History"]


@dataclass(frozen=True)
class EpochReport:
    """One epoch of a training.

    Attributes
    ----------
    epoch : int
        From 1.
    loss : float
        The mean training loss of the epoch's steps.
    learning_rate : float
        At the epoch's start.
    seconds : float
        What the epoch took, with its measuring on the held-out set.
    validation_loss, validation_accuracy : float or None
        On the held-out set, after the epoch; None without one. There is no accuracy where nothing is classified.
    """

    epoch: int
    loss: float
    learning_rate: float
    seconds: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    def as_dict(self) -> dict[str, float | int | None]:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make it from what `as_dict` returned, and was in a file meanwhile.

        Raises
        ------
        TypeError
            If the values are not whole, or are no numbers.
        """
        report = cls(**values)
        for name, value in report.as_dict().items():
            if type(value) not in (int, float) and not (value is None and name.startswith("validation")):
                raise TypeError(f"{name} is no number")
        return report


@dataclass
class History:
    """The epochs of a training.

    Attributes
    ----------
    epochs : list of EpochReport
        One an epoch, in order.
    stopped : str
        Why the training ended.
    """

    epochs: list[EpochReport] = field(default_factory=list)
    stopped: str = ""

    @property
    def best(self) -> EpochReport | None:
        """The best epoch: the highest held-out accuracy, then the lowest held-out loss, then training loss."""
        return min(self.epochs, key=_rank, default=None)

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[EpochReport]:
        return iter(self.epochs)


def _rank(report: EpochReport) -> tuple[float, float, float]:
    """Order epochs from best to worst; what was not measured counts the same for all."""
    accuracy = 0.0 if report.validation_accuracy is None else report.validation_accuracy
    return -accuracy, 0.0 if report.validation_loss is None else report.validation_loss, report.loss
