"""Delayed updates: gradient descent in small batches, or row by row, by few large products, not many small ones."""

from collections.abc import Callable, Iterator

import numpy as np

from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.network import Network
from inknet.mlp.parameters import FloatArray

__all__ = ["DeferredStepper"]

#: The largest batches for which it pays: larger ones are large products themselves.
_LARGEST_BATCH = 32
#: A smaller first layer is no work worth delaying.
_FEWEST_WEIGHTS = 1 << 15
#: Rows in a block: as many, and as many batches. More would cost more to correct than they save.
_ROWS, _BATCHES = 64, 2


class DeferredStepper:
    """Takes the steps of gradient descent, but brings the first layer up to date only once a block of rows.

    Parameters
    ----------
    network : Network
        What learns, with a bias for each node.
    backpropagation : Backpropagation
        Of this network.
    batch_size : int
        Rows a step.

    Notes
    -----
    Say that a batch x learns δ, the loss's gradient by the first layer's logits, at the rate η. Its step is
    W ← W - ηδᵀx, b ← b - ηδ. What that does to a later row x' of the block is known without W:

        x'(W - ηδᵀx)ᵀ + b - ηδ = x'Wᵀ + b - η(x'xᵀ + 1)δ

    So one product xWᵀ has the logits of all the block; products of its rows with each other correct them, batch by
    batch; and one product, of all δ with all x, changes W in the end. The steps are the same to the last rounding
    error. To hold weights as a sum of inputs, each times what was learned from it, is the perceptron's dual form [1]_.

    References
    ----------
    .. [1] M. Aizerman, E. Braverman, L. Rozonoer, "Theoretical foundations of the potential function method in pattern
       recognition learning", 1964.
    """

    def __init__(self, network: Network, backpropagation: Backpropagation, batch_size: int) -> None:
        self.network = network
        self.batch_size = batch_size
        #: How many rows are learned from before the first layer is brought up to date.
        self.block = max(_ROWS // batch_size, _BATCHES) * batch_size
        self._backpropagation = backpropagation
        first = network.layers[0]
        self._first_gradient = network.split(backpropagation.gradient)[0]
        # Of the one vector, what comes after the first layer.
        others = slice(first.weights.size + first.biases.size, None)
        self._parameters, self._gradient = network.parameters[others], backpropagation.gradient[others]

    @staticmethod
    def pays(network: Network, batch_size: int) -> bool:
        """Return whether plain gradient descent takes the same steps this way, and less time."""
        return (
            network.bias == "node"
            and batch_size <= _LARGEST_BATCH
            and network.layers[0].weights.size >= _FEWEST_WEIGHTS
        )

    def learn(
        self,
        inputs: FloatArray,
        targets: FloatArray,
        weights: FloatArray | None,
        rate: Callable[[int], float],
    ) -> Iterator[tuple[int, float]]:
        """Take a step for each batch, and yield its number of rows and its loss.

        Parameters
        ----------
        inputs : array, shape (rows, inputs)
        targets : array, shape (rows, outputs)
        weights : array, shape (rows, 1), or None
        rate : function
            Asked for the learning rate of the step that comes after so many more rows.
        """
        for start in range(0, len(inputs), self.block):
            rows = slice(start, start + self.block)
            some_weights = None if weights is None else weights[rows]
            yield from self._learn_block(inputs[rows], targets[rows], some_weights, rate)

    def _learn_block(
        self,
        inputs: FloatArray,
        targets: FloatArray,
        weights: FloatArray | None,
        rate: Callable[[int], float],
    ) -> Iterator[tuple[int, float]]:
        first, batch_size = self.network.layers[0], self.batch_size
        # The logits of each row, until it is learned from; then its ηδ, by which the first layer is yet to be changed.
        rows = first.logits(inputs)
        # Each batch but the first beside all before it, and beside some others: to skip those would cost more.
        last = (len(inputs) - 1) // batch_size * batch_size
        alike = np.matmul(inputs[batch_size:], inputs[:last].T)
        alike += 1
        for start in range(0, len(inputs), batch_size):
            here = slice(start, start + batch_size)
            batch = rows[here]
            if start:
                batch -= np.dot(alike[start - batch_size : start, :start], rows[:start])
            loss, rows[here] = self._backpropagation.behind_first(
                batch, targets[here], rate(0), None if weights is None else weights[here]
            )
            self._parameters -= self._gradient
            yield len(batch), loss
        first.backward(rows, inputs, *self._first_gradient)
        first.weights -= self._first_gradient[0]
        first.biases -= self._first_gradient[1]
