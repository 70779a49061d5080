"""A multilayer perceptron from scratch, in numpy: the network, its training, and its files."""

from typing import TYPE_CHECKING

from inknet.lazy import importing

if TYPE_CHECKING:
    from inknet.mlp.activations import ACTIVATIONS, Activation
    from inknet.mlp.early_exit import AccuracyFalls, EarlyExit, LossFlat, LossRises, NoImprovement
    from inknet.mlp.errors import InknetError, InputError, ModelFileError, TrainingError
    from inknet.mlp.history import EpochReport, History
    from inknet.mlp.initialisers import INITIALISERS
    from inknet.mlp.layer import Layer, Node
    from inknet.mlp.losses import LOSSES, Loss
    from inknet.mlp.network import Network
    from inknet.mlp.optimisers import OPTIMISERS, Adam, GradientDescent, Momentum, Nesterov, Optimiser
    from inknet.mlp.run_folder import RunFolder
    from inknet.mlp.schedules import SCHEDULES, Cosine, Schedule, StepDown
    from inknet.mlp.training import Trainer

__all__ = [
    "ACTIVATIONS",
    "INITIALISERS",
    "LOSSES",
    "OPTIMISERS",
    "SCHEDULES",
    "AccuracyFalls",
    "Activation",
    "Adam",
    "Cosine",
    "EarlyExit",
    "EpochReport",
    "GradientDescent",
    "History",
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
    "Optimiser",
    "RunFolder",
    "Schedule",
    "StepDown",
    "Trainer",
    "TrainingError",
]

_HOMES = {
    "activations": ("ACTIVATIONS", "Activation"),
    "early_exit": ("AccuracyFalls", "EarlyExit", "LossFlat", "LossRises", "NoImprovement"),
    "errors": ("InknetError", "InputError", "ModelFileError", "TrainingError"),
    "history": ("EpochReport", "History"),
    "initialisers": ("INITIALISERS",),
    "layer": ("Layer", "Node"),
    "losses": ("LOSSES", "Loss"),
    "network": ("Network",),
    "optimisers": ("OPTIMISERS", "Adam", "GradientDescent", "Momentum", "Nesterov", "Optimiser"),
    "run_folder": ("RunFolder",),
    "schedules": ("SCHEDULES", "Cosine", "Schedule", "StepDown"),
    "training": ("Trainer",),
}
#: So who only predicts loads no training.
__getattr__ = importing(__name__, {name: f"inknet.mlp.{home}" for home, names in _HOMES.items() for name in names})


def __dir__() -> list[str]:
    return __all__
