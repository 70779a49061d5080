"""The finalists of a sweep: the best settings, trained again from several seeds.

The accuracy of a single training depends on its seed. Finalists are trained from seeds that no trial used, in a study
of their own whose trials are all queued at its start.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import optuna
from optuna.distributions import IntDistribution
from optuna.pruners import NopPruner
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from inknet.sweep.space import Value
from inknet.sweep.worker import FINISHED

__all__ = ["Finalist", "choose_finalists", "queue_finalists", "read_finalists"]

Settings = dict[str, Value]


@dataclass(frozen=True)
class Finalist:
    """Settings, and the accuracy that they reach from several seeds.

    Attributes
    ----------
    settings : dict
    accuracies : list of float
        One per seed, on the held-out images.
    seconds : float
        Mean training time.
    parameters : int
        Number of weights and biases.
    """

    settings: Settings
    accuracies: list[float]
    seconds: float
    parameters: int

    @property
    def mean(self) -> float:
        """The mean accuracy."""
        return fmean(self.accuracies)

    @property
    def sd(self) -> float | None:
        """The standard deviation of the accuracies; None if there is only one."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None

    def as_dict(self) -> dict[str, Any]:
        """Return the finalist as plain values."""
        return {**vars(self), "mean": self.mean, "sd": self.sd}


def choose_finalists(settings: Iterable[Settings], count: int, each: str | None = None) -> list[Settings]:
    """Return the first `count` of these settings, best first, without repetition; with `each`, one per choice of it."""
    chosen: dict[object, Settings] = {}
    for one in settings:
        chosen.setdefault(json.dumps(one) if each is None else one.get(each), one)
    return list(chosen.values())[:count]


def queue_finalists(storage: RDBStorage, study: optuna.Study, settings: list[Settings], seeds: int) -> optuna.Study:
    """Return the study of these finalists, with a trial for each of them and each seed."""
    digest = hashlib.sha256(json.dumps([settings, seeds]).encode()).hexdigest()[:12]
    name = f"{study.study_name}-finalists-{digest}"
    finals = optuna.create_study(
        study_name=name, storage=storage, direction="maximize", pruner=NopPruner(), load_if_exists=True
    )
    finals.set_user_attr("settings", settings)
    study.set_user_attr("finalists", name)
    # Some may be missing: the process that queued them was killed, or a trial was given up.
    queued = [trial.params for trial in finals.get_trials(deepcopy=False) if trial.state != TrialState.FAIL]
    distributions = {
        "finalist": IntDistribution(0, max(1, len(settings) - 1)),
        "seed": IntDistribution(1, max(2, seeds)),
    }
    for seed in range(1, seeds + 1):
        for finalist in range(len(settings)):
            params = {"finalist": finalist, "seed": seed}
            if params not in queued:
                finals.add_trial(
                    optuna.create_trial(state=TrialState.WAITING, params=params, distributions=dict(distributions))
                )
    return finals


def read_finalists(storage: RDBStorage, study: optuna.Study) -> list[Finalist]:
    """Return the finalists that were chosen last, with the trainings finished so far, best first."""
    name = study.user_attrs.get("finalists")
    if name is None:
        return []
    finals = optuna.load_study(study_name=name, storage=storage)
    trials = finals.get_trials(deepcopy=False, states=FINISHED)
    finalists = []
    for number, settings in enumerate(finals.user_attrs["settings"]):
        own = [trial for trial in trials if trial.params["finalist"] == number]
        if own:
            own.sort(key=lambda trial: trial.params["seed"])
            seconds = fmean(trial.user_attrs["seconds"] for trial in own)
            accuracies = [float(trial.value or 0.0) for trial in own]
            finalists.append(Finalist(settings, accuracies, seconds, own[0].user_attrs["parameters"]))
    return sorted(finalists, key=lambda finalist: -finalist.mean)
