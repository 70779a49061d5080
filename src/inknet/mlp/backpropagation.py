"""Backpropagation: the gradient of the loss by every parameter, from one pass forward and one back."""

import numpy as np

from inknet.mlp.arrays import FloatArray
from inknet.mlp.losses import Loss
from inknet.mlp.network import Network

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
        layers = self.network.layers
        activations = [inputs]
        for layer in layers[:-1]:
            activations.append(layer.forward(activations[-1]))
        logits = layers[-1].logits(activations[-1])
        weighted = () if weights is None else (weights,)
        loss, delta = self.loss.measure(layers[-1].activation, logits, targets, *weighted)
        if scale != 1:
            delta = delta * scale
        for index in range(len(layers) - 1, -1, -1):
            layers[index].backward(delta, activations[index], *self._by_layer[index])
            if index > 0:
                delta = layers[index - 1].activation.backward(delta @ layers[index].weights, activations[index])
        return loss
