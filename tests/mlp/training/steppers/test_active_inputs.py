"""The active-inputs stepper, against the plain one."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inknet import Network
from inknet.mlp import Adam, Trainer, TrainingOptions
from inknet.mlp.losses import find_loss
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training import trainer
from inknet.mlp.training.state import TrainingState
from inknet.mlp.training.steppers import choose
from inknet.mlp.training.steppers.active_inputs import ActiveInputsStepper, row_ends, sort_columns
from inknet.mlp.training.steppers.plain import PlainStepper

INPUTS, ROWS = 700, 300


def sparse(rows: int = ROWS) -> tuple[FloatArray, FloatArray]:
    """Return inputs: every tenth is always zero, the others often, and one row is all zeros."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((rows, INPUTS)) * (rng.random((rows, INPUTS)) < rng.permutation(INPUTS) / INPUTS / 20)
    inputs[:, ::10] = 0
    inputs[7] = 0
    return inputs, np.eye(10)[rng.integers(0, 10, rows)]


def train_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the trainer choose the plain stepper."""
    monkeypatch.setattr(
        trainer, "choose_stepper", lambda network, loss, data, *others: (PlainStepper(network, loss, *others), data)
    )


@pytest.mark.parametrize("batch_size", [16, 32, 128, 1000])
@pytest.mark.parametrize(
    "options",
    [
        {"sizes": [INPUTS, 60, 10]},
        {"sizes": [INPUTS, 60, 20, 10], "hidden": "tanh"},
        {"sizes": [INPUTS, 60, 20, 10], "hidden": "tanh", "bias": "layer"},
        {"sizes": [INPUTS, 50, 10], "output": "identity"},
    ],
)
def test_takes_the_steps_of_the_plain_stepper(
    batch_size: int, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, targets = sparse()
    weights = np.random.default_rng(1).uniform(0, 2, ROWS)
    trained: list[tuple[FloatArray, list[float]]] = []
    for sort in (True, False):
        if not sort:
            train_plainly(monkeypatch)
        network = Network(**options, dtype="float64", init="glorot")
        history = network.train(
            inputs, targets, sample_weight=weights, epochs=3, learning_rate=0.1, batch_size=batch_size,
            label_smoothing=0.0 if network.layers[-1].activation.name == "identity" else 0.1,
        )  # fmt: skip
        trained.append((network.parameters, [report.loss for report in history]))
    np.testing.assert_allclose(trained[0][0], trained[1][0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(trained[0][1], trained[1][1], rtol=1e-12)
    assert np.abs(trained[0][0] - Network(**options, dtype="float64", init="glorot").parameters).max() > 1e-3


def test_weights_of_inactive_inputs_do_not_change_and_views_stay_views() -> None:
    inputs, targets = sparse()
    network = Network([INPUTS, 60, 10], init="he")
    node = network.layers[0].nodes[3]
    before = node.weights.copy()
    Trainer(network, inputs, targets, epochs=2, batch_size=32, learning_rate=0.1).run()
    changed = node.weights != before
    assert not changed[::10].any()
    assert changed.mean() > 0.5
    assert np.shares_memory(node.weights, network.parameters)


def test_a_resumed_training_ends_with_the_same_bits() -> None:
    inputs, targets = sparse()
    states: list[dict[str, Any]] = []
    whole, first, second = (Network([INPUTS, 60, 10], init="he") for _ in range(3))
    Trainer(whole, inputs, targets, epochs=4, batch_size=32).run()
    Trainer(
        first,
        inputs,
        targets,
        epochs=2,
        batch_size=32,
        on_epoch=lambda _, trainer: states.append(trainer.state.as_dict()),
    ).run()
    Trainer(second, inputs, targets, epochs=4, batch_size=32, resume=states[-1]).run()
    assert second.parameters.tobytes() == whole.parameters.tobytes()


@pytest.mark.slow
@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3))
def test_rows_are_zero_after_their_ends(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((40, 30)) * (rng.random((40, 30)) < share)
    order = rng.permutation(30)[: rng.integers(1, 31)]
    columns, ends = sort_columns(inputs, order)
    np.testing.assert_array_equal(columns, inputs[:, order])
    np.testing.assert_array_equal(ends, row_ends(columns))
    for row, end in zip(columns, ends, strict=True):
        assert not row[end:].any()
        assert row[end - 1] != 0 or not row.any()


def test_parameters_are_fetched_and_handed_back() -> None:
    whole = Network([5, 3, 2], dtype="float64")
    before = whole.parameters.copy()
    options, loss = TrainingOptions(), find_loss(None, whole.layers[-1].activation)
    part = ActiveInputsStepper(
        whole,
        np.array([4, 0, 2]),
        np.array([3]),
        lambda smaller: PlainStepper(smaller, loss, options, TrainingState(smaller, options)),
    )
    part.begin_epoch()
    np.testing.assert_array_equal(part.network.layers[0].weights, whole.layers[0].weights[:, [4, 0, 2]])
    np.testing.assert_array_equal(part.network.layers[0].biases, whole.layers[0].biases)
    np.testing.assert_array_equal(part.network.layers[1].weights, whole.layers[1].weights)
    part.network.parameters += 1
    part.end_epoch()
    kept = Network([5, 3, 2], dtype="float64", seed=0)
    np.testing.assert_array_equal(kept.parameters, before)
    np.testing.assert_array_equal(whole.layers[0].weights[:, [1, 3]], kept.layers[0].weights[:, [1, 3]])
    np.testing.assert_allclose(whole.layers[0].weights[:, [0, 2, 4]], kept.layers[0].weights[:, [0, 2, 4]] + 1)
    np.testing.assert_allclose(whole.layers[1].weights, kept.layers[1].weights + 1)


def test_a_network_of_one_layer_trains_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, _ = sparse()
    labels = np.arange(ROWS) % 50
    trained = []
    for sort in (True, False):
        if not sort:
            train_plainly(monkeypatch)
        network = Network([INPUTS, 50], dtype="float64")
        network.train(inputs, labels, epochs=2, learning_rate=0.1, batch_size=64)
        trained.append(network.parameters)
    np.testing.assert_allclose(trained[0], trained[1], rtol=0, atol=1e-12)
    assert trained[0].tobytes() != trained[1].tobytes()


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": Adam()},
        {"weight_decay": 0.1},
        {"ema_decay": 0.9},
        {"augment": lambda inputs, targets, _: (np.roll(inputs, 1, axis=1), targets)},
    ],
)
def test_options_that_change_other_weights_or_inputs_give_the_bits_of_unsorted_inputs(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, targets = sparse()
    trained = []
    for sort in (True, False):
        if not sort:
            monkeypatch.setattr(choose, "_active_order", lambda *_: None)
        network = Network([INPUTS, 60, 10], init="he")
        network.train(inputs, targets, epochs=2, batch_size=32, **options)
        trained.append(network.parameters.tobytes())
    assert trained[0] == trained[1]
