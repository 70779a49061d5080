"""Runs: train a recipe into a run folder, and resume it from there."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from inknet import __version__
from inknet.digits.classes import read_class_names
from inknet.digits.datasets.dataset import Dataset, load_dataset
from inknet.digits.datasets.pen_strokes import load_pen_digits, split_by_writer
from inknet.digits.drawing.distort import Distortion
from inknet.digits.outliers import OutlierDetector
from inknet.digits.training.outlier_fitting import fit_outlier_detector
from inknet.digits.training.recipes import Recipe, fit_recipe
from inknet.digits.training.training_set import TrainingSet, make_training_set, render_pen_digits
from inknet.mlp import EpochReport, History, InputError, Network, RunFolder, Trainer
from inknet.mlp.scalars import seed_or_random

__all__ = ["Run", "new_network", "training_set_of"]

OnEpoch = Callable[[EpochReport], None]
OnStep = Callable[[int, int, float], None]


class Run:
    """The training of a recipe in a run folder, whose settings state the recipe and the data.

    Attributes
    ----------
    network : Network
    unreadable : sequence of str
        A message for each image file that was left out.
    """

    def __init__(self, folder: RunFolder, recipe: Recipe, data: Dataset, training_set: TrainingSet) -> None:
        self.folder = folder
        self.recipe = recipe
        self.training_set = training_set
        self.unreadable = data.unreadable
        self._state: dict[str, Any] | None = None
        last = folder.load_last()
        if last is None:
            self.network = new_network(recipe, recipe.seed)
            self.network.metadata |= data.metadata()
        else:
            self.network, self._state = Network.from_dict(last["network"]), last["training"]

    @classmethod
    def start(
        cls,
        path: str | Path,
        recipe: Recipe,
        *,
        seed: int | None = 0,
        data: Path | None = None,
        images: Path | None = None,
        labels: Path | None = None,
        drawings: Path | None = None,
        classes: Path | None = None,
    ) -> "Run":
        """Start a training in a new folder.

        Parameters
        ----------
        path : str or Path
            A new or empty folder.
        recipe : Recipe
            Fitted to the data by `fit_recipe`.
        seed : int or None
            Seed of the first weights, the order of rows and their distortions; None draws one.
        data, images, labels, drawings : Path or None
            The training images; see `load_dataset`.
        classes : Path or None
            A file with the class names, one per line; None names them by their numbers.

        Raises
        ------
        InputError, DataError
            If the recipe, the folder or the data do not fit.
        """
        seed = seed_or_random("seed", seed)
        sources = {"data": data, "images": images, "labels": labels, "drawings": drawings}
        settings = {
            "recipe": asdict(recipe),
            "seed": seed,
            **{name: path and str(path) for name, path in sources.items()},
            "classes": list(read_class_names(classes)) if classes else None,
            "inknet": __version__,
            "numpy": np.__version__,
        }
        found = load_dataset(settings)
        recipe = fit_recipe(recipe.change(seed=seed), found)
        training_set = training_set_of(recipe, found, seed)
        # Refuses options that do not fit before a folder is made.
        row = (training_set.inputs[:1], training_set.labels[:1])
        Trainer(new_network(recipe, seed), *row, recipe, validation=row if recipe.held_out else None)
        settings |= {"recipe": asdict(recipe), "data_sha256": found.digest}
        return cls(RunFolder.create(path, settings), recipe, found, training_set)

    @classmethod
    def resume(cls, path: str | Path) -> "Run":
        """Continue a training after its last finished epoch.

        Raises InputError, DataError or ModelFileError if the folder is not a run folder, damaged, or in use.
        """
        folder = RunFolder.open(path)
        # Fails early if the folder is in use; `train` locks it again.
        with folder.lock():
            try:
                data = load_dataset(folder.settings)
                recipe = fit_recipe(_recipe(folder.settings), data)
                same_data = folder.settings["data_sha256"] == data.digest
            except (KeyError, TypeError) as error:
                raise InputError(f"{folder.path}: its settings are not those of this version: {error}") from None
            if not same_data:
                raise InputError(f"the training data differ from those that the run in {folder.path} started with")
            return cls(folder, recipe, data, training_set_of(recipe, data, recipe.seed))

    @property
    def epochs_done(self) -> int:
        """Number of epochs finished before."""
        return 0 if self._state is None else len(self._state["history"])

    def train(self, on_epoch: OnEpoch | None = None, on_step: OnStep | None = None) -> History:
        """Train to the end, and save every epoch; see `inknet.mlp.Trainer` for the callbacks.

        Raises InputError if the folder is in use, TrainingError if the training cannot continue or be saved.
        """

        def save(report: EpochReport, trainer: Trainer) -> None:
            self.folder.save_epoch(report, trainer)
            if on_epoch is not None:
                on_epoch(report)

        with self.folder.lock():
            history = self.training_set.train(
                self.network, self.recipe, on_epoch=save, on_step=on_step, resume=self._state
            )
            if self.recipe.non_digits and history.stopped != "interrupted":
                self.network.metadata["certainty"] = self._fit_outlier_detector().to_dict()
                self.folder.save_best(self.network)
        return history

    def _fit_outlier_detector(self) -> OutlierDetector:
        held_out = split_by_writer(load_pen_digits())[1]
        renderings = (1, 0), (0, 1)
        return fit_outlier_detector(
            self.network,
            [self.training_set.inputs],
            self.training_set.augment,
            moments=self.recipe.moments,
            non_digits=self.recipe.non_digits,
            seed=self.recipe.seed,
            held_out=[render_pen_digits(held_out, *variants, self.recipe.seed)[0] for variants in renderings],
        )


def _recipe(settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe in the settings of a run folder."""
    values = dict(settings["recipe"]) | {"seed": settings["seed"]}
    if type(values["seed"]) is not int:
        raise TypeError("seed must be an integer")
    distortion = values.pop("distortion")
    # JSON has lists for tuples.
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Recipe(**values, distortion=Distortion(**distortion) if distortion else None)


def training_set_of(recipe: Recipe, data: Dataset, seed: int) -> TrainingSet:
    """Return the training set of a recipe: these images, and the pen digits that it adds."""
    pens = split_by_writer(load_pen_digits())[0] if recipe.pen_variants + recipe.canvas_variants > 0 else []
    return make_training_set(recipe, data.images, data.labels, pens, seed)


def new_network(recipe: Recipe, seed: int) -> Network:
    """Return the untrained network of a recipe."""
    network = Network(
        recipe.sizes, hidden=recipe.hidden, output=recipe.output, bias=recipe.bias, init=recipe.init, seed=seed
    )
    network.metadata = {"recipe": recipe.name, "seed": seed, "moments": recipe.moments}
    return network
