"""Small batches, and single rows: gradient descent as a list of calls that is written down once."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from inknet.mlp.activations import ReLU, Softmax
from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.layer import Layer
from inknet.mlp.losses import CrossEntropy, Loss
from inknet.mlp.network import Network
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.steppers.deferred import DeferredStepper

__all__ = ["RecordedStepper"]

#: The largest batches for which it pays: larger ones spend their time in the first layer's products.
_LARGEST_BATCH = 8
#: Sums of exponentials that can be trusted without the largest logit being taken off first; in float32, too.
_SMALLEST, _LARGEST = 1e-30, 1e30


class RecordedStepper:
    """Takes the steps of `DeferredStepper` for ReLU, softmax and cross-entropy, and brings no layer up to date between.

    A small batch is little arithmetic: much of its time goes into calling numpy, and into memory for what numpy
    returns. Here all of a block's arrays are laid out beforehand, and so every block of batches makes the same calls
    with the same arguments, which are only repeated: `for call in calls: call()`.

    Parameters
    ----------
    network : Network
        What learns; see `pays`.
    backpropagation : Backpropagation
        Of this network.
    batch_size : int

    Notes
    -----
    The layers behind the first learn late as well. After steps of -ηδᵀa for each row a so far, that is, for rows s of
    -ηδ, a layer's weights are W + sᵀa, if a has a 1 for the bias, too; and a row x has the logits

        x (W + sᵀa)ᵀ = (x [Wᵀ | aᵀ]) [I | sᵀ]ᵀ

    which are two small products. With the same two, the other way round, the gradient goes back.
    """

    def __init__(self, network: Network, backpropagation: Backpropagation, batch_size: int) -> None:
        self._careful = DeferredStepper(network, backpropagation, batch_size)
        self._batch_size = batch_size
        rows, dtype, outputs = self._careful.block, network.dtype, network.sizes[-1]
        self._batches = rows // batch_size
        self._first, *others = network.layers
        self._first_gradient = network.split(backpropagation.gradient)[0]
        # The first layer's logits of each row, until it is learned from; then its step.
        self._rows = np.empty((rows, len(self._first)), dtype)
        self._alike, self._own = np.empty((rows, rows), dtype), np.eye(batch_size, dtype=dtype)
        self._others = [_LateLayer(layer, batch_size, self._batches, dtype) for layer in others]
        self._pull, self._exponentials, self._shares = (np.empty((rows, outputs), dtype) for _ in range(3))
        self._calls = [list(self._batch(batch)) for batch in range(self._batches)]

    @staticmethod
    def pays(network: Network, loss: Loss, batch_size: int) -> bool:
        """Return whether this takes the same steps as `DeferredStepper` does, in less time."""
        *hidden, output = [type(layer.activation) for layer in network.layers]
        return (
            batch_size <= _LARGEST_BATCH
            and DeferredStepper.pays(network, batch_size)
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
        rate: Callable[[int], float],
    ) -> Iterator[tuple[int, float]]:
        """Take a step for each batch, and yield its rows and its loss: as `DeferredStepper.learn`, but by blocks."""
        # What augments rows may return them as float64.
        inputs, targets = (np.asarray(rows, self._rows.dtype) for rows in (inputs, targets))
        start, size, block = 0, self._batch_size, len(self._rows)
        while start < len(inputs):
            # Whole batches: of one that is not, at the end of an epoch, the calls are others.
            whole = min(block, (len(inputs) - start) // size * size)
            rows = slice(start, start + (whole or size))
            batches = inputs[rows], targets[rows], None if weights is None else weights[rows]
            losses = self._learn_block(*batches, rate) if whole else None
            if losses is None:
                yield from self._careful.learn(*batches, rate)
            else:
                for loss in losses.tolist():
                    yield size, loss
            start = rows.stop

    def _learn_block(
        self, inputs: FloatArray, targets: FloatArray, weights: FloatArray | None, rate: Callable[[int], float]
    ) -> FloatArray | None:
        """Learn from whole batches, and return the loss of each; or change nothing, and return None."""
        count, size = len(inputs), self._batch_size
        rows = self._rows[:count]
        rows[...] = self._first.logits(inputs)
        self._compare(inputs)
        # With the total t of a row's targets y, its step is -ηδ = η (y - t p), by the number of rows in a batch.
        scale = np.fromiter(map(rate, range(0, count, size)), rows.dtype) / size
        scale = np.repeat(scale, size)[:, np.newaxis]
        if weights is not None:
            scale *= weights
        total = np.add.reduce(targets, axis=1, keepdims=True)
        np.multiply(targets, scale, out=self._pull[:count])
        # Its probabilities, times ηt: exponentials by their sum by ηt. A row of no weight has next to none of them.
        shares, scaled = self._shares[:count], scale * total
        shares.fill(_LARGEST)
        np.divide(1, scaled, out=shares, where=scaled != 0)
        for layer in self._others:
            layer.fetch()

        for calls in self._calls[: count // size]:
            for call in calls:
                call()

        sums = np.add.reduce(self._exponentials[:count], axis=1, keepdims=True)
        # The comparisons are false for NaN, too.
        if not (sums.min() > _SMALLEST and sums.max() < _LARGEST):
            return None
        self._first.backward(rows, inputs, *self._first_gradient)
        self._first.weights += self._first_gradient[0]
        self._first.biases += self._first_gradient[1]
        for layer in self._others:
            layer.hand_back(count)
        logits = self._others[-1].logits[:count]
        losses = total * np.log(sums) - np.add.reduce(targets * logits, axis=1, keepdims=True)
        if weights is not None:
            losses *= weights
        return np.add.reduce(losses.reshape(-1, size), axis=1) / size

    def _compare(self, inputs: FloatArray) -> None:
        """Fill in how much the step of each row changes the first layer's logits of those that come after its batch."""
        count, size, batches = len(inputs), self._batch_size, range(self._batches)
        # All of them, for numpy knows a product with itself, and reckons half of it.
        self._alike[:count, :count] = np.matmul(inputs, inputs.T)
        self._alike[:count, :count] += 1
        # And a batch's own logits, to which those before it add.
        by_batch = self._alike.reshape(self._batches, size, self._batches, size)
        by_batch[batches, :, batches] = self._own

    def _batch(self, batch: int) -> Iterator[Callable[[], object]]:
        """Write down what learning from one batch calls."""
        here, stop = _place(batch, self._batch_size), (batch + 1) * self._batch_size
        logits, last = np.empty_like(self._rows[here]), self._others[-1]
        yield partial(self._alike[here, :stop].dot, self._rows[:stop], logits)
        for layer in self._others:
            yield partial(np.maximum, logits, layer.zeros, out=layer.activations[here])
            logits = layer.logits[here]
            yield from layer.forward(batch)
        exponentials, shares = self._exponentials[here], self._shares[here]
        probabilities, total = np.empty_like(logits), np.empty_like(logits[..., 0])
        yield partial(np.exp, logits, exponentials)
        # The same of several rows and of one.
        yield (
            partial(np.vecdot, exponentials, shares, total) if total.ndim else partial(exponentials.dot, shares, total)
        )
        yield partial(np.divide, exponentials, total[:, np.newaxis] if total.ndim else total, probabilities)
        yield partial(np.subtract, self._pull[here], probabilities, last.steps[here])
        before = [self._rows, *(layer.steps for layer in self._others)]
        for layer, steps in reversed([*zip(self._others, before, strict=False)]):
            yield from layer.backward(batch)
            yield partial(np.sign, layer.activations[here], layer.spoke)
            yield partial(np.multiply, layer.gradient, layer.spoke, steps[here])


class _LateLayer:
    """A layer behind the first, as it was before the block, and what it is yet to learn from the block's rows."""

    def __init__(self, layer: Layer, batch_size: int, batches: int, dtype: np.dtype[np.floating]) -> None:
        self._layer, self._batch_size = layer, batch_size
        nodes, rows = len(layer), batches * batch_size
        # Below each other [W | b] and [a | 1], and the identity and s, in the class's notes above.
        self._inputs = np.ones((nodes + rows, layer.inputs + 1), dtype)
        self._outputs = np.eye(nodes + rows, nodes, dtype=dtype)
        self.activations, self.steps = self._inputs[nodes:, :-1], self._outputs[nodes:]
        self.logits = np.empty((rows, nodes), dtype)
        # What a batch leaves behind, the next one overwrites: so it stays in the cache.
        self._alike = np.empty(batch_size * (nodes + rows), dtype)
        self._gradient = np.empty_like(self._inputs[_place(0, batch_size)])
        self.gradient = self._gradient[..., :-1]
        self.spoke, self.zeros = np.empty_like(self.gradient), np.zeros_like(self.gradient)

    def fetch(self) -> None:
        """Take the layer's parameters."""
        self._inputs[: len(self._layer), :-1] = self._layer.weights
        self._inputs[: len(self._layer), -1] = self._layer.biases

    def hand_back(self, count: int) -> None:
        """Give the layer what was learned from so many rows."""
        rows = slice(len(self._layer), len(self._layer) + count)
        # As the weights lie in memory; see `split_parameters`.
        change = np.dot(self._inputs[rows].T, self._outputs[rows]).T
        self._layer.weights += change[:, :-1]
        self._layer.biases += change[:, -1]

    def forward(self, batch: int) -> Iterator[Callable[[], object]]:
        """Write down the calls from a batch's activations, those of the layer before, to its logits."""
        here, so_far, alike = self._before(batch)
        yield partial(self._inputs[len(self._layer) :][here].dot, self._inputs[so_far].T, alike)
        yield partial(alike.dot, self._outputs[so_far], self.logits[here])

    def backward(self, batch: int) -> Iterator[Callable[[], object]]:
        """Write down the calls from a batch's steps to the same of the layer before, but for its activation."""
        here, so_far, alike = self._before(batch)
        yield partial(self.steps[here].dot, self._outputs[so_far].T, alike)
        yield partial(alike.dot, self._inputs[so_far], self._gradient)

    def _before(self, batch: int) -> tuple[int | slice, slice, FloatArray]:
        """Return where a batch is, where the weights are and all before it, and a place for products of the two."""
        here, so_far = _place(batch, self._batch_size), len(self._layer) + batch * self._batch_size
        alike = self._alike[: self._batch_size * so_far]
        return here, slice(so_far), alike if self._batch_size == 1 else alike.reshape(-1, so_far)


def _place(batch: int, size: int) -> int | slice:
    """Return where a batch is among the rows. A single row is no matrix: vectors are multiplied in half the time."""
    return batch if size == 1 else slice(batch * size, (batch + 1) * size)
