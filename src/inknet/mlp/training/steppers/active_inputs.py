"""Sorted inputs: those that are mostly zero come last, so that most batches end before them."""

import functools

import numpy as np
from numpy.typing import NDArray

from inknet.mlp.layer import Layer
from inknet.mlp.network import Network
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.prefetch import ahead

__all__ = ["SortedInputs"]

#: Smaller batches spend little of their time in the first layer's products, and with a smaller first layer so do all.
_SMALLEST_BATCH, _FEWEST_WEIGHTS = 16, 1 << 15
#: So many rows, from all of the set, tell how often each input is not zero.
_SAMPLE = 4096
#: It pays if batches end, on average, before this share of the inputs. Less would hardly repay the copy.
_LARGEST_SHARE = 0.95
#: A larger set is not copied, for which there may be no memory twice: so many numbers are half a gigabyte, or one.
_MOST_NUMBERS = 1 << 27
#: Rows that are sorted at a time: few enough to stay in the processor's cache.
_ROWS_AT_A_TIME = 512


class SortedInputs:
    """A training set with its inputs in another order, and the network that learns from it in place of the whole.

    A weight's gradient is what its input was, times what became of it: of an input that is zero in all the rows of a
    batch nothing is learned, and nothing comes of it. Most of MNIST's pixels, at the edges, hold ink in few images or
    in none. When these come last, 128 images end on average after 650 of 784 pixels, and what comes after takes no
    part in the products with the first layer, which are nearly all there is to do.

    Parameters
    ----------
    whole : Network
        Whose parameters the other network has until `hand_back` returns what has become of them.
    inputs : array, shape (rows, inputs)
    order : array of int
        The inputs that are not zero in every row, as they shall stand.

    Attributes
    ----------
    network : Network
        With these inputs only, and in this order.
    rows : array, shape (rows, len(order))
        The inputs so.
    ends : array of int, shape (rows,)
        Behind which place each row is zero.
    """

    def __init__(self, whole: Network, inputs: FloatArray, order: NDArray[np.intp]) -> None:
        self.whole = whole
        self.network = Network(
            [len(order), *whole.sizes[1:]],
            hidden=[layer.activation for layer in whole.layers[:-1]],
            output=whole.layers[-1].activation,
            dtype=whole.dtype.name,
        )
        weights, biases = self.network.split(self.network.parameters)[0]
        first = _OpenEnded(weights, biases, whole.layers[0].activation)
        self.network.layers = (first, *self.network.layers[1:])
        # Where the parameters of the one stand among those of the other; see `split_parameters`.
        places = np.arange(whole.parameter_count)
        of_weights, others = np.split(places, [whole.layers[0].weights.size])
        self._places = np.concatenate([of_weights.reshape(whole.sizes[0], -1)[order].ravel(), others])
        self.rows = np.empty((len(inputs), len(order)), inputs.dtype)
        self.ends = np.empty(len(inputs), np.intp)

        def sort(start: int) -> None:
            some = slice(start, start + _ROWS_AT_A_TIME)
            inputs[some].take(order, axis=1, out=self.rows[some], mode="clip")
            self.ends[some] = _ends(self.rows[some])

        for _ in ahead(functools.partial(sort, start) for start in range(0, len(inputs), _ROWS_AT_A_TIME)):
            pass

    @classmethod
    def of(cls, network: Network, inputs: FloatArray, batch_size: int, epochs: int) -> "SortedInputs | None":
        """Return a training set with its inputs sorted, if to learn from that pays, or None.

        Parameters
        ----------
        network : Network
            What learns.
        inputs : array, shape (rows, inputs)
        batch_size, epochs : int
            Rows a step, and how often all of them are learned from: once does not repay the sorting.
        """
        if (
            epochs == 1
            or batch_size < _SMALLEST_BATCH
            or network.layers[0].weights.size < _FEWEST_WEIGHTS
            or network.bias != "node"
            or inputs.size > _MOST_NUMBERS
        ):
            return None
        sample = inputs[:: max(1, len(inputs) // _SAMPLE)]
        order = np.argsort(-np.count_nonzero(sample, axis=0), kind="stable")
        batches = range(0, len(sample), batch_size)
        end = np.mean([_ends(sample[start : start + batch_size].take(order, axis=1)).max() for start in batches])
        if end > _LARGEST_SHARE * inputs.shape[1]:
            return None
        used = np.asarray(inputs.any(axis=0))
        return cls(network, inputs, order[used[order]])

    def fetch(self) -> None:
        """Take the whole's parameters."""
        self.network.parameters[...] = self.whole.parameters[self._places]

    def hand_back(self) -> None:
        """Give the whole what its parameters have become."""
        self.whole.parameters[self._places] = self.network.parameters


def _ends(rows: FloatArray) -> NDArray[np.intp]:
    """Return how many inputs of each row there are up to the last that is not zero; all, if every one is zero."""
    ends: NDArray[np.intp] = rows.shape[1] - np.asarray(rows != 0)[:, ::-1].argmax(axis=1)
    return ends


class _OpenEnded(Layer):
    """A layer, with a bias a node, whose inputs may end early: those that are missing are zero.

    They are a part of wider rows, of which `dot` would make a copy first, and `matmul` does not.
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
