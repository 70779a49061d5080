"""One trial of a sweep: its settings are suggested, trained, and possibly pruned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.pruners import BasePruner, MedianPruner
from optuna.samplers import PartialFixedSampler, TPESampler
from optuna.trial import BaseTrial, FrozenTrial, TrialState

from inknet.digits.datasets.dataset import load_dataset
from inknet.digits.training.recipes import fit_recipe
from inknet.digits.training.run import new_network, training_set_of
from inknet.digits.training.training_set import TrainingSet
from inknet.errors import InputError, TrainingError
from inknet.mlp import EpochReport, Network, Trainer
from inknet.sweep.plan import Plan
from inknet.sweep.space import Settings

__all__ = ["TrialTrainer", "assign", "new_pruner", "suggest"]


class TrialTrainer:
    """Trains the networks of a sweep on its images; see `load_dataset` for the files and errors."""

    def __init__(self, plan: Plan, files: Mapping[str, Any]) -> None:
        self.plan = plan
        self.dataset = load_dataset(files)
        rows = len(self.dataset.labels)
        if plan.held_out >= rows:
            raise InputError(f"held_out must be less than the number of images, {rows}, got {plan.held_out}")
        self._training_sets: dict[str, TrainingSet] = {}

    def train(
        self, settings: Settings, seed: int, trial: BaseTrial, on_epoch: Callable[[EpochReport], None]
    ) -> tuple[Network, float]:
        """Train a network with these settings; return it after its best epoch, and its accuracy on the held-out images.

        Raises `optuna.TrialPruned` if the trial falls behind or its loss diverges, and `KeyboardInterrupt` on Ctrl-C.
        """
        recipe = fit_recipe(self.plan.recipe(settings), self.dataset)
        network = new_network(recipe, seed)
        network.metadata |= self.dataset.metadata() | {"settings": settings}
        if recipe.name not in self._training_sets:
            self._training_sets[recipe.name] = training_set_of(recipe, self.dataset, self.plan.seed)
        seconds = 0.0

        def report(epoch: EpochReport, _trainer: Trainer) -> None:
            nonlocal seconds
            seconds += epoch.seconds
            trial.report(epoch.validation_accuracy or 0.0, epoch.epoch)
            on_epoch(epoch)
            if epoch.epoch < recipe.epochs and trial.should_prune():
                raise optuna.TrialPruned

        try:
            history = self._training_sets[recipe.name].train(network, recipe, seed=seed, on_epoch=report)
        except TrainingError as error:
            raise optuna.TrialPruned from error
        finally:
            trial.set_user_attr("seconds", seconds)
            trial.set_user_attr("parameters", network.parameter_count)
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        return network, max(epoch.validation_accuracy or 0.0 for epoch in history)


def suggest(plan: Plan, study: optuna.Study, trial: BaseTrial) -> Settings:
    """Choose a trial's settings; they depend on the seed, the trial's number and the trials before it."""
    seed = int(np.random.SeedSequence([plan.seed, trial.number]).generate_state(1)[0])
    study.sampler = TPESampler(seed=seed)
    if plan.each is not None:
        fixed = {plan.each: plan.choices_in_turn[trial.number % len(plan.choices_in_turn)]}
        study.sampler = PartialFixedSampler(fixed, study.sampler)
    for name, dimension in plan.space.items():
        if isinstance(dimension, CategoricalDistribution):
            if not dimension.single():
                trial.suggest_categorical(name, dimension.choices)
        elif isinstance(dimension, IntDistribution):
            trial.suggest_int(name, dimension.low, dimension.high, log=dimension.log)
        else:
            trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
    return plan.settings(trial.params)


def assign(trial: optuna.Trial, finalists: int, seeds: int) -> tuple[int, int]:
    """Choose a finalist, from 0, and its seed, from 1: those of the trial's number, or the first that no trial has."""
    trials = trial.study.get_trials(deepcopy=False)
    taken = [other.params for other in trials if other.state != TrialState.FAIL and other.number != trial.number]
    pairs = [{"finalist": finalist, "seed": seed} for seed in range(1, seeds + 1) for finalist in range(finalists)]
    # A retry keeps its own.
    possible = [pair for pair in (*pairs[trial.number :], *pairs) if trial.params.items() <= pair.items()]
    chosen = next((pair for pair in possible if pair not in taken), possible[0])
    for name, value in chosen.items():
        trial.suggest_int(name, value, value)
    return chosen["finalist"], chosen["seed"]


def new_pruner(plan: Plan) -> BasePruner:
    """Return the pruner of a plan: the median stopping rule [1]_, from `prune_after` epochs on.

    References
    ----------
    .. [1] D. Golovin et al., "Google Vizier: a service for black-box optimization", 2017, section 3.2.1.
    """
    if plan.each is None:
        return MedianPruner(n_startup_trials=5, n_warmup_steps=plan.prune_after)
    return _GroupedPruner(plan.each, MedianPruner(n_startup_trials=3, n_warmup_steps=plan.prune_after))


@dataclass(frozen=True)
class _GroupedPruner(BasePruner):
    """Compares a trial only with those of the same choice."""

    each: str
    pruner: BasePruner

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        group = optuna.create_study(directions=study.directions)
        for other in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            if other.params.get(self.each) == trial.params.get(self.each):
                group.add_trial(other)
        return self.pruner.prune(group, trial)
