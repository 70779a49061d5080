"""Backpropagation: the gradient of the loss with respect to every parameter, from one pass forward and one back."""

import itertools

import numpy as np

from inknet.mlp.losses import Loss
from inknet.mlp.parameters import FloatArray
from inknet.mlp.perceptron import MultilayerPerceptron

__all__ = ["Backpropagation"]


class Backpropagation:
    """Computes a network's gradient for one batch after another, into one vector.

    Attributes
    ----------
    gradient : array, shape (parameter_count,)
        The gradient of the last batch's loss, laid out like `network.parameters`.

    Notes
    -----
    The chain rule, layer by layer from the last [1]_: with δ the gradient with respect to a layer's logits
    z = x Wᵀ + b, ∂L/∂W = δᵀ x, ∂L/∂b = Σ δ over the rows, and δ W, times the activation's derivative, is the δ of the
    layer before.

    References
    ----------
    .. [1] D. Rumelhart, G. Hinton, R. Williams, "Learning representations by back-propagating errors", 1986.
    """

    def __init__(self, network: MultilayerPerceptron, loss: Loss) -> None:
        self.network = network
        self.loss = loss
        self.gradient = np.zeros_like(network.parameters)
        self._by_layer = network.split(self.gradient)

    def __call__(
        self, inputs: FloatArray, targets: FloatArray, weights: FloatArray | None = None, scale: float = 1.0
    ) -> float:
        """Fill `gradient`, and return the loss.

        Parameters
        ----------
        inputs, targets : array, shape (rows, inputs) and (rows, outputs)
        weights : array, shape (rows, 1), or None
            Factor on each row's share of the loss.
        scale : float
            Factor on the gradient.
        """
        first = self.network.layers[0]
        loss, delta = self.after_first_layer(first.logits(inputs), targets, weights, scale)
        first.backward(delta, inputs, *self._by_layer[0])
        return loss

    def after_first_layer(
        self, logits: FloatArray, targets: FloatArray, weights: FloatArray | None, scale: float
    ) -> tuple[float, FloatArray]:
        """Fill `gradient` except for the first layer, and return the loss and the δ of the first layer.

        `logits` are the first layer's, of shape (rows, nodes); they may be overwritten.
        """
        layers = self.network.layers
        activations = []
        for layer, following in itertools.pairwise(layers):
            activations.append(layer.activation.forward(logits))
            logits = following.logits(activations[-1])
        weighted = () if weights is None else (weights,)
        loss, delta = self.loss.measure(layers[-1].activation, logits, targets, *weighted)
        delta = delta * scale
        for index in range(len(layers) - 1, 0, -1):
            inputs = activations[index - 1]
            layers[index].backward(delta, inputs, *self._by_layer[index])
            delta = layers[index - 1].activation.backward(np.dot(delta, layers[index].weights), inputs)
        return loss, delta
