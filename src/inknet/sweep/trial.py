"""One training of a sweep, and the data that all of them learn from."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

from inknet.digits.mnist import load_idx_pair, load_mnist
from inknet.digits.pen_digits import load_pen_digits, split_by_writer
from inknet.digits.recipes import Recipe
from inknet.digits.run import new_network, training_options
from inknet.digits.training_set import TrainingSet, make_training_set
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
        See `inknet.digits.run.Run.start`.

    Raises
    ------
    InputError, DataError
        If they cannot be read, or do not fit the plan.
    """

    def __init__(self, plan: Plan, data: Path | None, images: Path | None, labels: Path | None) -> None:
        if (images is None) != (labels is None):
            raise InputError("images and labels belong together: give both files, or neither")
        if images is not None and labels is not None:
            self.images, self.labels = load_idx_pair(images, labels)
        else:
            self.images, self.labels = load_mnist("train", data)
        if plan.held_out >= len(self.images):
            raise InputError(
                f"{plan.held_out} of {len(self.images)} images cannot be held out; leave some to learn from"
            )
        self._seed = plan.seed
        self._sets: dict[Any, TrainingSet] = {}

    def digest(self) -> str:
        """Return the SHA-256 of images and labels, in hexadecimal."""
        digest = hashlib.sha256(self.images.tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()

    def training_set(self, recipe: Recipe) -> TrainingSet:
        """Return what a recipe learns from, put together once for all trials that have it in common."""
        key = (recipe.held_out, recipe.pen_variants, recipe.canvas_variants, recipe.distortion, recipe.moments)
        if key not in self._sets:
            pens = split_by_writer(load_pen_digits())[0] if recipe.pen_variants + recipe.canvas_variants else []
            self._sets[key] = make_training_set(recipe, self.images, self.labels, pens, self._seed)
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
    recipe = plan.recipe(settings, inputs=data.images.shape[1])
    training_set = data.training_set(recipe)
    network = new_network(recipe, seed)
    network.metadata |= {"settings": dict(settings)}

    def report(epoch: EpochReport, _trainer: Trainer) -> None:
        on_epoch(epoch)

    options = training_options(recipe)
    options["validation"] = training_set.validation
    options["augment"] = training_set.augment
    options["seed"] = seed
    options["on_epoch"] = report
    history = network.train(training_set.inputs, training_set.labels, **options)
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
