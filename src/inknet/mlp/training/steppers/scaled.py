"""Gradient descent with the learning rate applied to the few δ of the output, not to the gradient of all parameters.

Backpropagation is linear in the output's δ = ∂L/∂z:

    ∂(ηL)/∂W = η ∂L/∂W

So scaling δ by η scales the whole gradient, and saves a pass over all parameters per step.
"""

from inknet.mlp.training.data import Block
from inknet.mlp.training.steppers.plain import PlainStepper

__all__ = ["ScaledStepper"]


class ScaledStepper(PlainStepper):
    """Takes the steps of `PlainStepper` for `GradientDescent`."""

    def step(self, batch: Block, rate: float) -> float:
        """Take one step, and return its loss."""
        loss = self.backpropagation(batch.inputs, batch.targets, batch.weights, scale=rate)
        self.decay_weights(rate)
        self.network.parameters -= self.backpropagation.gradient
        self.update_average()
        return loss
