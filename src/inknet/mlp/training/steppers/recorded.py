"""Gradient descent in very small batches as a list of numpy calls that is recorded once and replayed per block.

A small batch is little arithmetic: much of its time goes into calling numpy and allocating its results. Here all arrays
of a block are allocated beforehand, so every block makes the same calls with the same arguments:
`for call in calls: call()`. No layer is updated within a block. The first is deferred as in `DeferredStepper`. A later
layer, after steps -ηδᵀa for the rows so far, has weights W + sᵀa, with rows -ηδ in s and inputs a (with a 1 for the
bias); so a row x has the logits

    x (W + sᵀa)ᵀ = (x [Wᵀ | aᵀ]) [I | sᵀ]ᵀ

which are two small products. The same two in the other order carry the gradient back.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from inknet.mlp.layer import Layer
from inknet.mlp.losses import Loss
from inknet.mlp.parameters import FloatArray
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.training.data import Block
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.stepper import Rate, Stepper, shift

__all__ = ["RecordedStepper"]

#: A sum of exponentials in this range, of float32 too, is exact without subtracting the largest logit first.
_SMALLEST, _LARGEST = 1e-30, 1e30


class RecordedStepper(Stepper):
    """Takes the steps of plain gradient descent, for a bias per node, ReLU, softmax and cross-entropy."""

    def __init__(self, network: MultilayerPerceptron, loss: Loss, batch_size: int) -> None:
        # Trains on what the recorded calls cannot: incomplete batches, and logits whose exponentials overflow.
        self._deferred = DeferredStepper(network, loss, batch_size)
        self._batch_size = batch_size
        rows, dtype, outputs = self._deferred.block_rows, network.dtype, network.sizes[-1]
        self._batches = rows // batch_size
        self._first, *others = network.layers
        self._first_gradient = np.empty_like(self._first.weights), np.empty_like(self._first.biases)
        # Each row's logits in the first layer until it is trained on, then its step -ηδ.
        self._rows = np.empty((rows, len(self._first)), dtype)
        self._gram, self._own = np.empty((rows, rows), dtype), np.eye(batch_size, dtype=dtype)
        self._others = [_DeferredLayer(layer, batch_size, self._batches, dtype) for layer in others]
        self._pull, self._exponentials, self._shares = (np.empty((rows, outputs), dtype) for _ in range(3))
        self._calls = [list(self._record(batch)) for batch in range(self._batches)]

    def train_block(self, block: Block, rate: Rate) -> Iterator[tuple[int, float]]:
        """Train on a block of rows, and yield the number of rows and the loss of each step, after several steps."""
        # Augmented rows may be of another type.
        inputs, targets = (np.asarray(rows, self._rows.dtype) for rows in (block.inputs, block.targets))
        block = block._replace(inputs=inputs, targets=targets)
        start, size = 0, self._batch_size
        while start < len(inputs):
            # Complete batches; the recorded calls do not fit an incomplete one at the end of an epoch.
            complete = min(len(self._rows), (len(inputs) - start) // size * size)
            part = block.part(start, complete or size)
            rates = map(rate, range(start, start + complete, size))
            losses = self._replay(part, rates) if complete else None
            if losses is None:
                yield from self._deferred.train_block(part, shift(rate, start))
            else:
                for loss in losses.tolist():
                    yield size, loss
            start += len(part.inputs)

    def _replay(self, block: Block, rates: Iterable[float]) -> FloatArray | None:
        """Train on complete batches, and return their losses; or return None, and leave the network unchanged."""
        inputs, targets, weights, _ = block
        count, size = len(inputs), self._batch_size
        rows = self._rows[:count]
        rows[...] = self._first.logits(inputs)
        self._fill_gram(inputs)
        # For targets y with the sum t, a row's step is -ηδ = η (y - t p) / batch size.
        scale = np.fromiter(rates, rows.dtype) / size
        scale = np.repeat(scale, size)[:, np.newaxis]
        if weights is not None:
            scale *= weights
        total = np.add.reduce(targets, axis=1, keepdims=True)
        np.multiply(targets, scale, out=self._pull[:count])
        # Its ηt p are exponentials over their sum / ηt. With weight 0 the huge divisor leaves next to nothing.
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

    def _fill_gram(self, inputs: FloatArray) -> None:
        """Fill in how much each row's step changes the first layer's logits of the rows after its batch."""
        count, size, batches = len(inputs), self._batch_size, range(self._batches)
        # `X @ X.T` uses syrk: half the work.
        self._gram[:count, :count] = np.matmul(inputs, inputs.T)
        self._gram[:count, :count] += 1
        # On the diagonal an identity, which adds the batch's own logits.
        by_batch = self._gram.reshape(self._batches, size, self._batches, size)
        by_batch[batches, :, batches] = self._own

    def _record(self, batch: int) -> Iterator[Callable[[], object]]:
        """Yield the calls that train on one batch."""
        here, stop = _index(batch, self._batch_size), (batch + 1) * self._batch_size
        logits, last = np.empty_like(self._rows[here]), self._others[-1]
        yield partial(self._gram[here, :stop].dot, self._rows[:stop], logits)
        for layer in self._others:
            yield partial(np.maximum, logits, layer.zeros, out=layer.activations[here])
            logits = layer.logits[here]
            yield from layer.forward(batch)
        exponentials, shares = self._exponentials[here], self._shares[here]
        probabilities, total = np.empty_like(logits), np.empty_like(logits[..., 0])
        yield partial(np.exp, logits, exponentials)
        # The same for several rows and for one.
        yield (
            partial(np.vecdot, exponentials, shares, total) if total.ndim else partial(exponentials.dot, shares, total)
        )
        yield partial(np.divide, exponentials, total[:, np.newaxis] if total.ndim else total, probabilities)
        yield partial(np.subtract, self._pull[here], probabilities, last.steps[here])
        before = [self._rows, *(layer.steps for layer in self._others)]
        for layer, steps in reversed([*zip(self._others, before, strict=False)]):
            yield from layer.backward(batch)
            yield partial(np.sign, layer.activations[here], layer.is_positive)
            yield partial(np.multiply, layer.gradient, layer.is_positive, steps[here])


class _DeferredLayer:
    """A layer after the first: its weights before the block, and the steps it has yet to take."""

    def __init__(self, layer: Layer, batch_size: int, batches: int, dtype: np.dtype[np.floating]) -> None:
        self._layer, self._batch_size = layer, batch_size
        nodes, rows = len(layer), batches * batch_size
        # In the module's notes: [W | b] over [a | 1], and the identity over s.
        self._inputs = np.ones((nodes + rows, layer.inputs + 1), dtype)
        self._outputs = np.eye(nodes + rows, nodes, dtype=dtype)
        self.activations, self.steps = self._inputs[nodes:, :-1], self._outputs[nodes:]
        self.logits = np.empty((rows, nodes), dtype)
        # One for all batches, so that it stays in the cache.
        self._products = np.empty(batch_size * (nodes + rows), dtype)
        self._gradient = np.empty_like(self._inputs[_index(0, batch_size)])
        self.gradient = self._gradient[..., :-1]
        self.is_positive, self.zeros = np.empty_like(self.gradient), np.zeros_like(self.gradient)

    def fetch(self) -> None:
        """Copy the layer's parameters."""
        self._inputs[: len(self._layer), :-1] = self._layer.weights
        self._inputs[: len(self._layer), -1] = self._layer.biases

    def hand_back(self, count: int) -> None:
        """Update the layer by the steps of the first `count` rows."""
        rows = slice(len(self._layer), len(self._layer) + count)
        # Row-major, like the weights; see `split_parameters`.
        change = np.dot(self._inputs[rows].T, self._outputs[rows]).T
        self._layer.weights += change[:, :-1]
        self._layer.biases += change[:, -1]

    def forward(self, batch: int) -> Iterator[Callable[[], object]]:
        """Yield the calls from a batch's inputs to its logits."""
        here, so_far, products = self._before(batch)
        yield partial(self._inputs[len(self._layer) :][here].dot, self._inputs[so_far].T, products)
        yield partial(products.dot, self._outputs[so_far], self.logits[here])

    def backward(self, batch: int) -> Iterator[Callable[[], object]]:
        """Yield the calls from a batch's steps to the steps of its inputs, before their activation's derivative."""
        here, so_far, products = self._before(batch)
        yield partial(self.steps[here].dot, self._outputs[so_far].T, products)
        yield partial(products.dot, self._inputs[so_far], self._gradient)

    def _before(self, batch: int) -> tuple[int | slice, slice, FloatArray]:
        """Return the index of a batch, that of the weights and all batches before it, and an array for products."""
        here, so_far = _index(batch, self._batch_size), len(self._layer) + batch * self._batch_size
        products = self._products[: self._batch_size * so_far]
        return here, slice(so_far), products if self._batch_size == 1 else products.reshape(-1, so_far)


def _index(batch: int, size: int) -> int | slice:
    """Return the index of a batch's rows: an integer for a single row, since products of vectors take half the time."""
    return batch if size == 1 else slice(batch * size, (batch + 1) * size)
