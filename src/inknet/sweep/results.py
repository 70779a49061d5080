"""The results of a sweep, as plain values."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from inknet.sweep.finalists import Finalist, read_finalists
from inknet.sweep.plan import Plan
from inknet.sweep.space import Choices, Value
from inknet.sweep.worker import FINISHED, retry_of

__all__ = ["Results", "TrialResult", "settings_of"]

_MIN_TRIALS_FOR_IMPORTANCES = 10


@dataclass(frozen=True)
class TrialResult:
    """A finished trial.

    Attributes
    ----------
    number : int
        In the order in which the trials were started; a retry has a number of its own.
    state : {"complete", "pruned"}
    settings : dict
        Searched and fixed ones.
    accuracy : float or None
        On the held-out images: after the best epoch, or, if pruned, after the last; None without an epoch.
    epochs : int
        Finished epochs.
    seconds : float
        Training time.
    parameters : int
        Number of weights and biases.
    retry_of : int or None
        The trial that this one repeats, because its process died or was interrupted.
    """

    number: int
    state: str
    settings: dict[str, Value]
    accuracy: float | None
    epochs: int
    seconds: float
    parameters: int
    retry_of: int | None = None

    @classmethod
    def read(cls, plan: Plan, trial: FrozenTrial) -> Self:
        """Return the result of one of Optuna's trials."""
        return cls(
            number=trial.number,
            state="complete" if trial.state == TrialState.COMPLETE else "pruned",
            settings=settings_of(plan, trial.params),
            accuracy=trial.value,
            epochs=len(trial.intermediate_values),
            seconds=float(trial.user_attrs.get("seconds", 0.0)),
            parameters=int(trial.user_attrs.get("parameters", 0)),
            retry_of=retry_of(trial),
        )


@dataclass(frozen=True)
class Results:
    """All results of a sweep.

    Attributes
    ----------
    name : str
        The study's name.
    plan : Plan
    trials : list of TrialResult
        Finished trials, by number.
    importances : dict
        The importance of each searched setting (PED-ANOVA [1]_); they sum to 1. Empty with fewer than ten trials.
    finalists : list of Finalist
        Best first.

    References
    ----------
    .. [1] S. Watanabe et al., "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces",
       2023.
    """

    name: str
    plan: Plan
    trials: list[TrialResult]
    importances: dict[str, float] = field(default_factory=dict)
    finalists: list[Finalist] = field(default_factory=list)

    @property
    def complete(self) -> list[TrialResult]:
        """The trials that were not pruned, best first."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return sorted(complete, key=lambda trial: (-(trial.accuracy or 0.0), trial.number))

    @property
    def best(self) -> TrialResult | None:
        """The best trial that was not pruned."""
        return next(iter(self.complete), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the results as plain values."""
        return {
            "study": self.name,
            "plan": self.plan.as_dict(),
            "best": None if self.best is None else asdict(self.best),
            "trials": [asdict(trial) for trial in self.trials],
            "importances": self.importances,
            "finalists": [finalist.as_dict() for finalist in self.finalists],
        }

    @classmethod
    def read(cls, storage: RDBStorage, study: optuna.Study, plan: Plan) -> Self:
        """Read the results from a study."""
        trials = cls.read_trials(study, plan)
        return replace(trials, importances=_importances(study), finalists=read_finalists(storage, study))

    @classmethod
    def read_trials(cls, study: optuna.Study, plan: Plan) -> Self:
        """Read only the trials, which is fast."""
        trials = study.get_trials(deepcopy=False, states=FINISHED)
        return cls(study.study_name, plan, [TrialResult.read(plan, trial) for trial in trials])


def settings_of(plan: Plan, chosen: dict[str, Any]) -> dict[str, Value]:
    """Return a trial's settings: the chosen ones, and those that have a single choice."""
    fixed = {
        name: dimension.values[0]
        for name, dimension in plan.space.items()
        if isinstance(dimension, Choices) and len(dimension.values) == 1
    }
    return {name: (fixed | chosen)[name] for name in plan.space if name in fixed or name in chosen}


def _importances(study: optuna.Study) -> dict[str, float]:
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < _MIN_TRIALS_FOR_IMPORTANCES or len({trial.value for trial in complete}) < 2:
        return {}
    # At least five trials: the best tenth of a few trials would be one or two.
    evaluator = PedAnovaImportanceEvaluator(target_quantile=max(0.1, min(0.5, 5 / len(complete))))
    return {name: float(share) for name, share in get_param_importances(study, evaluator=evaluator).items()}
