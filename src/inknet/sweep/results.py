"""What a sweep has found, as plain values."""

from dataclasses import asdict, dataclass, field
from typing import Any

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from inknet.sweep.finalists import Finalist, read_finalists
from inknet.sweep.plan import Plan
from inknet.sweep.space import Choices, Value
from inknet.sweep.study import FINISHED, TrialStore

__all__ = ["Results", "TrialResult", "best_of", "settings_of"]

#: Of fewer trials than that, no importance can be told.
_ENOUGH = 10


@dataclass(frozen=True)
class TrialResult:
    """One finished trial.

    Attributes
    ----------
    number : int
        In the order in which they were begun; a trial that was tried again has a new number.
    state : {"complete", "pruned"}
    settings : dict
        What was chosen, and what was fixed.
    accuracy : float or None
        On the held-out images, after the best epoch; of a pruned trial after its last, and None if it had none.
    epochs : int
        That were finished.
    seconds : float
        What they took.
    parameters : int
        Weights and biases.
    retry_of : int or None
        The trial that it stands for, whose process died or was interrupted.
    """

    number: int
    state: str
    settings: dict[str, Value]
    accuracy: float | None
    epochs: int
    seconds: float
    parameters: int
    retry_of: int | None = None


@dataclass(frozen=True)
class Results:
    """All that a sweep has found.

    Attributes
    ----------
    name : str
        The study's.
    plan : Plan
    trials : list of TrialResult
        The finished ones.
    importances : dict
        For each setting that was searched, its share in whether a trial is among the best; empty with few trials.
    finalists : list of Finalist
        Best first.
    """

    name: str
    plan: Plan
    trials: list[TrialResult]
    importances: dict[str, float] = field(default_factory=dict)
    finalists: list[Finalist] = field(default_factory=list)

    @property
    def best(self) -> TrialResult | None:
        """The best trial that was trained to the end."""
        return best_of(self.trials)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        best = self.best
        return {
            "study": self.name,
            "plan": self.plan.as_dict(),
            "best": None if best is None else asdict(best),
            "trials": [asdict(trial) for trial in self.trials],
            "importances": self.importances,
            "finalists": [finalist.as_dict() for finalist in self.finalists],
        }

    @classmethod
    def read(cls, store: TrialStore, study: optuna.Study, plan: Plan) -> "Results":
        """Read what a study holds."""
        trials = study.get_trials(deepcopy=False, states=FINISHED)
        return cls(
            study.study_name,
            plan,
            [trial_result(plan, trial) for trial in trials],
            _importances(study, trials),
            read_finalists(store, study),
        )


def best_of(trials: list[TrialResult]) -> TrialResult | None:
    """Return the best trial that was trained to the end, the first of equals."""
    complete = [trial for trial in trials if trial.state == "complete" and trial.accuracy is not None]
    return max(complete, key=lambda trial: (trial.accuracy or 0.0, -trial.number), default=None)


def trial_result(plan: Plan, trial: FrozenTrial) -> TrialResult:
    """Return a finished trial as plain values."""
    return TrialResult(
        number=trial.number,
        state="complete" if trial.state == TrialState.COMPLETE else "pruned",
        settings=settings_of(plan, trial.params),
        accuracy=trial.value,
        epochs=len(trial.intermediate_values),
        seconds=float(trial.user_attrs.get("seconds", 0.0)),
        parameters=int(trial.user_attrs.get("parameters", 0)),
        retry_of=trial.system_attrs.get("failed_trial"),
    )


def settings_of(plan: Plan, chosen: dict[str, Any]) -> dict[str, Value]:
    """Return a trial's settings: what was chosen, and what has but one choice."""
    settings: dict[str, Value] = {}
    for name, dimension in plan.space.items():
        if name in chosen:
            settings[name] = chosen[name]
        elif isinstance(dimension, Choices) and len(dimension.values) == 1:
            settings[name] = dimension.values[0]
    return settings


def _importances(study: optuna.Study, trials: list[FrozenTrial]) -> dict[str, float]:
    """Return each setting's importance by PED-ANOVA, which needs no other library; they add up to 1.

    References
    ----------
    .. [1] S. Watanabe et al., "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces",
       2023.
    """
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if len(complete) < _ENOUGH or len({trial.value for trial in complete}) < 2:
        return {}
    # Of few trials the best tenth would be one or two.
    evaluator = PedAnovaImportanceEvaluator(target_quantile=max(0.1, min(0.5, 5 / len(complete))))
    found = get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}
