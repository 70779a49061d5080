"""Backpropagation against central differences, for everything that can be combined."""

import itertools

import numpy as np
import pytest

from inknet.mlp import Network
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.sample_weights import row_weights
from tests.mlp.helpers import SENSIBLE, gradient_of

HIDDEN = ["sigmoid", "tanh", "relu", "leaky-relu"]
STEP = 1e-5
ROWS = 3


def _well_placed(network: Network, inputs: FloatArray) -> bool:
    """Return whether no hidden node is near the kink of a ReLU, and none is silent for every row."""
    for layer in network.layers[:-1]:
        logits = layer.logits(inputs)
        if np.abs(logits).min() < 100 * STEP or not (logits > 0).any(axis=0).all():
            return False
        inputs = layer.forward(inputs)
    return True


def _example(sizes: list[int], hidden: list[str], output: str, bias: str) -> tuple[Network, FloatArray, FloatArray]:
    """Return a network, inputs and targets on which every parameter counts, and none stands at a kink."""
    for seed in itertools.count():
        rng = np.random.default_rng(seed)
        network = Network(sizes, hidden=hidden, output=output, bias=bias, dtype="float64")
        network.parameters[...] = rng.normal(0, 0.8, network.parameters.shape)
        inputs = rng.normal(0, 1, (ROWS, sizes[0]))
        if _well_placed(network, inputs):
            break
    # Targets of every kind: one-hot for a class, between 0 and 1 for a sigmoid, anything for a value.
    if output == "softmax":
        targets = np.eye(sizes[-1])[rng.integers(0, sizes[-1], ROWS)]
    else:
        targets = rng.uniform(0, 1, (ROWS, sizes[-1]))
    return network, inputs, targets


def _numeric_gradient(
    network: Network, loss: str, inputs: FloatArray, targets: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    gradient = np.empty_like(network.parameters)
    for index in range(len(gradient)):
        kept = network.parameters[index]
        sides = []
        for sign in (1, -1):
            network.parameters[index] = kept + sign * STEP
            sides.append(gradient_of(network, loss, inputs, targets, weights)[0])
        network.parameters[index] = kept
        gradient[index] = (sides[0] - sides[1]) / (2 * STEP)
    return gradient


def _relative_error(one: FloatArray, other: FloatArray) -> float:
    return float(np.linalg.norm(one - other) / (np.linalg.norm(one) + np.linalg.norm(other)))


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("bias", ["node", "layer"])
@pytest.mark.parametrize(("loss", "output"), SENSIBLE)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_backpropagation_agrees_with_central_differences(
    hidden: str, loss: str, output: str, bias: str, depth: int
) -> None:
    sizes = [3, *[4, 3, 5][:depth], 3]
    network, inputs, targets = _example(sizes, [hidden] * depth, output, bias)
    _, gradient = gradient_of(network, loss, inputs, targets)
    numeric = _numeric_gradient(network, loss, inputs, targets)
    # Each layer's weights and its biases on their own, so that a large part hides no error in a small one.
    for index, parts in enumerate(zip(network.split(gradient), network.split(numeric), strict=True)):
        for kind, one, other in zip(["weights", "biases"], *parts, strict=True):
            if (kind, bias, output, index) == ("biases", "layer", "softmax", depth):
                # A softmax does not change when all its logits grow alike: one bias for all of them does nothing.
                np.testing.assert_allclose([one, other], 0, atol=1e-10)
            else:
                assert _relative_error(one, other) <= 1e-6


@pytest.mark.parametrize("bias", ["node", "layer"])
@pytest.mark.parametrize(("loss", "output"), SENSIBLE)
def test_backpropagation_with_weights_agrees_with_central_differences(loss: str, output: str, bias: str) -> None:
    network, inputs, targets = _example([3, 4, 3], ["tanh"], output, bias)
    weights = np.array([[0.3], [0.0], [2.7]])
    _, gradient = gradient_of(network, loss, inputs, targets, weights)
    assert _relative_error(gradient, _numeric_gradient(network, loss, inputs, targets, weights)) <= 1e-6


@pytest.mark.parametrize(("loss", "output"), SENSIBLE)
def test_an_integer_weight_equals_copies_of_the_row(loss: str, output: str) -> None:
    network, inputs, targets = _example([3, 4, 3], ["tanh"], output, "node")
    counts = [2, 0, 3]
    weights = row_weights(counts, None, targets, classify=output != "identity")
    weighted = gradient_of(network, loss, inputs, targets, weights)
    repeated = gradient_of(network, loss, inputs.repeat(counts, axis=0), targets.repeat(counts, axis=0))
    assert weighted[0] == pytest.approx(repeated[0], rel=1e-14)
    np.testing.assert_allclose(weighted[1], repeated[1], rtol=1e-12, atol=1e-16)


def test_a_different_activation_per_layer() -> None:
    network, inputs, targets = _example([2, 3, 4, 3, 2], ["tanh", "leaky-relu", "sigmoid"], "softmax", "node")
    _, gradient = gradient_of(network, "cross-entropy", inputs, targets)
    assert _relative_error(gradient, _numeric_gradient(network, "cross-entropy", inputs, targets)) <= 1e-6


@pytest.mark.parametrize("targets", [[[0.2, 0.1, 0.3]], [[1.0, 1.0, 0.0]], [[0.0, 0.0, 0.0]]])
def test_softmax_targets_that_do_not_sum_to_one(targets: list[list[float]]) -> None:
    network, inputs, _ = _example([3, 3], [], "softmax", "node")
    wanted = np.array(targets * ROWS)
    _, gradient = gradient_of(network, "cross-entropy", inputs, wanted)
    np.testing.assert_allclose(gradient, _numeric_gradient(network, "cross-entropy", inputs, wanted), atol=1e-9)


def test_the_gradient_is_the_mean_over_the_rows() -> None:
    network, inputs, targets = _example([3, 4, 3], ["tanh"], "softmax", "node")
    alone = [gradient_of(network, None, inputs[[row]], targets[[row]])[1] for row in range(ROWS)]
    np.testing.assert_allclose(gradient_of(network, None, inputs, targets)[1], np.mean(alone, axis=0), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("loss", "output"), SENSIBLE)
def test_huge_logits_give_finite_gradients_without_a_warning(loss: str, output: str, dtype: str) -> None:
    network = Network([2, 3, 3], output=output, dtype=dtype)
    network.parameters[...] = 100
    network.layers[1].weights = np.array([[100], [-100], [0]])
    inputs, targets = np.array([[1, 0], [0, -1]], dtype=dtype), np.eye(3, dtype=dtype)[:2]
    assert np.abs(network.layers[1].logits(network.layers[0].forward(inputs.copy()))).max() >= 1e4
    value, gradient = gradient_of(network, loss, inputs, targets)
    assert np.isfinite(value)
    assert gradient.dtype == np.dtype(dtype)
    assert np.isfinite(gradient).all()
