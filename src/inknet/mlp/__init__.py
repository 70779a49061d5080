"""A multilayer perceptron from scratch in numpy: the network, its training, its files."""

from typing import TYPE_CHECKING

from inknet.errors import InknetError, InputError, ModelFileError, TrainingError
from inknet.lazy import lazy_getattr
from inknet.mlp.activations import ACTIVATIONS, Activation
from inknet.mlp.initializers import INITIALIZERS
from inknet.mlp.layer import Layer, Node
from inknet.mlp.losses import LOSSES, Huber, Loss
from inknet.mlp.network import Network
from inknet.mlp.optimizers import OPTIMIZERS, Adam, GradientDescent, Momentum, Nesterov, Optimizer
from inknet.mlp.schedules import SCHEDULES, Cosine, Schedule, StepDown

if TYPE_CHECKING:
    from inknet.mlp.storage.run_folder import RunFolder
    from inknet.mlp.training.early_stopping import AccuracyFalls, EarlyStopping, LossFlat, LossRises, NoImprovement
    from inknet.mlp.training.history import EpochReport, History
    from inknet.mlp.training.options import TrainingOptions
    from inknet.mlp.training.trainer import Trainer

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "AccuracyFalls",
    "Activation",
    "Adam",
    "Cosine",
    "EarlyStopping",
    "EpochReport",
    "GradientDescent",
    "History",
    "Huber",
    "InknetError",
    "InputError",
    "Layer",
    "Loss",
    "LossFlat",
    "LossRises",
    "ModelFileError",
    "Momentum",
    "Nesterov",
    "Network",
    "NoImprovement",
    "Node",
    "Optimizer",
    "RunFolder",
    "Schedule",
    "StepDown",
    "Trainer",
    "TrainingError",
    "TrainingOptions",
]

_TRAINING = {
    "storage.run_folder": ("RunFolder",),
    "training.early_stopping": ("AccuracyFalls", "EarlyStopping", "LossFlat", "LossRises", "NoImprovement"),
    "training.history": ("EpochReport", "History"),
    "training.options": ("TrainingOptions",),
    "training.trainer": ("Trainer",),
}
#: Predicting does not import training.
__getattr__ = lazy_getattr(
    __name__, {name: f"inknet.mlp.{home}" for home, names in _TRAINING.items() for name in names}
)


def __dir__() -> list[str]:
    return __all__
