"""The finalists of a sweep: the best settings, trained again from several seeds.

One training is luck in part. Each finalist is trained from seeds that no trial has used, so that what the sweep was
lucky with does not count. Their trainings are a study of their own, whose trials are all queued when it begins.
"""

import hashlib
import json
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.trial import TrialState

from inknet.sweep.space import Value
from inknet.sweep.study import TrialStore

if TYPE_CHECKING:
    from inknet.sweep.results import TrialResult

__all__ = ["Finalist", "choose_finalists", "queue_finalists", "read_finalists"]

Settings = dict[str, Value]


@dataclass(frozen=True)
class Finalist:
    """A setting, and how it does from several seeds.

    Attributes
    ----------
    settings : dict
    accuracies : list of float
        One a seed, on the held-out images.
    seconds : float
        What a training takes, in the mean.
    parameters : int
        Weights and biases.
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
        """The standard deviation of the accuracies; None of one."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "settings": self.settings,
            "mean": self.mean,
            "sd": self.sd,
            "accuracies": self.accuracies,
            "seconds": self.seconds,
            "parameters": self.parameters,
        }


def choose_finalists(trials: "list[TrialResult]", count: int, each: str | None = None) -> list[Settings]:
    """Return the settings of the best trials that were trained to the end, best first.

    Parameters
    ----------
    trials : list of TrialResult
    count : int
        How many at most.
    each : str or None
        A setting; of all trials with the same value of it, only the best is chosen.
    """
    complete = [trial for trial in trials if trial.state == "complete"]
    chosen: dict[object, Settings] = {}
    for trial in sorted(complete, key=lambda trial: (-(trial.accuracy or 0.0), trial.number)):
        key = json.dumps(trial.settings) if each is None else trial.settings.get(each)
        chosen.setdefault(key, trial.settings)
    return list(chosen.values())[:count]


def queue_finalists(
    store: TrialStore, study: optuna.Study, settings: list[Settings], seeds: int
) -> tuple[optuna.Study, int]:
    """Return the study of these finalists, and how many trainings it has; to be called in `TrialStore.exclusive`."""
    text = json.dumps([settings, seeds])
    name = f"{study.study_name}-finalists-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    finals = store.study(name, optuna.pruners.NopPruner())
    finals.set_user_attr("settings", settings)
    study.set_user_attr("finalists", name)
    distributions: dict[str, BaseDistribution] = {
        "finalist": IntDistribution(0, max(1, len(settings) - 1)),
        "seed": IntDistribution(1, max(2, seeds)),
    }
    # Some may be missing: whoever queued them may have been killed meanwhile, or one has failed for good.
    there = {
        (trial.params.get("finalist"), trial.params.get("seed"))
        for trial in finals.get_trials(deepcopy=False)
        if trial.state != TrialState.FAIL
    }
    for seed in range(1, seeds + 1):
        for finalist in range(len(settings)):
            if (finalist, seed) not in there:
                parameters = {"finalist": finalist, "seed": seed}
                finals.add_trial(
                    optuna.create_trial(state=TrialState.WAITING, params=parameters, distributions=distributions)
                )
    return finals, len(settings) * seeds


def read_finalists(store: TrialStore, study: optuna.Study) -> list[Finalist]:
    """Return the finalists that were last chosen, as far as they have been trained, best first."""
    name = study.user_attrs.get("finalists")
    finals = None if name is None else store.find(name)
    if finals is None:
        return []
    found = []
    trials = finals.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    for number, settings in enumerate(finals.user_attrs["settings"]):
        own = sorted(
            (trial for trial in trials if trial.params["finalist"] == number), key=lambda trial: trial.params["seed"]
        )
        if own:
            accuracies = [float(trial.value or 0.0) for trial in own]
            seconds = fmean(trial.user_attrs["seconds"] for trial in own)
            found.append(Finalist(settings, accuracies, seconds, own[0].user_attrs["parameters"]))
    return sorted(found, key=lambda finalist: -finalist.mean)
