"""Data and steppers for the tests of steppers."""

import numpy as np

from inknet.mlp import Network, TrainingOptions
from inknet.mlp.losses import find_loss
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.data import Block
from inknet.mlp.training.state import TrainingState
from inknet.mlp.training.steppers.plain import PlainStepper
from inknet.mlp.training.steppers.stepper import Rate, Stepper

__all__ = ["ROWS", "block_of", "digits", "plain_stepper", "plain_steps", "take_steps"]

ROWS = 150  # more than a block for every batch size, and a multiple of few


def digits(seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Return random images and one-hot targets."""
    rng = np.random.default_rng(seed)
    return rng.random((ROWS, 784)), np.eye(10)[rng.integers(0, 10, ROWS)]


def block_of(inputs: FloatArray, targets: FloatArray, weights: FloatArray | None = None) -> Block:
    return Block(inputs, targets, weights, np.arange(len(inputs)))


def plain_stepper(network: Network, options: TrainingOptions) -> PlainStepper:
    loss = find_loss(options.loss, network.layers[-1].activation)
    return PlainStepper(network, loss, options, TrainingState(network, options))


def plain_steps(network: Network, block: Block, batch_size: int, rate: Rate) -> list[tuple[int, float]]:
    """Train by `PlainStepper` with gradient descent; return the rows and the loss of each step."""
    return take_steps(plain_stepper(network, TrainingOptions(batch_size=batch_size)), block, rate)


def take_steps(stepper: Stepper, block: Block, rate: Rate) -> list[tuple[int, float]]:
    """Train on a block as one epoch; return the rows and the loss of each step."""
    stepper.begin_epoch()
    steps = list(stepper.train_block(block, rate))
    stepper.end_epoch()
    return steps
