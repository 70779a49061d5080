"""Training as the textbook has it: a step per batch, with any optimizer. Every other stepper takes the same steps.

forward and backward  L, g = loss of the batch, its gradient with respect to the parameters p
weight decay          W ← W - η λ W
optimizer             p ← p - η g, for gradient descent
moving average        p̄ ← p̄ + (1 - d) (p - p̄)
"""

from collections.abc import Iterator

import numpy as np

from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.losses import Loss
from inknet.mlp.optimizers import OPTIMIZERS
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.training.data import Block
from inknet.mlp.training.options import TrainingOptions
from inknet.mlp.training.state import TrainingState
from inknet.mlp.training.steppers.stepper import Rate, Stepper

__all__ = ["PlainStepper"]


class PlainStepper(Stepper):
    """Takes one step after the other on all parameters."""

    def __init__(
        self, network: MultilayerPerceptron, loss: Loss, options: TrainingOptions, state: TrainingState
    ) -> None:
        self.network = network
        self.backpropagation = Backpropagation(network, loss)
        self.optimizer = OPTIMIZERS.find(options.optimizer)
        self.options = options
        self.state = state

    def train_block(self, block: Block, rate: Rate) -> Iterator[tuple[int, float]]:
        """Train on a block of rows, and yield the number of rows and the loss of each step."""
        size = self.options.batch_size
        for start in range(0, len(block.inputs), size):
            batch = block.part(start, size)
            yield len(batch.inputs), self.step(batch, rate(start))

    def step(self, batch: Block, rate: float) -> float:
        """Take one step, and return its loss."""
        loss = self.backpropagation(batch.inputs, batch.targets, batch.weights)
        self.decay_weights(rate)
        gradient = self.backpropagation.gradient
        self.optimizer.step(self.network.parameters, gradient, rate, self.state.optimizer_state)
        self.update_average()
        return loss

    def decay_weights(self, rate: float) -> None:
        """Shrink every weight, but no bias."""
        if self.options.weight_decay:
            for layer in self.network.layers:
                layer.weights *= 1 - rate * self.options.weight_decay

    def update_average(self) -> None:
        """Move the average of the parameters towards them."""
        if self.state.average is not None:
            # The gradient has been used, so its memory holds the difference.
            difference = np.subtract(self.network.parameters, self.state.average, out=self.backpropagation.gradient)
            difference *= 1 - self.options.ema_decay
            self.state.average += difference
