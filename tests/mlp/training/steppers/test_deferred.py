"""The deferred stepper, against the plain one and by hand."""

import numpy as np
import pytest

from inknet.mlp import Network
from inknet.mlp.losses import find_loss
from inknet.mlp.training.steppers.deferred import DeferredStepper
from tests.mlp.training.steppers.helpers import ROWS, block_of, digits, plain_steps, take_steps


def deferred(network: Network, batch_size: int) -> DeferredStepper:
    return DeferredStepper(network, find_loss(None, network.layers[-1].activation), batch_size)


@pytest.mark.parametrize("batch", [1, 2, 7, 32])
@pytest.mark.parametrize("sizes", [[784, 10], [784, 60, 10], [784, 50, 20, 10]])
@pytest.mark.parametrize("weighted", [False, True])
def test_takes_the_steps_of_the_plain_stepper(batch: int, sizes: list[int], weighted: bool) -> None:
    inputs, targets = digits()
    weights = np.random.default_rng(1).uniform(0, 2, (ROWS, 1)) if weighted else None
    block = block_of(inputs, targets, weights)
    plain, network = (Network(sizes, dtype="float64", init="glorot", hidden="tanh") for _ in range(2))
    before = network.parameters.copy()

    def rate(row: int) -> float:
        return 0.03 + row / 1e4

    expected = plain_steps(plain, block, batch, rate)
    steps = take_steps(deferred(network, batch), block, rate)
    assert [rows for rows, _ in steps] == [batch] * (ROWS // batch) + [ROWS % batch] * (ROWS % batch > 0)
    np.testing.assert_allclose([loss for _, loss in steps], [loss for _, loss in expected], rtol=1e-9)
    np.testing.assert_allclose(network.parameters, plain.parameters, rtol=0, atol=1e-10)
    assert np.abs(network.parameters - before).max() > 1e-3


@pytest.mark.parametrize(("batch", "rows"), [(1, 64), (7, 63), (32, 64), (50, 100)])
def test_a_block_is_64_rows_or_two_batches(batch: int, rows: int) -> None:
    assert deferred(Network([4, 2]), batch).block_rows == rows


def test_one_block_by_hand() -> None:
    # The rows, targets and steps of `test_two_steps_by_hand` of the plain stepper.
    network = Network([2, 1], output="identity", dtype="float64")
    network.layers[0].weights = np.array([[1.0, 2.0]])
    block = block_of(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[1.0], [0.0]]))
    assert take_steps(deferred(network, 1), block, lambda _: 0.25) == [(1, 4.0), (1, 1.0)]
    assert network.layers[0].weights.tolist() == [[0.5, 1.0]]
    assert network.layers[0].biases.tolist() == [-0.5]


def test_each_step_has_its_own_rate() -> None:
    inputs, targets = digits()
    plain, network = Network([784, 60, 10], dtype="float64"), Network([784, 60, 10], dtype="float64")
    rates = [0.1, 0.05, 0.0, 0.02]
    block = block_of(inputs[:4], targets[:4])
    plain_steps(plain, block, 1, rates.__getitem__)
    assert len(take_steps(deferred(network, 1), block, rates.__getitem__)) == 4
    np.testing.assert_allclose(network.parameters, plain.parameters, rtol=0, atol=1e-10)
