"""Backpropagation: the gradient of the loss by every parameter, from one pass forward and one back."""

import itertools

import numpy as np

from inknet.mlp.losses import Loss
from inknet.mlp.network import Network
from inknet.mlp.parameters import FloatArray

__all__ = ["Backpropagation"]


class Backpropagation:
    """Computes a network's gradient, batch after batch, into one vector that it keeps.

    Parameters
    ----------
    network : Network
        Whose parameters the gradient is by.
    loss : Loss
        What is to become smaller.

    Attributes
    ----------
    gradient : array, shape (parameter_count,)
        The gradient of the last batch's loss, in the order of `network.parameters`.

    Notes
    -----
    The chain rule, layer by layer from the last [1]_: with δ the loss's gradient by a layer's logits z = x Wᵀ + b,
    ∂L/∂W = δᵀ x, ∂L/∂b = Σ δ over the rows, and the layer before has δ W through its activation's derivative.

    References
    ----------
    .. [1] D. Rumelhart, G. Hinton, R. Williams, "Learning representations by back-propagating errors", 1986.
    """

    def __init__(self, network: Network, loss: Loss) -> None:
        self.network = network
        self.loss = loss
        self.gradient = np.zeros_like(network.parameters)
        self._by_layer = network.split(self.gradient)

    def __call__(
        self, inputs: FloatArray, targets: FloatArray, scale: float = 1.0, weights: FloatArray | None = None
    ) -> float:
        """Fill `gradient`, and return the loss.

        Parameters
        ----------
        inputs : array, shape (rows, inputs)
        targets : array, shape (rows, outputs)
        scale : float
            What the gradient is multiplied by.
        weights : array, shape (rows, 1), or None
            What each row's part of the loss is multiplied by.
        """
        first = self.network.layers[0]
        loss, delta = self.behind_first(first.logits(inputs), targets, scale, weights)
        first.backward(delta, inputs, *self._by_layer[0])
        return loss

    def behind_first(
        self, logits: FloatArray, targets: FloatArray, scale: float = 1.0, weights: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Fill `gradient` but for the first layer's part, and return the loss and its gradient by that layer's logits.

        Parameters
        ----------
        logits : array, shape (rows, nodes)
            The first layer's; they may be overwritten.
        targets, scale, weights
            As above.
        """
        layers = self.network.layers
        activations = []
        for layer, following in itertools.pairwise(layers):
            activations.append(layer.activation.forward(logits))
            logits = following.logits(activations[-1])
        weighted = () if weights is None else (weights,)
        loss, delta = self.loss.measure(layers[-1].activation, logits, targets, *weighted)
        if scale != 1:
            delta = delta * scale
        for index in range(len(layers) - 1, 0, -1):
            inputs = activations[index - 1]
            layers[index].backward(delta, inputs, *self._by_layer[index])
            delta = layers[index - 1].activation.backward(np.dot(delta, layers[index].weights), inputs)
        return loss, delta
