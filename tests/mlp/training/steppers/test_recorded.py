"""As a list of calls, the steps are the same: as the definition takes them, but for rounding."""

import numpy as np
import pytest

from inknet.mlp import Network, Trainer
from inknet.mlp.activations import Activation, LeakyReLU
from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.losses import CrossEntropy, Loss, MeanSquaredError
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.recorded import RecordedStepper
from tests.mlp.training.steppers.one_by_one import ROWS, digits, one_after_the_other


def learner(network: Network, batch: int = 1) -> RecordedStepper:
    return RecordedStepper(network, Backpropagation(network, CrossEntropy()), batch)


def rate(ahead: int) -> float:
    """A rate that is another one for each batch of a block."""
    return 0.01 + 0.001 * (ahead % 7)


@pytest.mark.parametrize("batch", [1, 2, 7, 8])
@pytest.mark.parametrize("sizes", [[784, 60, 10], [784, 50, 20, 10], [784, 50, 30, 20, 10]])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["one-hot", "soft", "not adding up to 1"])
def test_the_same_steps(batch: int, sizes: list[int], weighted: bool, kind: str) -> None:
    inputs, targets = digits()
    if kind != "one-hot":
        targets = np.random.default_rng(2).random(targets.shape)
        targets /= targets.sum(axis=1, keepdims=True) if kind == "soft" else 3
    weights = np.random.default_rng(1).uniform(0, 2, (ROWS, 1)) if weighted else None
    expected, network = (Network(sizes, dtype="float64", init="glorot") for _ in range(2))
    before = network.parameters.copy()
    block = DeferredStepper(network, Backpropagation(network, CrossEntropy()), batch).block

    def rate_by_row(start: int) -> float:
        return rate(start % block if start + batch <= ROWS else 0)

    losses = one_after_the_other(expected, inputs, targets, weights, batch, rate_by_row)
    steps = list(learner(network, batch).learn(inputs, targets, weights, rate))
    assert [rows for rows, _ in steps] == [batch] * (ROWS // batch) + [ROWS % batch] * (ROWS % batch > 0)
    np.testing.assert_allclose([loss for _, loss in steps], losses, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(network.parameters, expected.parameters, rtol=0, atol=1e-10)
    assert np.abs(network.parameters - before).max() > 1e-3


def test_what_a_block_leaves_behind_does_not_reach_the_next() -> None:
    inputs, targets = digits()
    once, twice = (Network([784, 60, 10], seed=1, dtype="float64") for _ in range(2))
    list(learner(once).learn(inputs, targets, None, rate))
    before = twice.parameters.copy()
    again = learner(twice)
    list(again.learn(*digits(1), None, rate))
    twice.parameters[...] = before
    list(again.learn(inputs, targets, None, rate))
    assert once.parameters.tobytes() == twice.parameters.tobytes()


@pytest.mark.parametrize("nothing", ["weight", "targets", "rate"])
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_rows_that_teach_nothing(nothing: str, scale: float) -> None:
    """Of no weight, no target or at no rate: also when an exponential of theirs is 0."""
    inputs, targets = (array.astype("float32") for array in digits())
    network = Network([784, 60, 10], seed=1)
    # Only at the output, so that some exponentials, and no sum of them, are 0.
    network.layers[1].weights *= scale
    network.layers[1].biases = np.array([0, *[-60 * (scale > 1)] * 9])
    before = network.parameters.copy()
    list(
        learner(network).learn(
            inputs,
            targets * (nothing != "targets"),
            np.zeros((ROWS, 1), "float32") if nothing == "weight" else None,
            (lambda _: 0.0) if nothing == "rate" else rate,
        )
    )
    np.testing.assert_allclose(network.parameters, before, rtol=0, atol=1e-25)


@pytest.mark.parametrize("far", [-200.0, 200.0])
def test_exponentials_out_of_range_are_learned_from_carefully(far: float) -> None:
    """In float32 exp(200) is infinite, and exp(-200) is 0."""
    inputs, targets = (array.astype("float32") for array in digits())
    results = []
    for careful in (False, True):
        network = Network([784, 60, 10], seed=1)
        network.layers[1].biases = np.full(10, far)
        delayed = DeferredStepper(network, Backpropagation(network, CrossEntropy()), 1)
        one = delayed if careful else learner(network)
        with np.errstate(all="ignore"):
            losses = [loss for _, loss in one.learn(inputs, targets, None, lambda _: 0.01)]
        assert np.isfinite(losses).all()
        results.append((losses, network.parameters.tobytes()))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("hidden", "output", "loss", "batch_size", "pays"),
    [
        ("relu", "softmax", CrossEntropy(), 1, True),
        ("relu", "softmax", CrossEntropy(), 8, True),
        ("relu", "softmax", CrossEntropy(), 9, False),
        ("relu", "softmax", MeanSquaredError(), 1, False),
        ("relu", "sigmoid", CrossEntropy(), 1, False),
        ("tanh", "softmax", CrossEntropy(), 1, False),
        (LeakyReLU(), "softmax", CrossEntropy(), 1, False),
    ],
)
def test_where_it_pays(hidden: str | Activation, output: str, loss: Loss, batch_size: int, pays: bool) -> None:
    assert RecordedStepper.pays(Network([784, 200, 10], hidden=hidden, output=output), loss, batch_size) == pays


@pytest.mark.parametrize("sizes", [[784, 10], [2, 16, 2], [784, 60, 200, 10]])
def test_where_the_sizes_do_not_fit(sizes: list[int]) -> None:
    assert not RecordedStepper.pays(Network(sizes), CrossEntropy(), 1)


def test_training_goes_this_way_and_tells_of_each_step() -> None:
    inputs, targets = digits()
    told: list[tuple[int, int]] = []
    network = Network([784, 60, 10], seed=1)
    trainer = Trainer(
        network, inputs, targets, batch_size=1, epochs=2, on_step=lambda epoch, rows, _: told.append((epoch, rows))
    )
    assert isinstance(trainer._delayed, RecordedStepper)
    trainer.run()
    assert told == [(epoch, rows) for epoch in (1, 2) for rows in range(1, ROWS + 1)]


def test_a_schedule_is_asked_for_the_rate_of_each_row() -> None:
    asked: list[float] = []

    def schedule(epoch: float, epochs: int) -> float:
        asked.append(epoch)
        return 1 - epoch / epochs

    Network([784, 60, 10]).train(*digits(), batch_size=1, epochs=1, learning_rate=0.01, schedule=schedule)
    # Each once, but for what the report asks at the end.
    np.testing.assert_allclose(asked[:ROWS], np.arange(ROWS) / ROWS)


def test_augmented_rows_may_be_of_another_type() -> None:
    inputs, targets = digits()
    results = []
    for dtype in ("float32", "float64"):
        network = Network([784, 60, 10], seed=1)

        def augment(
            inputs: FloatArray, targets: FloatArray, _: np.random.Generator, dtype: str = dtype
        ) -> tuple[FloatArray, FloatArray]:
            return inputs.astype(dtype), targets.astype(dtype)

        network.train(inputs, targets, batch_size=1, epochs=1, augment=augment)
        results.append(network.parameters.tobytes())
    assert results[0] == results[1]
