"""Early stopping: rules that end a training that no longer improves. None is on unless asked for."""

import itertools
from dataclasses import dataclass
from typing import Protocol

from inknet.errors import InputError
from inknet.mlp.lookup import find
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
    """A rule: it reads the epochs so far, and remembers nothing, so that a resumed training obeys it alike."""

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return why to stop now, or None to go on."""


def _check_patience(patience: int) -> None:
    if patience < 1:
        raise InputError(f"patience is a whole number from 1; got {patience!r}")


@dataclass(frozen=True)
class AccuracyFalls:
    """Stop when the held-out accuracy was below that of the epoch before, `patience` times in a row."""

    patience: int = 1

    def __post_init__(self) -> None:
        _check_patience(self.patience)

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return why to stop now, or None to go on."""
        accuracies = [0.0 if e.validation_accuracy is None else e.validation_accuracy for e in epochs]
        if _in_a_row([after < before for before, after in itertools.pairwise(accuracies)], self.patience):
            return f"the held-out accuracy fell to {accuracies[-1]:.4f} ({_times(self.patience)})"
        return None


@dataclass(frozen=True)
class LossRises:
    """Stop when the training loss was above that of the epoch before, `patience` times in a row."""

    patience: int = 1

    def __post_init__(self) -> None:
        _check_patience(self.patience)

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return why to stop now, or None to go on."""
        if _in_a_row([b.loss > a.loss for a, b in itertools.pairwise(epochs)], self.patience):
            return f"the training loss rose to {epochs[-1].loss:.6f} ({_times(self.patience)})"
        return None


@dataclass(frozen=True)
class LossFlat:
    """Stop when the training loss moved by no more than `tolerance` of itself, `patience` times in a row."""

    tolerance: float = 1e-3
    patience: int = 1

    def __post_init__(self) -> None:
        _check_patience(self.patience)

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return why to stop now, or None to go on."""
        flat = [abs(b.loss - a.loss) <= self.tolerance * a.loss for a, b in itertools.pairwise(epochs)]
        if _in_a_row(flat, self.patience):
            return f"the training loss stayed flat at {epochs[-1].loss:.6f} ({_times(self.patience)})"
        return None


@dataclass(frozen=True)
class NoImprovement:
    """Stop when the best epoch lies `patience` epochs back, as `History.best` ranks them: early stopping [1]_.

    References
    ----------
    .. [1] L. Prechelt, "Early stopping - but when?", 1998, its criterion UP.
    """

    patience: int = 10

    def __post_init__(self) -> None:
        _check_patience(self.patience)

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return why to stop now, or None to go on."""
        best = History(epochs).best
        if best is None or len(epochs) - best.epoch < self.patience:
            return None
        return f"no epoch was better than epoch {best.epoch} ({_times(self.patience)})"


EARLY_STOPPING_RULES: dict[str, AccuracyFalls | LossRises | LossFlat | NoImprovement] = {
    "accuracy-falls": AccuracyFalls(),
    "loss-rises": LossRises(),
    "loss-flat": LossFlat(),
    "no-improvement": NoImprovement(),
}


def find_early_stopping(rule: str | EarlyStopping) -> EarlyStopping:
    """Look a rule up by its name; what is a rule already is returned as it is.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    rules: dict[str, EarlyStopping] = {**EARLY_STOPPING_RULES}
    return find("early stopping", rule, rules, needs="reason")


def _in_a_row(signs: list[bool], patience: int) -> bool:
    return len(signs) >= patience and all(signs[-patience:])


def _times(patience: int) -> str:
    return "once" if patience == 1 else f"{patience} times in a row"
