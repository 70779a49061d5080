"""Gradient descent in small batches: the first layer is updated once per block of rows, not once per batch.

A step on a batch x with δ, the gradient with respect to the first layer's logits, changes W by -ηδᵀx and b by -ηδ.
Its effect on a later row x' of the block is known without W:

    x'(W - ηδᵀx)ᵀ + b - ηδ = x'Wᵀ + b - η(x'xᵀ + 1)δ

So one product xWᵀ gives the logits of the block, its Gram matrix xxᵀ + 1 corrects them batch by batch, and one product
of all δ with all x updates W: a few large products in place of many small ones, equal up to rounding. Holding weights
as a sum of inputs is the dual form of the perceptron [1]_.

References
----------
.. [1] M. Aizerman, E. Braverman, L. Rozonoer, "Theoretical foundations of the potential function method in pattern
   recognition learning", 1964.
"""

from collections.abc import Iterator

import numpy as np

from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.losses import Loss
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.training.data import Block
from inknet.mlp.training.steppers.stepper import Rate, Stepper, shift

__all__ = ["DeferredStepper"]

#: At least this many rows and batches per block; correcting more would cost more than it saves.
_ROWS, _BATCHES = 64, 2


class DeferredStepper(Stepper):
    """Takes the steps of plain gradient descent, for a network with a bias per node.

    Attributes
    ----------
    block_rows : int
        The number of rows per update of the first layer.
    """

    def __init__(self, network: MultilayerPerceptron, loss: Loss, batch_size: int) -> None:
        self.network = network
        self.batch_size = batch_size
        self.block_rows = max(_ROWS // batch_size, _BATCHES) * batch_size
        self._backpropagation = backpropagation = Backpropagation(network, loss)
        self._first_gradient = network.split(backpropagation.gradient)[0]
        # The rest of the vector belongs to the other layers.
        first = network.layers[0]
        others = slice(first.weights.size + first.biases.size, None)
        self._parameters, self._gradient = network.parameters[others], backpropagation.gradient[others]

    def train_block(self, block: Block, rate: Rate) -> Iterator[tuple[int, float]]:
        """Train on a block of rows, and yield the number of rows and the loss of each step."""
        for start in range(0, len(block.inputs), self.block_rows):
            yield from self._train_rows(block.part(start, self.block_rows), shift(rate, start))

    def _train_rows(self, block: Block, rate: Rate) -> Iterator[tuple[int, float]]:
        """Train on at most `block_rows` rows, and bring the first layer up to date."""
        first, size = self.network.layers[0], self.batch_size
        inputs, targets, weights, _ = block
        # Each row's logits until it is trained on, then its ηδ, which the first layer has yet to take.
        rows = first.logits(inputs)
        # All but the first batch with all but the last; leaving out the upper triangle would cost more than it saves.
        last = (len(inputs) - 1) // size * size
        gram = np.matmul(inputs[size:], inputs[:last].T)
        gram += 1
        for start in range(0, len(inputs), size):
            here = slice(start, start + size)
            logits = rows[here]
            if start:
                logits -= np.dot(gram[start - size : start, :start], rows[:start])
            loss, rows[here] = self._backpropagation.after_first_layer(
                logits, targets[here], None if weights is None else weights[here], scale=rate(start)
            )
            self._parameters -= self._gradient
            yield len(logits), loss
        first.backward(rows, inputs, *self._first_gradient)
        first.weights -= self._first_gradient[0]
        first.biases -= self._first_gradient[1]
