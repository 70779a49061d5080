"""inknet, through its public functions."""

from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from benchmarks.rounds import Job
from benchmarks.workloads import Augmenting, Predicting, Recognizing, Training, digits, pngs

from inknet import Network, Recognizer
from inknet.digits.drawing.distort import Distortion
from inknet.digits.training.recipes import find_recipe
from inknet.digits.training.run import new_network
from inknet.digits.training.training_set import Augmentation, make_training_set

__all__ = ["distort", "learn_recipe", "predict", "recognize", "train"]

#: Images distorted per call.
_BLOCK = 4096
#: Of 280×280 pixels.
_SEVEN = Path(__file__).parents[2] / "examples" / "seven.png"


def train(work: Training) -> Job:
    inputs, labels = digits(work.rows)
    network = Network(work.sizes, init="he", seed=0)
    start = network.parameters.copy()

    def job(round_number: int) -> float:
        network.parameters[...] = start
        history = network.train(
            inputs, labels, epochs=work.epochs, learning_rate=work.rate, batch_size=work.batch, seed=round_number
        )
        return history.epochs[-1].loss

    return job


def predict(work: Predicting) -> Job:
    network = Network(work.sizes, init="he", seed=0)
    inputs, _ = digits(work.rows)

    def job(round_number: int) -> float:  # noqa: ARG001 - every round is the same
        for _ in range(work.calls):
            outputs = network.predict(inputs)
        return float(outputs[:, 0].mean())

    return job


def distort(work: Augmenting) -> Job:
    """Apply an affine and an elastic map in one resampling, without pen width and moments."""
    inputs, _ = digits(work.rows)
    augment = Augmentation(Distortion(width=0), moments=False)

    def job(round_number: int) -> None:
        rng = np.random.default_rng(round_number)
        for start in range(0, len(inputs), _BLOCK):
            some = inputs[start : start + _BLOCK]
            augment(some, some, rng)

    return job


def learn_recipe(work: Augmenting) -> Job:
    """Train with the shipped model's recipe, on MNIST alone and at a constant learning rate."""
    recipe = replace(find_recipe("digits"), pen_variants=0, canvas_variants=0, epochs=1, schedule="constant")
    training_set = make_training_set(recipe, *digits(work.rows))
    network = new_network(recipe, 0)
    start = network.parameters.copy()

    def job(round_number: int) -> float:
        network.parameters[...] = start
        history = training_set.train(network, recipe, seed=round_number)
        return history.epochs[-1].loss

    return job


def recognize(work: Recognizing) -> Job:
    recognizer = Recognizer.load()
    images = pngs(64) if work.side == 28 else [_SEVEN.read_bytes()]

    def job(round_number: int) -> None:  # noqa: ARG001 - every round is the same
        for image in islice(cycle(images), work.calls):
            recognizer.recognize(image)

    return job
