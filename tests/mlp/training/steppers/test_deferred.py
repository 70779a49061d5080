"""Delayed updates are the same steps: as one after the other takes them, but for rounding."""

import itertools

import numpy as np
import pytest

from inknet.mlp import Adam, GradientDescent, Network, Trainer
from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.losses import find_loss
from inknet.mlp.optimizers import Optimizer, OptimizerState
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.steppers.deferred import DeferredStepper
from tests.mlp.training.steppers.one_by_one import ROWS, digits, one_after_the_other


class Clipped(GradientDescent):
    """An optimizer of one's own, made of ours: no step is larger than a hundredth."""

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState) -> None:  # noqa: ARG002
        parameters -= np.clip(learning_rate * gradient, -0.01, 0.01)


@pytest.mark.parametrize("batch", [1, 2, 7, 32])
@pytest.mark.parametrize("sizes", [[784, 10], [784, 60, 10], [784, 50, 20, 10]])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_steps(batch: int, sizes: list[int], weighted: bool) -> None:
    inputs, targets = digits()
    weights = np.random.default_rng(1).uniform(0, 2, (ROWS, 1)) if weighted else None
    expected = Network(sizes, dtype="float64", init="glorot", hidden="tanh")
    losses = one_after_the_other(expected, inputs, targets, weights, batch, lambda _: 0.03)

    network = Network(sizes, dtype="float64", init="glorot", hidden="tanh")
    delayed = DeferredStepper(network, Backpropagation(network, find_loss(None, network.layers[-1].activation)), batch)
    steps = list(delayed.learn(inputs, targets, weights, lambda _: 0.03))
    assert [rows for rows, _ in steps] == [batch] * (ROWS // batch) + [ROWS % batch] * (ROWS % batch > 0)
    np.testing.assert_allclose([loss for _, loss in steps], losses, rtol=1e-9)
    np.testing.assert_allclose(network.parameters, expected.parameters, rtol=0, atol=1e-10)
    assert np.abs(network.parameters - Network(sizes, dtype="float64", init="glorot").parameters).max() > 1e-3


def test_one_block_by_hand() -> None:
    # One node, w = (1, 2), b = 0, mean squared error, rate 1/4, rows x₁ = (1, 1) and x₂ = (1, 0), targets 1 and 0.
    # Row 1: z = 3, δ = 2 (3 - 1) = 4, step 1: w = (0, 1), b = -1.
    # Row 2: z = 0 - 1 = -1, δ = -2, step -1/2: w = (1/2, 1), b = -1/2.
    network = Network([2, 1], output="identity", dtype="float64")
    network.layers[0].weights = np.array([[1.0, 2.0]])
    delayed = DeferredStepper(network, Backpropagation(network, find_loss(None, network.layers[0].activation)), 1)
    inputs, targets = np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]])
    assert list(delayed.learn(inputs, targets, None, lambda _: 0.25)) == [(1, 4.0), (1, 1.0)]
    assert network.layers[0].weights.tolist() == [[0.5, 1.0]]
    assert network.layers[0].biases.tolist() == [-0.5]


def test_the_rate_of_each_step_is_asked_for() -> None:
    inputs, targets = digits()
    expected, network = Network([784, 60, 10], dtype="float64"), Network([784, 60, 10], dtype="float64")
    rates = [0.1, 0.05, 0.0, 0.02]
    one_after_the_other(expected, inputs[: len(rates)], targets[: len(rates)], None, 1, rates.__getitem__)
    asked = itertools.chain(rates)
    delayed = DeferredStepper(network, Backpropagation(network, find_loss(None, network.layers[-1].activation)), 1)
    assert len(list(delayed.learn(inputs[:4], targets[:4], None, lambda _: next(asked)))) == 4
    np.testing.assert_allclose(network.parameters, expected.parameters, rtol=0, atol=1e-10)


def test_where_it_pays() -> None:
    wide, narrow = Network([784, 200, 10]), Network([2, 16, 2])
    assert DeferredStepper.pays(wide, 1)
    assert DeferredStepper.pays(wide, 32)
    assert not DeferredStepper.pays(wide, 128)
    assert not DeferredStepper.pays(narrow, 1)
    assert not DeferredStepper.pays(Network([784, 200, 10], bias="layer"), 1)


@pytest.mark.parametrize(("optimizer", "delayed"), [(GradientDescent(), True), (Adam(), False), (Clipped(), False)])
def test_only_plain_steps_are_delayed(optimizer: Optimizer, delayed: bool) -> None:
    trainer = Trainer(Network([784, 200, 10]), *digits(), batch_size=1, optimizer=optimizer)
    assert (trainer._delayed is not None) == delayed


@pytest.mark.parametrize("options", [{"ema_decay": 0.9}, {"weight_decay": 0.1}])
def test_what_needs_all_weights_at_each_step_is_not_delayed(options: dict[str, float]) -> None:
    """Whatever way a training goes, what it is told to do is done."""
    inputs, targets = digits()
    results = []
    for seed in (0, 0, 1):
        network = Network([784, 60, 10], seed=3)
        Trainer(network, inputs, targets, epochs=1, batch_size=1, seed=seed, **options).run()  # type: ignore[arg-type]
        results.append(network.parameters.tobytes())
    assert results[0] == results[1] != results[2]
    plain = Network([784, 60, 10], seed=3)
    plain.train(inputs, targets, epochs=1, batch_size=1)
    assert plain.parameters.tobytes() != results[0]


def test_an_optimizer_made_of_gradient_descent_is_asked_for_its_steps() -> None:
    inputs, targets = digits()
    network = Network([784, 60, 10], seed=3)
    before = network.parameters.copy()
    network.train(inputs[:1], targets[:1], epochs=1, batch_size=1, learning_rate=5, optimizer=Clipped())
    assert np.abs(network.parameters - before).max() == pytest.approx(0.01, rel=1e-3)
