"""What the gradient is multiplied by; `test_gradients.py` compares it with finite differences."""

import numpy as np
import pytest

from inknet.mlp import Network
from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.losses import find_loss


@pytest.mark.parametrize("sizes", [[3, 2], [3, 4, 2]])
@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 3.0])
def test_scale_multiplies_the_gradient_and_not_the_loss(sizes: list[int], scale: float) -> None:
    network = Network(sizes, seed=1, dtype="float64")
    backpropagation = Backpropagation(network, find_loss(None, network.layers[-1].activation))
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(5, 3)), np.eye(2)[rng.integers(0, 2, 5)]
    loss = backpropagation(inputs, targets)
    gradient = backpropagation.gradient.copy()
    assert np.abs(gradient).max() > 0
    assert backpropagation(inputs, targets, scale=scale) == loss
    np.testing.assert_allclose(backpropagation.gradient, scale * gradient, rtol=1e-12)
