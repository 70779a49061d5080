"""To learn from inputs that are sorted by how often they are zero is to learn the same."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inknet import Network
from inknet.mlp import Adam, Trainer
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.steppers import active_inputs
from inknet.mlp.training.steppers.active_inputs import SortedInputs

INPUTS, ROWS = 700, 300


def sparse(rows: int = ROWS) -> tuple[FloatArray, FloatArray]:
    """Return inputs of which every tenth is never anything but zero, every other one often, and one row always."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((rows, INPUTS)) * (rng.random((rows, INPUTS)) < rng.permutation(INPUTS) / INPUTS / 20)
    inputs[:, ::10] = 0
    inputs[7] = 0
    return inputs, np.eye(10)[rng.integers(0, 10, rows)]


def unsorted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SortedInputs, "of", lambda *_: None)


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
def test_the_same_is_learned(batch_size: int, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, targets = sparse()
    weights = np.random.default_rng(1).uniform(0, 2, ROWS)
    learned: list[tuple[FloatArray, list[float]]] = []
    for sort in (True, False):
        if not sort:
            unsorted(monkeypatch)
        network = Network(**options, dtype="float64", init="glorot")
        history = network.train(
            inputs, targets, sample_weight=weights, epochs=3, learning_rate=0.1, batch_size=batch_size,
            label_smoothing=0.0 if network.layers[-1].activation.name == "identity" else 0.1,
        )  # fmt: skip
        learned.append((network.parameters, [report.loss for report in history]))
    np.testing.assert_allclose(learned[0][0], learned[1][0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(learned[0][1], learned[1][1], rtol=1e-12)
    assert np.abs(learned[0][0] - Network(**options, dtype="float64", init="glorot").parameters).max() > 1e-3


def test_weights_of_what_is_always_zero_stay_as_they_are_and_the_views_stay_views() -> None:
    inputs, targets = sparse()
    network = Network([INPUTS, 60, 10], init="he")
    node = network.layers[0].nodes[3]
    before = node.weights.copy()
    Trainer(network, inputs, targets, epochs=2, batch_size=32, learning_rate=0.1).run()
    changed = node.weights != before
    assert not changed[::10].any()
    assert changed.mean() > 0.5
    assert np.shares_memory(node.weights, network.parameters)


def test_broken_off_and_gone_on_with_it_is_the_same_to_the_last_bit() -> None:
    inputs, targets = sparse()
    states: list[dict[str, Any]] = []
    whole, first, second = (Network([INPUTS, 60, 10], init="he") for _ in range(3))
    Trainer(whole, inputs, targets, epochs=4, batch_size=32).run()
    Trainer(
        first, inputs, targets, epochs=2, batch_size=32, on_epoch=lambda _, trainer: states.append(trainer.state())
    ).run()
    Trainer(second, inputs, targets, epochs=4, batch_size=32, resume=states[-1]).run()
    assert second.parameters.tobytes() == whole.parameters.tobytes()


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3))
def test_behind_its_end_a_row_is_zero(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((40, 30)) * (rng.random((40, 30)) < share)
    order = rng.permutation(30)[: rng.integers(1, 31)]
    found = SortedInputs(Network([30, 4, 2], dtype="float64"), inputs, order)
    np.testing.assert_array_equal(found.rows, inputs[:, order])
    for row, end in zip(found.rows, found.ends, strict=True):
        assert not row[end:].any()
        assert row[end - 1] != 0 or not row.any()


def test_parameters_go_there_and_back() -> None:
    whole = Network([5, 3, 2], dtype="float64")
    before = whole.parameters.copy()
    part = SortedInputs(whole, np.zeros((1, 5)), np.array([4, 0, 2]))
    part.fetch()
    np.testing.assert_array_equal(part.network.layers[0].weights, whole.layers[0].weights[:, [4, 0, 2]])
    np.testing.assert_array_equal(part.network.layers[0].biases, whole.layers[0].biases)
    np.testing.assert_array_equal(part.network.layers[1].weights, whole.layers[1].weights)
    part.network.parameters += 1
    part.hand_back()
    kept = Network([5, 3, 2], dtype="float64", seed=0)
    np.testing.assert_array_equal(kept.parameters, before)
    np.testing.assert_array_equal(whole.layers[0].weights[:, [1, 3]], kept.layers[0].weights[:, [1, 3]])
    np.testing.assert_allclose(whole.layers[0].weights[:, [0, 2, 4]], kept.layers[0].weights[:, [0, 2, 4]] + 1)
    np.testing.assert_allclose(whole.layers[1].weights, kept.layers[1].weights + 1)


def test_where_it_pays() -> None:
    inputs, _ = sparse()
    wide, narrow = Network([INPUTS, 60, 10]), Network([INPUTS, 20, 10])
    found = SortedInputs.of(wide, inputs, 32, 2)
    assert found is not None
    assert found.rows.shape == (ROWS, inputs.any(axis=0).sum()) != inputs.shape
    assert SortedInputs.of(wide, inputs, 8, 2) is None
    assert SortedInputs.of(wide, inputs, 32, 1) is None
    assert SortedInputs.of(narrow, inputs, 32, 2) is None
    assert SortedInputs.of(wide, inputs + 1, 32, 2) is None
    assert SortedInputs.of(Network([INPUTS, 60, 10], bias="layer"), inputs, 32, 2) is None
    assert SortedInputs.of(wide, np.zeros((ROWS, INPUTS)), 32, 2) is None


def test_a_set_that_may_not_fit_into_memory_twice_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, _ = sparse()
    monkeypatch.setattr(active_inputs, "_MOST_NUMBERS", inputs.size)
    assert SortedInputs.of(Network([INPUTS, 60, 10]), inputs, 32, 2)
    monkeypatch.setattr(active_inputs, "_MOST_NUMBERS", inputs.size - 1)
    assert SortedInputs.of(Network([INPUTS, 60, 10]), inputs, 32, 2) is None


def test_a_network_of_one_layer_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, _ = sparse()
    labels = np.arange(ROWS) % 50
    learned = []
    for sort in (True, False):
        if not sort:
            unsorted(monkeypatch)
        network = Network([INPUTS, 50], dtype="float64")
        network.train(inputs, labels, epochs=2, learning_rate=0.1, batch_size=64)
        learned.append(network.parameters)
    np.testing.assert_allclose(learned[0], learned[1], rtol=0, atol=1e-12)
    assert learned[0].tobytes() != learned[1].tobytes()


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": Adam()},
        {"weight_decay": 0.1},
        {"ema_decay": 0.9},
        {"augment": lambda inputs, targets, _: (np.roll(inputs, 1, axis=1), targets)},
    ],
)
def test_what_may_change_other_weights_or_inputs_learns_as_before(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, targets = sparse()
    learned = []
    for sort in (True, False):
        if not sort:
            unsorted(monkeypatch)
        network = Network([INPUTS, 60, 10], init="he")
        network.train(inputs, targets, epochs=2, batch_size=32, **options)
        learned.append(network.parameters.tobytes())
    assert learned[0] == learned[1]
