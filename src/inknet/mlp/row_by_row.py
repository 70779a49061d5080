"""Row by row: gradient descent in batches of one row, as a list of calls that is written down once."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from inknet.mlp.activations import ReLU, Softmax
from inknet.mlp.arrays import FloatArray
from inknet.mlp.delayed import DelayedDescent
from inknet.mlp.layer import Layer
from inknet.mlp.losses import CrossEntropy, Loss
from inknet.mlp.network import Network

__all__ = ["RowByRow"]

#: Rows in a block. Fewer make the products of a block dearer, more the corrections of each row.
_ROWS = 64
#: Sums of exponentials that can be trusted without the largest logit being taken off first; in float32, too.
_SMALLEST, _LARGEST = 1e-30, 1e30


class RowByRow:
    """Takes the steps of `DelayedDescent` for ReLU, softmax and cross-entropy, and brings no layer up to date between.

    A row of a small network is little arithmetic: most of its time goes into calling numpy, and into memory for what
    numpy returns. Here all of a block's arrays are laid out beforehand, and so every block of rows makes the same
    calls with the same arguments, which are only repeated: `for call in calls: call()`.

    Parameters
    ----------
    network : Network
        What learns; see `pays`.
    careful : DelayedDescent
        Of this network. It learns from a block whose exponentials overflow.

    Notes
    -----
    The layers behind the first learn late as well. After steps of -ηδᵀa for each row a so far, that is, for rows s of
    -ηδ, a layer's weights are W + sᵀa, if a has a 1 for the bias, too; and a row x has the logits

        x (W + sᵀa)ᵀ = (x [Wᵀ | aᵀ]) [I | sᵀ]ᵀ

    which are two small products. With the same two, the other way round, the gradient goes back.
    """

    def __init__(self, network: Network, careful: DelayedDescent) -> None:
        first, *others = network.layers
        self._first = first
        self._careful = careful
        dtype, outputs = network.dtype, network.sizes[-1]
        self._alike = np.empty((_ROWS, _ROWS), dtype)
        # The first layer's logits of each row, until it is learnt from; then its step.
        self._rows = np.empty((_ROWS, len(first)), dtype)
        self._gradient = np.empty((first.inputs, len(first)), dtype)
        self._others = [_LateLayer(layer, dtype) for layer in others]
        # What a row leaves behind, the next one overwrites: so it stays in the cache.
        self._logits, self._total = np.empty(len(first), dtype), np.empty((), dtype)
        self._probabilities = np.empty(outputs, dtype)
        self._pull, self._exponentials, self._shares = (np.empty((_ROWS, outputs), dtype) for _ in range(3))
        self._calls = [list(self._row(row)) for row in range(_ROWS)]

    @staticmethod
    def pays(network: Network, loss: Loss, batch_size: int) -> bool:
        """Return whether this takes the same steps as `DelayedDescent` does, in less time."""
        *hidden, output = [type(layer.activation) for layer in network.layers]
        return (
            batch_size == 1
            and DelayedDescent.pays(network, batch_size)
            and {*hidden} == {ReLU}
            and (output, type(loss)) == (Softmax, CrossEntropy)
            # Else the identity of the notes would be larger than the weights.
            and all(len(layer) <= layer.inputs for layer in network.layers[1:])
        )

    def learn(
        self,
        inputs: FloatArray,
        targets: FloatArray,
        weights: FloatArray | None,
        batch_size: int,
        rate: Callable[[int], float],
    ) -> Iterator[tuple[int, float]]:
        """Take a step for each row, and yield 1 and its loss: as `DelayedDescent.learn`, but block by block."""
        # What augments rows may return them as float64.
        inputs, targets = (np.asarray(rows, self._rows.dtype) for rows in (inputs, targets))
        for start in range(0, len(inputs), _ROWS):
            rows = slice(start, start + _ROWS)
            some_weights = None if weights is None else weights[rows]
            losses = self._learn_block(inputs[rows], targets[rows], some_weights, rate)
            if losses is None:
                yield from self._careful.learn(inputs[rows], targets[rows], some_weights, batch_size, rate)
            else:
                for loss in losses.tolist():
                    yield 1, loss

    def _learn_block(
        self, inputs: FloatArray, targets: FloatArray, weights: FloatArray | None, rate: Callable[[int], float]
    ) -> FloatArray | None:
        """Learn from the rows, and return the loss of each; or change nothing, and return None."""
        count = len(inputs)
        rows, alike = self._rows[:count], self._alike[:count, :count]
        np.dot(inputs, self._first.weights.T, out=rows)
        rows += self._first.biases
        alike[...] = np.dot(inputs, inputs.T)
        alike += 1
        # A row's own logits, to which those before it add.
        np.fill_diagonal(alike, 1)
        # With the total t of a row's targets y, its step is -ηδ = η (y - t p).
        scale = np.fromiter(map(rate, range(count)), rows.dtype, count)[:, np.newaxis]
        if weights is not None:
            scale *= weights
        total = np.add.reduce(targets, axis=1, keepdims=True)
        np.multiply(targets, scale, out=self._pull[:count])
        # Its probabilities, times ηt: exponentials by their sum by ηt. A row of no weight has next to none of them.
        shares = self._shares[:count]
        shares.fill(_LARGEST)
        np.divide(1, scale * total, out=shares, where=scale * total != 0)
        for layer in self._others:
            layer.fetch()

        for calls in self._calls[:count]:
            for call in calls:
                call()

        sums = np.add.reduce(self._exponentials[:count], axis=1, keepdims=True)
        # The comparisons are false for NaN, too.
        if not (sums.min() > _SMALLEST and sums.max() < _LARGEST):
            return None
        self._first.weights += np.dot(inputs.T, rows, out=self._gradient).T
        self._first.biases += np.add.reduce(rows, axis=0)
        for layer in self._others:
            layer.hand_back(count)
        logits = self._others[-1].logits[:count]
        losses = total * np.log(sums) - np.add.reduce(targets * logits, axis=1, keepdims=True)
        return (losses if weights is None else losses * weights)[:, 0]

    def _row(self, row: int) -> Iterator[Callable[[], object]]:
        """Write down what learning from one row calls."""
        logits = self._logits
        yield partial(self._alike[row, : row + 1].dot, self._rows[: row + 1], logits)
        for layer in self._others:
            yield partial(np.maximum, logits, layer.zeros, out=layer.activations[row])
            logits = layer.logits[row]
            yield from layer.forward(row)
        exponentials, last = self._exponentials[row], self._others[-1]
        yield partial(np.exp, logits, exponentials)
        yield partial(exponentials.dot, self._shares[row], self._total)
        yield partial(np.divide, exponentials, self._total, self._probabilities)
        yield partial(np.subtract, self._pull[row], self._probabilities, last.steps[row])
        before = [self._rows, *(layer.steps for layer in self._others)]
        for layer, steps in reversed([*zip(self._others, before, strict=False)]):
            yield from layer.backward(row)
            yield partial(np.sign, layer.activations[row], layer.spoke)
            yield partial(np.multiply, layer.gradient, layer.spoke, steps[row])


class _LateLayer:
    """A layer behind the first, as it was before the block, and what it is yet to learn from the block's rows."""

    def __init__(self, layer: Layer, dtype: np.dtype[np.floating]) -> None:
        self._layer = layer
        nodes = len(layer)
        # Below each other [W | b] and [a | 1], and the identity and s, in the class's notes above.
        self._inputs = np.ones((nodes + _ROWS, layer.inputs + 1), dtype)
        self._outputs = np.eye(nodes + _ROWS, nodes, dtype=dtype)
        self.activations, self.steps = self._inputs[nodes:, :-1], self._outputs[nodes:]
        self.logits = np.empty((_ROWS, nodes), dtype)
        self._alike = np.empty(nodes + _ROWS, dtype)
        self._gradient = np.empty(layer.inputs + 1, dtype)
        self.gradient, self.spoke = self._gradient[:-1], np.empty(layer.inputs, dtype)
        self.zeros = np.zeros(layer.inputs, dtype)

    def fetch(self) -> None:
        """Take the layer's parameters."""
        self._inputs[: len(self._layer), :-1] = self._layer.weights
        self._inputs[: len(self._layer), -1] = self._layer.biases

    def hand_back(self, count: int) -> None:
        """Give the layer what was learnt from so many rows."""
        rows = slice(len(self._layer), len(self._layer) + count)
        change = np.dot(self._outputs[rows].T, self._inputs[rows])
        self._layer.weights += change[:, :-1]
        self._layer.biases += change[:, -1]

    def forward(self, row: int) -> Iterator[Callable[[], object]]:
        """Write down the calls from a row's activations, those of the layer before, to its logits."""
        so_far = len(self._layer) + row
        yield partial(self._inputs[:so_far].dot, self._inputs[so_far], self._alike[:so_far])
        yield partial(self._alike[:so_far].dot, self._outputs[:so_far], self.logits[row])

    def backward(self, row: int) -> Iterator[Callable[[], object]]:
        """Write down the calls from a row's step to the same of the layer before, but for its activation."""
        so_far = len(self._layer) + row
        yield partial(self._outputs[:so_far].dot, self.steps[row], self._alike[:so_far])
        yield partial(self._alike[:so_far].dot, self._inputs[:so_far], self._gradient)
