"""The history of a training: a report per epoch, and why it ended."""

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
        The number of the epoch, from 1.
    loss : float
        Mean training loss over the epoch's steps.
    learning_rate : float
        The learning rate at the start of the epoch.
    seconds : float
        Duration, including the measurement on the held-out set.
    validation_loss, validation_accuracy : float or None
        On the held-out set after the epoch; None without one. A regression has no accuracy.
    """

    epoch: int
    loss: float
    learning_rate: float
    seconds: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the report as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the report that `as_dict` described, possibly read from a file.

        Raises
        ------
        TypeError
            If a value is missing, unknown or not a number.
        """
        report = cls(**values)
        for name, value in report.as_dict().items():
            if type(value) not in (int, float) and not (value is None and name.startswith("validation")):
                raise TypeError(f"{name} must be a number, got {value!r}")
        return report


@dataclass
class History:
    """The epochs of a training.

    Attributes
    ----------
    epochs : list of EpochReport
        The reports, in order.
    stopped : str
        The reason why the training ended.
    """

    epochs: list[EpochReport] = field(default_factory=list)
    stopped: str = ""

    @property
    def best(self) -> EpochReport | None:
        """The best epoch: highest held-out accuracy, then lowest held-out loss, then lowest training loss."""
        return min(self.epochs, key=_rank, default=None)

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[EpochReport]:
        return iter(self.epochs)


def _rank(report: EpochReport) -> tuple[float, float, float]:
    """Return a key that sorts epochs from best to worst; missing values compare as equal."""
    return -(report.validation_accuracy or 0), report.validation_loss or 0, report.loss
