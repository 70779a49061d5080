"""One trial of a sweep: its settings are suggested, trained, and possibly pruned."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import PartialFixedSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from inknet.digits.datasets.dataset import load_dataset
from inknet.digits.training.recipes import Recipe, fit_recipe
from inknet.digits.training.run import new_network, training_set_of
from inknet.digits.training.training_set import TrainingSet
from inknet.errors import InputError
from inknet.mlp import EpochReport, Network, Trainer
from inknet.sweep.plan import Plan
from inknet.sweep.results import settings_of
from inknet.sweep.space import Choices, Value
from inknet.sweep.storage import experimental

__all__ = ["Data", "new_pruner", "suggest", "train"]


class Data:
    """The images of a sweep, read once per process; see `inknet.digits.training.run.Run.start` for their files.

    Raises
    ------
    InputError, DataError
        If the images cannot be read, or too many are held out.
    """

    def __init__(self, plan: Plan, data: Path | None, images: Path | None, labels: Path | None) -> None:
        self.images = load_dataset({"data": data, "images": images, "labels": labels})
        rows = len(self.images.labels)
        if plan.held_out >= rows:
            raise InputError(f"held_out must be less than the number of images, {rows}, got {plan.held_out}")
        self._seed = plan.seed
        self._sets: dict[Any, TrainingSet] = {}

    def training_set(self, recipe: Recipe) -> TrainingSet:
        """Return the training set of a recipe; trials with the same images share it."""
        key = (recipe.held_out, recipe.pen_variants, recipe.canvas_variants, recipe.distortion, recipe.moments)
        if key not in self._sets:
            self._sets[key] = training_set_of(recipe, self.images, self._seed)
        return self._sets[key]


def suggest(plan: Plan, trial: optuna.Trial) -> dict[str, Value]:
    """Choose a trial's settings; they depend on the seed, the trial's number and the trials before it."""
    seed = int(np.random.SeedSequence([plan.seed, trial.number]).generate_state(1)[0])
    trial.study.sampler = TPESampler(seed=seed)
    if plan.each is not None:
        choices = plan.choices_in_turn
        with experimental():
            trial.study.sampler = PartialFixedSampler(
                {plan.each: choices[trial.number % len(choices)]}, trial.study.sampler
            )
    chosen: dict[str, Any] = {}
    for name, dimension in plan.space.items():
        if isinstance(dimension, Choices):
            if len(dimension.values) > 1:
                chosen[name] = trial.suggest_categorical(name, dimension.values)
        elif isinstance(dimension.low, int) and isinstance(dimension.high, int):
            chosen[name] = trial.suggest_int(name, dimension.low, dimension.high, log=dimension.log)
        else:
            chosen[name] = trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
    return settings_of(plan, chosen)


def train(
    plan: Plan, data: Data, settings: dict[str, Value], seed: int, on_epoch: Callable[[EpochReport], None]
) -> tuple[Network, float]:
    """Train a network with these settings; return its best epoch's parameters and accuracy on the held-out images.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    InputError, TrainingError
        See `inknet.mlp.Trainer`.
    """
    recipe = fit_recipe(plan.recipe(settings), data.images)
    network = new_network(recipe, seed)
    network.metadata |= data.images.metadata() | {"settings": dict(settings)}

    def report(epoch: EpochReport, _trainer: Trainer) -> None:
        on_epoch(epoch)

    history = data.training_set(recipe).train(network, recipe, seed=seed, on_epoch=report)
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    best = history.best
    return network, 0.0 if best is None or best.validation_accuracy is None else best.validation_accuracy


def new_pruner(plan: Plan) -> MedianPruner:
    """Return the pruner of a plan: the median stopping rule [1]_, from `prune_after` epochs on.

    References
    ----------
    .. [1] D. Golovin et al., "Google Vizier: a service for black-box optimization", 2017, section 3.2.1.
    """
    if plan.each is None:
        return MedianPruner(n_startup_trials=5, n_warmup_steps=plan.prune_after)
    return _GroupedPruner(plan.each, n_startup_trials=3, n_warmup_steps=plan.prune_after)


class _GroupedPruner(MedianPruner):
    """A median pruner that compares a trial only with those of the same choice."""

    def __init__(self, each: str, **options: int) -> None:
        super().__init__(**options)
        self._each = each

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        group = optuna.create_study(directions=study.directions)
        for other in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            if other.params.get(self._each) == trial.params.get(self._each):
                group.add_trial(other)
        return super().prune(group, trial)
