"""The recorded stepper, against the plain and the deferred one."""

import numpy as np
import pytest

from inknet.mlp import Network, Trainer
from inknet.mlp.losses import CrossEntropy
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.recorded import RecordedStepper
from tests.mlp.training.steppers.helpers import ROWS, block_of, digits, plain_steps, take_steps


def recorded(network: Network, batch: int = 1) -> RecordedStepper:
    return RecordedStepper(network, CrossEntropy(), batch)


def rate(row: int) -> float:
    """A rate that differs between the batches of a block."""
    return 0.01 + 0.001 * (row % 7)


@pytest.mark.parametrize("batch", [1, 2, 7, 8])
@pytest.mark.parametrize("sizes", [[784, 60, 10], [784, 50, 20, 10], [784, 50, 30, 20, 10]])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["one-hot", "soft", "not adding up to 1"])
def test_takes_the_steps_of_the_plain_stepper(batch: int, sizes: list[int], weighted: bool, kind: str) -> None:
    inputs, targets = digits()
    if kind != "one-hot":
        targets = np.random.default_rng(2).random(targets.shape)
        targets /= targets.sum(axis=1, keepdims=True) if kind == "soft" else 3
    weights = np.random.default_rng(1).uniform(0, 2, (ROWS, 1)) if weighted else None
    plain, network = (Network(sizes, dtype="float64", init="glorot") for _ in range(2))
    before = network.parameters.copy()
    block = block_of(inputs, targets, weights)
    expected = plain_steps(plain, block, batch, rate)
    steps = take_steps(recorded(network, batch), block, rate)
    assert [rows for rows, _ in steps] == [batch] * (ROWS // batch) + [ROWS % batch] * (ROWS % batch > 0)
    np.testing.assert_allclose([loss for _, loss in steps], [loss for _, loss in expected], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(network.parameters, plain.parameters, rtol=0, atol=1e-10)
    assert np.abs(network.parameters - before).max() > 1e-3


def test_blocks_are_independent() -> None:
    inputs, targets = digits()
    once, twice = (Network([784, 60, 10], seed=1, dtype="float64") for _ in range(2))
    take_steps(recorded(once), block_of(inputs, targets), rate)
    before = twice.parameters.copy()
    again = recorded(twice)
    take_steps(again, block_of(*digits(1)), rate)
    twice.parameters[...] = before
    take_steps(again, block_of(inputs, targets), rate)
    assert once.parameters.tobytes() == twice.parameters.tobytes()


@pytest.mark.parametrize("nothing", ["weight", "targets", "rate"])
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_rows_without_weight_target_or_rate_change_nothing(nothing: str, scale: float) -> None:
    """Even if some of their exponentials are 0."""
    inputs, targets = (array.astype("float32") for array in digits())
    network = Network([784, 60, 10], seed=1)
    # Only at the output, so that some exponentials, and no sum of them, are 0.
    network.layers[1].weights *= scale
    network.layers[1].biases = np.array([0, *[-60 * (scale > 1)] * 9])
    before = network.parameters.copy()
    weights = np.zeros((ROWS, 1), "float32") if nothing == "weight" else None
    block = block_of(inputs, targets * (nothing != "targets"), weights)
    take_steps(recorded(network), block, (lambda _: 0.0) if nothing == "rate" else rate)
    np.testing.assert_allclose(network.parameters, before, rtol=0, atol=1e-25)


@pytest.mark.parametrize("far", [-200.0, 200.0])
def test_exponentials_out_of_range_fall_back_to_the_deferred_stepper(far: float) -> None:
    """In float32 exp(200) is infinite, and exp(-200) is 0."""
    inputs, targets = (array.astype("float32") for array in digits())
    results = []
    for falls_back in (True, False):
        network = Network([784, 60, 10], seed=1)
        network.layers[1].biases = np.full(10, far)
        stepper = recorded(network) if falls_back else DeferredStepper(network, CrossEntropy(), 1)
        with np.errstate(all="ignore"):
            losses = [loss for _, loss in take_steps(stepper, block_of(inputs, targets), lambda _: 0.01)]
        assert np.isfinite(losses).all()
        results.append((losses, network.parameters.tobytes()))
    assert results[0] == results[1]


def test_every_step_is_reported() -> None:
    inputs, targets = digits()
    reported: list[tuple[int, int]] = []
    network = Network([784, 60, 10], seed=1)
    trainer = Trainer(
        network, inputs, targets, batch_size=1, epochs=2, on_step=lambda epoch, rows, _: reported.append((epoch, rows))
    )
    assert isinstance(trainer.stepper, RecordedStepper)
    trainer.run()
    assert reported == [(epoch, rows) for epoch in (1, 2) for rows in range(1, ROWS + 1)]


def test_the_schedule_is_called_for_each_row() -> None:
    asked: list[float] = []

    def schedule(epoch: float, epochs: int) -> float:
        asked.append(epoch)
        return 1 - epoch / epochs

    Network([784, 60, 10]).train(*digits(), batch_size=1, epochs=1, learning_rate=0.01, schedule=schedule)
    # Once for the report, then once per row.
    assert asked[0] == 0
    np.testing.assert_allclose(asked[1:], np.arange(ROWS) / ROWS)


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
