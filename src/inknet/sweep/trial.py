"""One training of a sweep, and the data that all of them learn from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

from inknet.digits.datasets.dataset import check_sources, load_dataset
from inknet.digits.training.recipes import Recipe, fit_recipe
from inknet.digits.training.run import new_network, training_set_of
from inknet.digits.training.training_set import TrainingSet
from inknet.mlp import EpochReport, History, InputError, Network, Trainer
from inknet.sweep.plan import Plan
from inknet.sweep.results import settings_of
from inknet.sweep.space import Choices, Value

__all__ = ["Data", "Training", "suggest"]

OnEpoch = Callable[[EpochReport], None]


class Data:
    """The images of a sweep, read once a process.

    Parameters
    ----------
    plan : Plan
        Says how many are held out.
    data, images, labels : Path or None
        See `inknet.digits.training.run.Run.start`.

    Raises
    ------
    InputError, DataError
        If they cannot be read, or do not fit the plan.
    """

    def __init__(self, plan: Plan, data: Path | None, images: Path | None, labels: Path | None) -> None:
        check_sources(images, labels, None, None)
        self.images = load_dataset({"data": data, "images": images, "labels": labels})
        rows = len(self.images.labels)
        if plan.held_out >= rows:
            raise InputError(f"{plan.held_out} of {rows} images cannot be held out; leave some to learn from")
        self._seed = plan.seed
        self._sets: dict[Any, TrainingSet] = {}

    def training_set(self, recipe: Recipe) -> TrainingSet:
        """Return what a recipe learns from, put together once for all trials that have it in common."""
        key = (recipe.held_out, recipe.pen_variants, recipe.canvas_variants, recipe.distortion, recipe.moments)
        if key not in self._sets:
            self._sets[key] = training_set_of(recipe, self.images, self._seed)
        return self._sets[key]


@dataclass(frozen=True)
class Training:
    """A trained setting.

    Attributes
    ----------
    network : Network
        With the parameters of its best epoch.
    history : History
    """

    network: Network
    history: History

    @property
    def accuracy(self) -> float:
        """On the held-out images, after the best epoch."""
        best = self.history.best
        return 0.0 if best is None or best.validation_accuracy is None else best.validation_accuracy


def train(plan: Plan, data: Data, settings: dict[str, Value], seed: int, on_epoch: OnEpoch) -> Training:
    """Train a setting.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed meanwhile.
    InputError, TrainingError
        See `inknet.mlp.Trainer`.
    """
    recipe = fit_recipe(plan.recipe(settings), data.images)
    training_set = data.training_set(recipe)
    network = new_network(recipe, seed)
    network.metadata |= data.images.metadata() | {"settings": dict(settings)}

    def report(epoch: EpochReport, _trainer: Trainer) -> None:
        on_epoch(epoch)

    history = training_set.train(network, recipe, seed=seed, on_epoch=report)
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    return Training(network, history)


def suggest(plan: Plan, trial: optuna.Trial) -> dict[str, Value]:
    """Choose a trial's settings."""
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
