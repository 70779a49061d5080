"""Running a recipe: data in, a run folder out; and going on with it after it was cut short."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet import __version__
from inknet.digits.classes import read_class_names
from inknet.digits.datasets.dataset import Dataset, check_sources, load_dataset
from inknet.digits.datasets.pen_strokes import load_pen_digits, split_by_writer
from inknet.digits.drawing.distort import Distortion
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.outliers import OutlierDetector, node_values
from inknet.digits.training.recipes import Recipe, fit_recipe
from inknet.digits.training.training_set import (
    Images,
    TrainingSet,
    make_training_set,
    render_non_digits,
    render_pen_digits,
)
from inknet.mlp import Cosine, EpochReport, History, InputError, Network, RunFolder, Trainer
from inknet.mlp.lookup import find
from inknet.mlp.training.early_stopping import EARLY_STOPPING_RULES
from inknet.mlp.training.trainer import TrainingOptions

__all__ = ["Run", "new_network", "training_options", "training_set_of"]

OnEpoch = Callable[[EpochReport], None]
OnStep = Callable[[int, int, float], None]


class Run:
    """The training of a recipe in a run folder.

    Parameters
    ----------
    folder : RunFolder
        Whose settings say what to do.
    recipe : Recipe
        Made from these settings.
    data : Dataset
        What they name.

    Attributes
    ----------
    network : Network
        What learns.
    training_set : TrainingSet
        What it learns from.
    unreadable : sequence of str
        A sentence for each file of it that had to be left out.
    finished : bool
        Whether `train` has come to its end.
    """

    def __init__(self, folder: RunFolder, recipe: Recipe, data: Dataset, training_set: TrainingSet) -> None:
        self.folder = folder
        self.recipe = recipe
        self.training_set = training_set
        self.unreadable = data.unreadable
        self.seed = int(folder.settings["seed"])
        self.finished = False
        self._state: dict[str, Any] | None = None
        last = folder.load_last()
        if last is None:
            self.network = new_network(recipe, self.seed)
            self.network.metadata |= data.metadata()
        else:
            self.network, self._state = last

    @classmethod
    def start(
        cls,
        path: str | Path,
        recipe: Recipe,
        *,
        seed: int = 0,
        data: Path | None = None,
        images: Path | None = None,
        labels: Path | None = None,
        drawings: Path | None = None,
        classes: Path | None = None,
    ) -> "Run":
        """Begin a training in a new folder.

        Parameters
        ----------
        path : str or Path
            The folder, new or empty.
        recipe : Recipe
            Its first and last size, and a held-out share, become those of the data; see `fit_recipe`.
        seed : int
            Decides the first weights, the order of the rows, and how they are distorted.
        data : Path or None
            Where MNIST is; see `load_mnist`.
        images, labels : Path or None
            IDX files to learn from instead of MNIST; or `images` alone, a folder, as `read_image_folder` takes it.
        drawings : Path or None
            Or a file of pen strokes, as `read_drawings` takes it.
        classes : Path or None
            A file with the names of the labels, one a line; None: their numbers.

        Raises
        ------
        InputError, DataError
            If the recipe, the folder or the data do not fit.
        """
        check_sources(images, labels, drawings, classes)
        settings = {
            "recipe": asdict(recipe),
            "seed": seed,
            "data": str(data) if data else None,
            "images": str(images) if images else None,
            "labels": str(labels) if labels else None,
            "drawings": str(drawings) if drawings else None,
            "classes": list(read_class_names(classes)) if classes else None,
            "inknet": __version__,
            "numpy": np.__version__,
        }
        found = load_dataset(settings)
        recipe = fit_recipe(recipe, found)
        training_set = training_set_of(recipe, found, seed)
        # What is wrong with the settings is said before a folder is made.
        some = (training_set.inputs[:1], training_set.labels[:1])
        options = training_options(recipe)
        options["validation"] = some if recipe.held_out else None
        Trainer(new_network(recipe, seed), *some, **options)
        settings |= {"recipe": asdict(recipe), "data_sha256": found.digest}
        return cls(RunFolder.create(path, settings), recipe, found, training_set)

    @classmethod
    def resume(cls, path: str | Path) -> "Run":
        """Go on with a training where its last whole epoch ended.

        Raises
        ------
        InputError, DataError, ModelFileError
            If the folder is no run folder, or is damaged, or another training is using it.
        """
        folder = RunFolder.open(path)
        # Held here only to say early that the folder is in use; `train` takes it again.
        with folder.lock():
            return cls._continue(folder)

    @classmethod
    def _continue(cls, folder: RunFolder) -> "Run":
        """Read what a run folder's settings name, and what its training has come to."""
        try:
            recipe = _recipe(folder)
            if type(folder.settings["seed"]) is not int:
                raise TypeError("the seed is no whole number")
            data = load_dataset(folder.settings)
            same_data = folder.settings["data_sha256"] == data.digest
        except (KeyError, TypeError) as error:
            raise InputError(f"the settings of the run in {folder.path} are not whole: {error!r}") from None
        if not same_data:
            raise InputError(f"the training data are not those that the run in {folder.path} began with")
        return cls(folder, recipe, data, training_set_of(recipe, data, int(folder.settings["seed"])))

    @property
    def epochs_done(self) -> int:
        """How many epochs were finished before."""
        return 0 if self._state is None else len(self._state["history"])

    def train(self, on_epoch: OnEpoch | None = None, on_step: OnStep | None = None) -> History:
        """Train to the end, saving every epoch; see `inknet.mlp.Trainer` for the callbacks.

        Raises
        ------
        InputError
            If another training is using the folder.
        TrainingError
            If the training cannot go on, or an epoch cannot be saved.
        """

        def save(report: EpochReport, trainer: Trainer) -> None:
            self.folder.save_epoch(report, trainer)
            if on_epoch is not None:
                on_epoch(report)

        options = training_options(self.recipe)
        options["seed"] = self.seed
        options["on_epoch"] = save
        options["on_step"] = on_step
        options["resume"] = self._state
        with self.folder.lock():
            history = self.training_set.teach(self.network, **options)
            self.finished = history.stopped != "interrupted"
            if self.recipe.non_digits and self.finished:
                self.network.metadata["certainty"] = self._fit_outlier_detector().to_dict()
                self.folder.save_best(self.network)
        return history

    def _fit_outlier_detector(self) -> OutlierDetector:
        """Learn to tell digits from what is none, by what the trained network's nodes say of both."""
        rng = np.random.default_rng(self.seed)
        digits = self.training_set.inputs
        non_digits = render_non_digits(self.recipe.non_digits, self.seed)
        held_out = split_by_writer(load_pen_digits())[1]
        pens, canvases = (
            render_pen_digits(held_out, 1, 0, self.seed)[0],
            render_pen_digits(held_out, 0, 1, self.seed)[0],
        )
        return OutlierDetector.fit(
            np.concatenate([self._values(digits), self._values(digits, rng)]),
            np.concatenate([self._values(non_digits), *(self._values(non_digits, rng) for _ in range(3))]),
            [self._values(digits), self._values(pens), self._values(canvases)],
            self.seed,
        )

    def _values(self, images: Images, rng: np.random.Generator | None = None) -> NDArray[np.floating]:
        """Return what the network's nodes say of images, distorted if there is a generator to do it by."""
        if rng is not None and self.training_set.augment is not None:
            return node_values(self.network, self.training_set.augment(images, images, rng)[0])
        return node_values(self.network, moment_normalize(images) if self.recipe.moments else images)


def _recipe(folder: RunFolder) -> Recipe:
    """Return the recipe that a run folder's settings hold."""
    values = dict(folder.settings["recipe"])
    distortion = values.pop("distortion")
    return replace(Recipe(**_tuples(values)), distortion=Distortion(**distortion) if distortion else None)


def training_options(recipe: Recipe) -> TrainingOptions:
    """Return the recipe's part of the options of a training."""
    return {
        "epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "batch_size": recipe.batch_size,
        "loss": recipe.loss,
        "optimizer": recipe.optimizer,
        "schedule": Cosine(warmup=1) if recipe.schedule == "cosine-warmup" else recipe.schedule,
        "weight_decay": recipe.weight_decay,
        "label_smoothing": recipe.label_smoothing,
        "ema_decay": recipe.ema_decay,
        "early_stopping": [
            replace(find("early stopping", rule, EARLY_STOPPING_RULES), patience=recipe.patience)
            for rule in recipe.early_stopping
        ],
    }


def training_set_of(recipe: Recipe, data: Dataset, seed: int) -> TrainingSet:
    """Return what a recipe learns from: these images, with the pen strokes that it adds to them."""
    pens = split_by_writer(load_pen_digits())[0] if recipe.pen_variants + recipe.canvas_variants > 0 else []
    return make_training_set(recipe, data.images, data.labels, pens, seed)


def new_network(recipe: Recipe, seed: int) -> Network:
    """Return the network that a recipe begins with."""
    network = Network(
        recipe.sizes, hidden=recipe.hidden, output=recipe.output, bias=recipe.bias, init=recipe.init, seed=seed
    )
    network.metadata = {"recipe": recipe.name, "seed": seed, "moments": recipe.moments}
    return network


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """Turn JSON's lists into the tuples that they were."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
