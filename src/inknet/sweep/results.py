"""The results of a sweep, as plain values."""

import json
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import Any, Self

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from inknet.sweep.plan import Plan
from inknet.sweep.space import Settings
from inknet.sweep.worker import FINISHED, place

__all__ = ["Finalist", "Results", "TrialResult"]


@dataclass(frozen=True)
class TrialResult:
    """A finished trial."""

    number: int
    """In the order in which the trials were started; a retry has a number of its own."""
    state: str
    """"complete" or "pruned"."""
    settings: Settings
    """Searched and fixed ones."""
    accuracy: float | None
    """On the held-out images: after the best epoch, or, if pruned, after the last; None without an epoch."""
    epochs: int
    seconds: float
    parameters: int
    """Number of weights and biases."""
    retry_of: int | None = None
    """The trial that this one repeats, because its process died or was interrupted."""


@dataclass(frozen=True)
class Finalist:
    """Settings, and the accuracy that they reach from several seeds."""

    settings: Settings
    accuracies: list[float]
    """One per seed, on the held-out images."""
    seconds: float
    """Mean duration of a training."""
    parameters: int
    mean: float
    sd: float | None
    """The standard deviation of the accuracies; None if there is only one."""


@dataclass(frozen=True)
class Results:
    """All results of a sweep.

    References
    ----------
    .. [1] S. Watanabe et al., "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces",
       2023.
    """

    study: str
    plan: Plan
    trials: list[TrialResult]
    """Finished trials, by number."""
    importances: dict[str, float] = field(default_factory=dict)
    """The importance of each searched setting [1]_; they sum to 1. Empty with fewer than ten trials."""
    finalists: list[Finalist] = field(default_factory=list)
    """Best first."""

    @property
    def complete(self) -> list[TrialResult]:
        """The trials that were not pruned, best first."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return sorted(complete, key=lambda trial: (-(trial.accuracy or 0.0), trial.number))

    @property
    def best(self) -> TrialResult | None:
        """The best trial that was not pruned."""
        return next(iter(self.complete), None)

    def choose_finalists(self, count: int) -> list[Settings]:
        """Return the best settings, without repetition; if the plan has `each`, one per choice of it."""
        chosen: dict[object, Settings] = {}
        for trial in self.complete:
            key = json.dumps(trial.settings) if self.plan.each is None else trial.settings[self.plan.each]
            chosen.setdefault(key, trial.settings)
        return list(chosen.values())[:count]

    def as_dict(self) -> dict[str, Any]:
        """Return the results as plain values, the best trial among them."""
        return asdict(self) | {"plan": self.plan.as_dict(), "best": self.best and asdict(self.best)}

    @classmethod
    def read(cls, study: optuna.Study, plan: Plan, storage: RDBStorage | None = None) -> Self:
        """Read the results of a study; without its storage only the trials, which is fast."""
        trials = [
            TrialResult(
                number=trial.number,
                state="complete" if trial.state == TrialState.COMPLETE else "pruned",
                settings=plan.settings(trial.params),
                accuracy=trial.value,
                epochs=len(trial.intermediate_values),
                seconds=trial.user_attrs["seconds"],
                parameters=trial.user_attrs["parameters"],
                retry_of=None if place(trial) == trial.number else place(trial),
            )
            for trial in study.get_trials(deepcopy=False, states=FINISHED)
        ]
        if storage is None:
            return cls(study.study_name, plan, trials)
        return cls(study.study_name, plan, trials, _importances(study), _finalists(storage, study))


def _importances(study: optuna.Study) -> dict[str, float]:
    # Imports scikit-learn and SciPy, which would delay every command of a sweep.
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < 10 or len({trial.value for trial in complete}) < 2:
        return {}
    # At least five trials: the best tenth of a few trials would be one or two.
    evaluator = PedAnovaImportanceEvaluator(target_quantile=max(0.1, min(0.5, 5 / len(complete))))
    return {name: float(share) for name, share in get_param_importances(study, evaluator=evaluator).items()}


def _finalists(storage: RDBStorage, study: optuna.Study) -> list[Finalist]:
    """Return the finalists that were chosen last, with the trainings finished so far, best first."""
    name = study.user_attrs.get("finalists")
    if name is None:
        return []
    finals = optuna.load_study(study_name=name, storage=storage)
    trials = finals.get_trials(deepcopy=False, states=FINISHED)
    trials.sort(key=lambda trial: trial.params["seed"])
    finalists = []
    for number, settings in enumerate(finals.user_attrs["settings"]):
        if own := [trial for trial in trials if trial.params["finalist"] == number]:
            accuracies = [float(trial.value or 0.0) for trial in own]
            seconds = fmean(trial.user_attrs["seconds"] for trial in own)
            sd = stdev(accuracies) if len(own) > 1 else None
            parameters = own[0].user_attrs["parameters"]
            finalists.append(Finalist(settings, accuracies, seconds, parameters, fmean(accuracies), sd))
    return sorted(finalists, key=lambda finalist: -finalist.mean)
