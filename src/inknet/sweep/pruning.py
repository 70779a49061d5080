"""When a trial is ended early: after its first epochs, it is worse than the median of those before it."""

from statistics import median
from typing import TYPE_CHECKING

from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    import optuna

__all__ = ["Median"]


class Median(BasePruner):
    """The median stopping rule [1]_, if wanted among like trials only.

    Parameters
    ----------
    after : int
        No trial is ended before so many epochs.
    each : str or None
        A setting; a trial is compared only with those that have the same value of it.
    enough : int
        With fewer trials to compare with, none is ended.

    References
    ----------
    .. [1] D. Golovin et al., "Google Vizier: a service for black-box optimization", 2017, section 3.2.1.
    """

    def __init__(self, after: int, each: str | None, enough: int) -> None:
        self.after = after
        self.each = each
        self.enough = enough

    def prune(self, study: "optuna.Study", trial: FrozenTrial) -> bool:
        """Whether to end a trial now: its best so far is below the median of the others' bests by this epoch."""
        epoch = trial.last_step
        if epoch is None or epoch < self.after:
            return False
        others = [
            _best_by(other, epoch)
            for other in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if epoch in other.intermediate_values
            and (self.each is None or other.params.get(self.each) == trial.params.get(self.each))
        ]
        return len(others) >= self.enough and _best_by(trial, epoch) < median(others)


def _best_by(trial: FrozenTrial, epoch: int) -> float:
    return max(value for step, value in trial.intermediate_values.items() if step <= epoch)
