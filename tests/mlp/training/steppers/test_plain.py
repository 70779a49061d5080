"""The plain stepper, against arithmetic by hand and gradients by finite differences."""

import numpy as np
import pytest

from inknet.mlp import Momentum, Network, TrainingOptions
from inknet.mlp.losses import find_loss
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.state import TrainingState
from inknet.mlp.training.steppers.scaled import ScaledStepper
from tests.mlp.training.steppers.helpers import ROWS, block_of, digits, plain_stepper, plain_steps, take_steps


def test_two_steps_by_hand() -> None:
    # One node, w = (1, 2), b = 0, mean squared error, rate 1/4, rows x₁ = (1, 1) and x₂ = (1, 0), targets 1 and 0.
    # Row 1: z = 3, δ = 2 (3 - 1) = 4, step 1: w = (0, 1), b = -1.
    # Row 2: z = 0 - 1 = -1, δ = -2, step -1/2: w = (1/2, 1), b = -1/2.
    network = Network([2, 1], output="identity", dtype="float64")
    network.layers[0].weights = np.array([[1.0, 2.0]])
    block = block_of(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]]))
    assert plain_steps(network, block, 1, lambda _: 0.25) == [(1, 4.0), (1, 1.0)]
    assert network.layers[0].weights.tolist() == [[0.5, 1.0]]
    assert network.layers[0].biases.tolist() == [-0.5]


def test_decay_step_and_average_by_hand() -> None:
    # w = 2, b = 0, x = 1, y = 0: the loss is 4, the gradient of both is 4. With rate 0.1 and weight decay 0.5,
    # w = 2 (1 - 0.05) - 0.4 = 1.5 and b = -0.4. The average with decay 0.75: w̄ = 2 - 0.5 / 4, b̄ = -0.4 / 4.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [2.0, 0.0]
    stepper = plain_stepper(network, TrainingOptions(weight_decay=0.5, ema_decay=0.75))
    steps = take_steps(stepper, block_of(np.array([[1.0]]), np.array([[0.0]])), lambda _: 0.1)
    assert steps == [(1, 4.0)]
    np.testing.assert_allclose(network.parameters, [1.5, -0.4], rtol=1e-14)
    assert stepper.state.average is not None
    np.testing.assert_allclose(stepper.state.average, [1.875, -0.1], rtol=1e-14)


def test_momentum_uses_the_state() -> None:
    # x = 1, y = 0, rate 1/4, momentum 1/2, w = b = 1: z = 2, g = 4, v = 4, p = 1 - 1 = 0 for both.
    # Again: z = 0, g = 0, v = 2, p = -1/2 for both.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [1.0, 1.0]
    stepper = plain_stepper(network, TrainingOptions(optimizer=Momentum(0.5), batch_size=1))
    take_steps(stepper, block_of(np.ones((2, 1)), np.zeros((2, 1))), lambda _: 0.25)
    assert network.parameters.tolist() == [-0.5, -0.5]
    assert stepper.state.optimizer_state["velocity"].tolist() == [2.0, 2.0]


@pytest.mark.parametrize("hidden", ["tanh", "sigmoid"])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_a_step_follows_the_gradient_by_finite_differences(hidden: str, output: str) -> None:
    rng = np.random.default_rng(0)
    inputs: FloatArray = rng.normal(size=(5, 3))
    targets: FloatArray = np.eye(2)[rng.integers(0, 2, 5)]
    network = Network([3, 4, 2], hidden=hidden, output=output, dtype="float64", seed=1)
    loss = find_loss(None, network.layers[-1].activation)
    before: FloatArray = network.parameters.copy()

    def loss_at(parameters: FloatArray) -> float:
        network.parameters[...] = parameters
        activations = inputs
        for layer in network.layers[:-1]:
            activations = layer.forward(activations)
        return loss.measure(network.layers[-1].activation, network.layers[-1].logits(activations), targets)[0]

    steps = np.eye(len(before)) * 1e-6
    expected = np.array([(loss_at(before + step) - loss_at(before - step)) / 2e-6 for step in steps])
    network.parameters[...] = before
    plain_steps(network, block_of(inputs, targets), 5, lambda _: 1.0)
    np.testing.assert_allclose(before - network.parameters, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("batch_size", [1, 32, 128])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.2}, {"ema_decay": 0.9}])
def test_the_scaled_stepper_takes_the_same_steps(batch_size: int, weighted: bool, options: dict[str, float]) -> None:
    inputs, targets = digits()
    weights = np.random.default_rng(1).uniform(0, 2, (ROWS, 1)) if weighted else None
    plain, scaled = (Network([784, 20, 10], dtype="float64", init="glorot", hidden="tanh") for _ in range(2))
    before = plain.parameters.copy()
    chosen = TrainingOptions(batch_size=batch_size, weight_decay=options.get("weight_decay", 0.0))
    chosen = chosen.change(ema_decay=options.get("ema_decay", 0.0))
    block, state = block_of(inputs, targets, weights), TrainingState(scaled, chosen)
    reference = plain_stepper(plain, chosen)
    expected = take_steps(reference, block, lambda row: 0.03 + row / 1e4)
    steps = take_steps(
        ScaledStepper(scaled, find_loss(None, scaled.layers[-1].activation), chosen, state),
        block,
        lambda row: 0.03 + row / 1e4,
    )
    assert [rows for rows, _ in steps] == [rows for rows, _ in expected]
    np.testing.assert_allclose([loss for _, loss in steps], [loss for _, loss in expected], rtol=1e-9)
    np.testing.assert_allclose(scaled.parameters, plain.parameters, rtol=0, atol=1e-12)
    if state.average is not None and reference.state.average is not None:
        np.testing.assert_allclose(state.average, reference.state.average, rtol=0, atol=1e-12)
    assert np.abs(scaled.parameters - before).max() > 1e-3
