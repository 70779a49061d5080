"""Active inputs: gradient descent without the inputs that are zero in every row of a block.

The gradient of a first-layer weight is a sum over rows of its input times δ, and the logits are sums of inputs times
weights. With columns A of x that are not zero in every row,

    x Wᵀ = x_A W_Aᵀ      and      ∂L/∂W = δᵀ x, which is zero outside A

so plain gradient descent takes the same steps on W_A alone. Most of MNIST's border pixels hold ink in few images: with
columns sorted by how often they are active, 128 images end on average after 650 of 784.
"""

import functools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from inknet.mlp.layer import Layer
from inknet.mlp.parameters import FloatArray
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.training.data import Block
from inknet.mlp.training.prefetch import prefetch
from inknet.mlp.training.steppers.stepper import Rate, Stepper

__all__ = ["ActiveInputsStepper", "row_ends", "sort_columns"]

#: Rows whose columns are sorted at a time: few enough to stay in the processor's cache.
_ROWS_AT_A_TIME = 512


class ActiveInputsStepper(Stepper):
    """Has another stepper train a smaller network, on sorted columns.

    Parameters
    ----------
    whole : MultilayerPerceptron
        The network, with a bias per node. Its parameters are fetched when an epoch begins and updated when it ends.
    order : array of int
        The indices of the inputs to keep, in the order of the columns.
    ends : array of int, shape (rows,)
        The number of columns of each training row up to its last non-zero one.
    make_stepper : function
        Makes the stepper of the smaller network.
    """

    def __init__(
        self,
        whole: MultilayerPerceptron,
        order: NDArray[np.intp],
        ends: NDArray[np.intp],
        make_stepper: Callable[[MultilayerPerceptron], Stepper],
    ) -> None:
        self.whole = whole
        self.ends = ends
        self.network = MultilayerPerceptron(
            [len(order), *whole.sizes[1:]],
            hidden=[layer.activation for layer in whole.layers[:-1]],
            output=whole.layers[-1].activation,
            dtype=whole.dtype.name,
        )
        weights, biases = self.network.split(self.network.parameters)[0]
        first = _OpenEndedLayer(weights, biases, whole.layers[0].activation)
        # A network refuses other layers, but this one has the same arrays.
        vars(self.network)["layers"] = (first, *self.network.layers[1:])
        # Indices of the smaller network's parameters among those of the whole; see `split_parameters`.
        weight_indices, others = np.split(np.arange(whole.parameter_count), [whole.layers[0].weights.size])
        active = weight_indices.reshape(whole.sizes[0], -1)[order].ravel()
        self._indices = np.concatenate([active, others])
        self.stepper = make_stepper(self.network)

    def begin_epoch(self) -> None:
        """Fetch the parameters of the whole network."""
        self.network.parameters[...] = self.whole.parameters[self._indices]
        self.stepper.begin_epoch()

    def train_block(self, block: Block, rate: Rate) -> Iterator[tuple[int, float]]:
        """Train on a block of rows without the columns after its last active one."""
        end = self.ends[block.indices].max()
        return self.stepper.train_block(block._replace(inputs=block.inputs[:, :end]), rate)

    def end_epoch(self) -> None:
        """Hand the parameters back to the whole network."""
        self.stepper.end_epoch()
        self.whole.parameters[self._indices] = self.network.parameters


def sort_columns(inputs: FloatArray, order: NDArray[np.intp]) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return the inputs with their columns in this order, and the `row_ends` of that."""
    columns = np.empty((len(inputs), len(order)), inputs.dtype)
    ends = np.empty(len(inputs), np.intp)

    def sort(start: int) -> None:
        rows = slice(start, start + _ROWS_AT_A_TIME)
        inputs[rows].take(order, axis=1, out=columns[rows], mode="clip")
        ends[rows] = row_ends(columns[rows])

    for _ in prefetch(functools.partial(sort, start) for start in range(0, len(inputs), _ROWS_AT_A_TIME)):
        pass
    return columns, ends


def row_ends(rows: FloatArray) -> NDArray[np.intp]:
    """Return the number of columns up to the last non-zero one of each row; all of them, for a row of zeros."""
    return rows.shape[1] - np.asarray(rows != 0)[:, ::-1].argmax(axis=1)


class _OpenEndedLayer(Layer):
    """A layer that takes rows without their last inputs, which count as zero.

    Such rows are views of wider ones: `matmul` multiplies them as they are, where `dot` would copy them first.
    """

    def logits(self, inputs: FloatArray) -> FloatArray:
        sums: FloatArray = np.matmul(inputs, self.weights.T[: inputs.shape[1]])
        sums += self.biases
        return sums

    def backward(
        self, delta: FloatArray, inputs: FloatArray, weight_gradient: FloatArray, bias_gradient: FloatArray
    ) -> None:
        end = inputs.shape[1]
        np.matmul(inputs.T, delta, out=weight_gradient.T[:end])
        weight_gradient[:, end:] = 0
        np.add.reduce(delta, axis=0, out=bias_gradient)
