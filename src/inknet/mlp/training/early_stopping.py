"""Early stopping: rules that end a training that no longer improves. None applies unless asked for."""

import dataclasses
import itertools
from dataclasses import dataclass
from typing import ClassVar, Protocol

from inknet.mlp.registry import Registry
from inknet.mlp.scalars import convert, non_negative_number, positive_integer
from inknet.mlp.training.history import EpochReport, History

__all__ = [
    "EARLY_STOPPING_RULES",
    "AccuracyFalls",
    "EarlyStopping",
    "LossFlat",
    "LossRises",
    "NoImprovement",
    "find_early_stopping",
]


class EarlyStopping(Protocol):
    """Interface of a rule. It reads the epochs so far and keeps no state, so a resumed training stops alike."""

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return the reason to stop now, or None to continue."""


@dataclass(frozen=True)
class _Patient:
    """Base of the rules that compare each epoch with the one before.

    `patience` is the number of epochs in a row for which the rule must hold.
    """

    patience: int = 1
    _text: ClassVar[str]

    def __post_init__(self) -> None:
        convert(self, patience=positive_integer)

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return the reason to stop now, or None to continue."""
        signs = [self._holds(before, after) for before, after in itertools.pairwise(epochs)]
        if len(signs) >= self.patience and all(signs[-self.patience :]):
            last = epochs[-1]
            return self._text.format(loss=last.loss, accuracy=last.validation_accuracy or 0) + f" ({self._times})"
        return None

    def _holds(self, before: EpochReport, after: EpochReport) -> bool:
        raise NotImplementedError

    @property
    def _times(self) -> str:
        return "once" if self.patience == 1 else f"{self.patience} times in a row"


@dataclass(frozen=True)
class AccuracyFalls(_Patient):
    """Stop when the held-out accuracy fell from one epoch to the next, `patience` times in a row."""

    _text = "the held-out accuracy fell to {accuracy:.4f}"

    def _holds(self, before: EpochReport, after: EpochReport) -> bool:
        return (after.validation_accuracy or 0) < (before.validation_accuracy or 0)


@dataclass(frozen=True)
class LossRises(_Patient):
    """Stop when the training loss rose from one epoch to the next, `patience` times in a row."""

    _text = "the training loss rose to {loss:.6f}"

    def _holds(self, before: EpochReport, after: EpochReport) -> bool:
        return after.loss > before.loss


@dataclass(frozen=True)
class LossFlat(_Patient):
    """Stop when the training loss changed by at most the share `tolerance`, `patience` times in a row."""

    tolerance: float = 1e-3
    _text = "the training loss stayed flat at {loss:.6f}"

    def __post_init__(self) -> None:
        super().__post_init__()
        convert(self, tolerance=non_negative_number)

    def _holds(self, before: EpochReport, after: EpochReport) -> bool:
        return abs(after.loss - before.loss) <= self.tolerance * before.loss


@dataclass(frozen=True)
class NoImprovement(_Patient):
    """Stop when the best epoch, as `History.best` ranks them, is `patience` epochs old [1]_.

    References
    ----------
    .. [1] L. Prechelt, "Early stopping - but when?", 1998, its criterion UP.
    """

    patience: int = 10

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return the reason to stop now, or None to continue."""
        best = History(epochs).best
        if best is None or len(epochs) - best.epoch < self.patience:
            return None
        return f"no epoch was better than epoch {best.epoch} ({self._times})"


EARLY_STOPPING_RULES: Registry[EarlyStopping] = Registry(
    "early-stopping rule",
    {
        "accuracy-falls": AccuracyFalls(),
        "loss-rises": LossRises(),
        "loss-flat": LossFlat(),
        "no-improvement": NoImprovement(),
    },
    needs="reason",
)


def find_early_stopping(rule: str | EarlyStopping, patience: int | None = None) -> EarlyStopping:
    """Return the rule of this name, with this patience if there is one, or the rule itself.

    Raises
    ------
    InputError
        If the name is unknown, or the patience is not a positive integer.
    """
    found = EARLY_STOPPING_RULES.find(rule)
    if isinstance(rule, str) and isinstance(found, _Patient) and patience is not None:
        found = dataclasses.replace(found, patience=patience)
    return found
