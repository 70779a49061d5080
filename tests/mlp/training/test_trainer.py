import itertools
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inknet.mlp import (
    Activation,
    EpochReport,
    InputError,
    LossFlat,
    Network,
    Trainer,
    TrainingError,
)
from inknet.mlp.parameters import FloatArray
from tests.mlp.helpers import one_sentence, two_blobs, two_moons

INPUTS, LABELS = two_blobs()
ONE_HOT = np.eye(2)[LABELS]


def _trained(inputs: Any = INPUTS, targets: Any = LABELS, **options: Any) -> Network:  # noqa: ANN401
    network = Network([2, 4, 2], hidden="tanh", seed=1)
    network.train(inputs, targets, **{"epochs": 3, "batch_size": 7, "learning_rate": 0.1, **options})
    return network


# One step, worked by hand


def test_one_step_of_softmax_and_cross_entropy_by_hand() -> None:
    # 2 - 2 relu - 2 softmax, x = (1, 2), class 1, learning rate 0.1.
    #
    # Forward:
    #   z = (1·1 - 2·2 + 1, 3·1 + 0·2 - 1) = (-2, 2), so a = (0, 2)
    #   logits = (5·0 + 0·2, 7·0 + ln 3 / 2 · 2) = (0, ln 3), so p = (1/4, 3/4)
    #   loss = -ln 3/4
    # Back:
    #   output δ = p - y = (1/4, -1/4);  ∂W = δ aᵀ = ((0, 1/2), (0, -1/2));  ∂b = δ
    #   hidden: Wᵀ δ = (5/4 - 7/4, -ln 3 / 8) and the first node was silent: δ = (0, -ln 3 / 8)
    #   ∂W = δ xᵀ = ((0, 0), (-ln 3 / 8, -ln 3 / 4));  ∂b = δ
    # Step: minus a tenth of each.
    ln3 = math.log(3)
    network = Network([2, 2, 2], dtype="float64")
    network.layers[0].weights = np.array([[1.0, -2.0], [3.0, 0.0]])
    network.layers[0].biases = np.array([1.0, -1.0])
    network.layers[1].weights = np.array([[5.0, 0.0], [7.0, ln3 / 2]])
    history = network.train([[1.0, 2.0]], [1], epochs=1, learning_rate=0.1)
    assert history.epochs[0].loss == pytest.approx(-math.log(0.75), rel=1e-12)
    hidden, output = network.layers
    np.testing.assert_allclose(hidden.weights, [[1.0, -2.0], [3 + ln3 / 80, ln3 / 40]], rtol=1e-12)
    np.testing.assert_allclose(hidden.biases, [1, -1 + ln3 / 80], rtol=1e-12)
    np.testing.assert_allclose(output.weights, [[5, -0.05], [7, ln3 / 2 + 0.05]], rtol=1e-12)
    np.testing.assert_allclose(output.biases, [-0.025, 0.025], rtol=1e-12)


def test_one_step_of_identity_and_mean_squared_error_by_hand() -> None:
    # 2 - 2 sigmoid - 2 identity, one bias per layer, two rows at once, learning rate 1/2.
    #
    # Row 1: x = (1, 0), y = (2, 0); row 2: x = (0, 1), y = (0, 2).
    #   W1 = ((0, ln 3), (ln 3, 0)), b1 = 0:  z = (0, ln 3) and (ln 3, 0), a = (1/2, 3/4) and (3/4, 1/2)
    #   W2 = ((4, 0), (0, 4)), b2 = -1:       outputs (1, 2) and (2, 1)
    #   differences (-1, 2) and (2, -1):      loss = (1 + 4 + 4 + 1) / 4 = 5/2
    # Back: δ2 = 2 d / 4 = (-1/2, 1) and (1, -1/2)
    #   ∂W2 = Σ δ aᵀ = ((-1/4 + 3/4, -3/8 + 1/2), (1/2 - 3/8, 3/4 - 1/4)) = ((1/2, 1/8), (1/8, 1/2))
    #   ∂b2 = -1/2 + 1 + 1 - 1/2 = 1
    #   δ W2 = (-2, 4) and (4, -2); times a (1 - a) = (1/4, 3/16) and (3/16, 1/4):
    #   δ1 = (-1/2, 3/4) and (3/4, -1/2)
    #   ∂W1 = Σ δ xᵀ = ((-1/2, 3/4), (3/4, -1/2));  ∂b1 = 1/2
    ln3 = math.log(3)
    network = Network([2, 2, 2], hidden="sigmoid", output="identity", bias="layer", dtype="float64")
    hidden, output = network.layers
    hidden.weights = np.array([[0.0, ln3], [ln3, 0.0]])
    output.weights = np.array([[4.0, 0.0], [0.0, 4.0]])
    output.biases = np.array([-1.0])
    targets = [[2.0, 0.0], [0.0, 2.0]]
    history = network.train([[1.0, 0.0], [0.0, 1.0]], targets, epochs=1, learning_rate=0.5, batch_size=2)
    assert history.epochs[0].loss == pytest.approx(2.5, rel=1e-12)
    np.testing.assert_allclose(hidden.weights, [[0.25, ln3 - 0.375], [ln3 - 0.375, 0.25]], rtol=1e-12)
    np.testing.assert_allclose(hidden.biases, [-0.25, -0.25], rtol=1e-12)
    np.testing.assert_allclose(output.weights, [[3.75, -0.0625], [-0.0625, 3.75]], rtol=1e-12)
    np.testing.assert_allclose(output.biases, [-1.5, -1.5], rtol=1e-12)


def test_row_by_row_by_hand() -> None:
    # y = w x, error (w - 1)² at x = 1: each row moves w by 0.25 · 2 (w - 1), half of the way: 3 → 2 → 1.5.
    # The bias takes the same steps; together w + b goes 3 → 1 at once and stays.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [3.0, 0.0]
    history = network.train([[1.0], [1.0]], [1.0, 1.0], epochs=1, learning_rate=0.25, batch_size=1)
    assert network.parameters.tolist() == [2.0, -1.0]
    assert history.epochs[0].loss == (4 + 0) / 2


def test_weight_decay_shrinks_weights_but_not_biases() -> None:
    # The target is met, so the gradient is zero, and only the decay is left: two steps of 1 - 0.5 · 0.2.
    network = Network([2, 1], output="identity", dtype="float64")
    network.parameters[...] = [2.0, -4.0, 3.0]
    network.train([[0.0, 0.0]] * 2, [3.0, 3.0], epochs=1, batch_size=1, learning_rate=0.5, weight_decay=0.2)
    np.testing.assert_allclose(network.parameters, [2 * 0.81, -4 * 0.81, 3], rtol=1e-14)


def test_weight_decay_and_gradient_use_the_same_parameters() -> None:
    # w = 2, x = 1, y = 0: the gradient is 2 · 2 = 4, decay 0.1 · 0.5: w = 2 (1 - 0.05) - 0.1 · 4, b = -0.1 · 4.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [2.0, 0.0]
    network.train([[1.0]], [0.0], epochs=1, learning_rate=0.1, weight_decay=0.5)
    np.testing.assert_allclose(network.parameters, [1.5, -0.4], rtol=1e-14)


@pytest.mark.parametrize(
    ("outputs", "targets", "smoothed"),
    [
        (4, [2], [0.05, 0.05, 0.85, 0.05]),  # a fifth spread over four classes
        (1, [1], [0.9]),  # one yes or no is two classes
        (1, [0], [0.1]),
    ],
)
def test_label_smoothing(outputs: int, targets: list[int], smoothed: list[float]) -> None:
    seen: list[FloatArray] = []

    def look(inputs: FloatArray, targets: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:  # noqa: ARG001
        seen.append(targets.copy())
        return inputs, targets

    network = Network([1, outputs], output="sigmoid", dtype="float64")
    network.train([[1.0]], targets, epochs=1, label_smoothing=0.2, augment=look, validation=([[1.0]], targets))
    np.testing.assert_allclose(seen[0], [smoothed], rtol=1e-14)


def test_label_smoothing_without_classes_is_refused() -> None:
    with pytest.raises(InputError, match="identity"):
        Network([1, 1], output="identity").train([[1.0]], [1.0], label_smoothing=0.1)


def test_the_moving_average_by_hand() -> None:
    # Gradient descent with half-way steps: b = 0 → 4 → 6 → 7 toward 8, with the input 0.
    # The average with 0.5: 0 → 2 → 4 → 5.5. It is what remains, and what is measured:
    # the held-out loss after each epoch is (8 - average)².
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [0.0, 0.0]
    history = network.train([[0.0]], [8.0], epochs=3, learning_rate=0.25, ema_decay=0.5, validation=([[0.0]], [8.0]))
    assert network.parameters.tolist() == [0.0, 5.5]
    assert [report.validation_loss for report in history] == [36.0, 16.0, 6.25]
    assert [report.loss for report in history] == [64.0, 16.0, 4.0]


# What it can learn


def test_xor_is_learned() -> None:
    network = Network([2, 4, 1], hidden="tanh", output="sigmoid", seed=1)
    inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    network.train(inputs, [0, 1, 1, 0], epochs=600, learning_rate=0.1, batch_size=1)
    np.testing.assert_allclose(network.predict(inputs)[:, 0], [0, 1, 1, 0], atol=0.2)


@pytest.mark.parametrize(("hidden", "rate"), [("sigmoid", 1.0), ("tanh", 0.2), ("relu", 0.1), ("leaky-relu", 0.1)])
def test_two_moons_are_separated(hidden: str, rate: float) -> None:
    inputs, labels = two_moons()
    unseen, wanted = two_moons(seed=99)

    def accuracy(sizes: list[int]) -> float:
        network = Network(sizes, hidden=hidden, init="glorot", seed=1)
        network.train(inputs, labels, epochs=60, learning_rate=rate, batch_size=8, optimizer="nesterov")
        return float((network.predict(unseen).argmax(axis=1) == wanted).mean())

    assert accuracy([2, 16, 2]) > 0.95
    assert accuracy([2, 2]) < 0.95


def test_a_network_without_hidden_layers_learns_a_linear_map() -> None:
    rng = np.random.default_rng(0)
    matrix, offset = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]]), np.array([0.3, -0.7, 2.0])
    inputs = rng.uniform(-1, 1, (50, 2))
    network = Network([2, 3], output="identity", dtype="float64")
    network.train(inputs, inputs @ matrix.T + offset, epochs=300, learning_rate=0.3, batch_size=10)
    np.testing.assert_allclose(network.layers[0].weights, matrix, atol=1e-6)
    np.testing.assert_allclose(network.layers[0].biases, offset, atol=1e-6)


@pytest.mark.slow
def test_a_curve_is_learned() -> None:
    inputs = np.linspace(-1, 1, 60)[:, np.newaxis]
    wanted = np.sin(3 * inputs[:, 0])

    def error(sizes: list[int]) -> float:
        network = Network(sizes, hidden="tanh", output="identity", seed=2)
        network.train(inputs, wanted, epochs=300, learning_rate=0.03, batch_size=6, optimizer="adam", schedule="cosine")
        return float(np.square(network.predict(inputs)[:, 0] - wanted).mean())

    assert error([1, 20, 1]) < 0.005
    assert error([1, 1]) > 0.05


# The same bits


def test_the_same_seed_gives_the_same_bits() -> None:
    assert _trained(seed=3).parameters.tobytes() == _trained(seed=3).parameters.tobytes()
    assert _trained(seed=3).parameters.tobytes() != _trained(seed=4).parameters.tobytes()


@pytest.mark.parametrize(
    "targets",
    [
        LABELS.tolist(),
        LABELS.astype("uint8"),
        LABELS.astype("float64"),
        LABELS.astype("bool"),
        ONE_HOT,
        ONE_HOT.astype("int8"),
        ONE_HOT.astype("bool"),
        ONE_HOT.tolist(),
    ],
)
def test_labels_and_one_hot_rows_give_the_same_bits(targets: Any) -> None:  # noqa: ANN401 - many kinds
    validation = (INPUTS, targets)
    assert _trained(targets=targets, validation=validation).parameters.tobytes() == (
        _trained(validation=(INPUTS, LABELS)).parameters.tobytes()
    )


def test_rows_are_shuffled_anew_each_epoch_and_each_comes_once() -> None:
    inputs = np.arange(10.0)[:, np.newaxis] / 10
    orders: list[list[float]] = []

    def look(inputs: FloatArray, targets: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:  # noqa: ARG001
        assert targets.tolist() == inputs.tolist()
        orders.append(inputs[:, 0].tolist())
        return inputs, targets

    network = Network([1, 1], output="identity", dtype="float64")
    network.train(inputs, inputs, epochs=3, batch_size=4, augment=look)
    assert [sorted(order) for order in orders] == [inputs[:, 0].tolist()] * 3
    assert orders[0] != orders[1] != orders[2]


def test_training_does_not_change_its_arguments() -> None:
    inputs, targets = INPUTS.copy(), ONE_HOT.astype("float32")

    def spoil(inputs: FloatArray, targets: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:  # noqa: ARG001
        inputs *= 0
        targets *= 0.5
        return inputs, targets

    _trained(inputs, targets, augment=spoil, label_smoothing=0.1, validation=(inputs, targets))
    assert inputs.tobytes() == INPUTS.tobytes()
    assert targets.tobytes() == ONE_HOT.astype("float32").tobytes()


@pytest.mark.parametrize(
    ("batch_size", "steps"), [(1, [1] * 60), (7, [7] * 8 + [4]), (60, [60]), (1000, [60]), (np.int64(30), [30, 30])]
)
def test_the_last_batch_may_be_smaller(batch_size: int, steps: list[int]) -> None:
    seen: list[tuple[int, int]] = []
    _trained(batch_size=batch_size, epochs=2, on_step=lambda epoch, rows, _: seen.append((epoch, rows)))
    done = list(itertools.accumulate(steps))
    assert seen == [(1, rows) for rows in done] + [(2, rows) for rows in done]


def test_more_rows_than_are_gathered_at_a_time() -> None:
    inputs, labels = two_blobs(9000)
    steps: list[int] = []
    network = Network([2, 2])
    network.train(inputs, labels, epochs=1, batch_size=1000, on_step=lambda _, rows, __: steps.append(rows))
    assert steps == [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]


# What is reported


def test_each_epoch_is_reported_to_the_callback_and_in_the_history() -> None:
    reports: list[EpochReport] = []
    losses: dict[int, list[float]] = {1: [], 2: [], 3: []}
    network = Network([2, 4, 2], seed=1)
    history = network.train(
        INPUTS,
        LABELS,
        epochs=3,
        batch_size=20,
        learning_rate=0.5,
        schedule="cosine",
        validation=(INPUTS[:10], LABELS[:10]),
        on_epoch=lambda report, trainer: reports.append(report) if trainer.network is network else None,
        on_step=lambda epoch, _, loss: losses[epoch].append(loss),
    )
    assert reports == history.epochs == list(history)
    assert [report.epoch for report in history] == [1, 2, 3]
    assert len(history) == 3
    assert history.stopped == "all 3 epochs are done"
    for report in history:
        assert report.loss == pytest.approx(sum(losses[report.epoch]) / 3)
        assert report.seconds > 0
        assert report.validation_loss is not None
    assert [report.learning_rate for report in history] == pytest.approx([0.5, 0.375, 0.125])
    # The last figures can be had from the network, if the last epoch was the best.
    assert history.best is history.epochs[-1]
    outputs = network.predict(INPUTS[:10])
    right = (outputs.argmax(axis=1) == LABELS[:10]).mean()
    surprise = -np.log(outputs[np.arange(10), LABELS[:10]]).mean()
    assert history.epochs[-1].validation_accuracy == right
    assert history.epochs[-1].validation_loss == pytest.approx(surprise, rel=1e-5)


def test_no_held_out_values_without_a_held_out_set() -> None:
    history = Network([2, 2]).train(INPUTS, LABELS, epochs=1)
    assert history.epochs[0].validation_loss is None
    assert history.epochs[0].validation_accuracy is None


def test_a_regression_has_a_held_out_loss_and_no_accuracy() -> None:
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [1.0, 0.0]
    history = network.train([[1.0]], [1.0], epochs=1, validation=([[2.0], [3.0]], [2.0, 5.0]))
    assert history.epochs[0].validation_loss == 2.0  # (0² + 2²) / 2
    assert history.epochs[0].validation_accuracy is None


def test_the_accuracy_of_a_single_output() -> None:
    network = Network([1, 1], output="sigmoid", dtype="float64")
    network.parameters[...] = [10.0, 0.0]
    held_out = ([[1.0], [-1.0], [1.0], [1.0]], [1, 0, 0, 1])
    history = network.train([[1.0]], [1], epochs=1, learning_rate=1e-9, validation=held_out)
    assert history.epochs[0].validation_accuracy == 0.75


def test_an_activation_that_overwrites_its_logits_is_measured_correctly() -> None:
    class Hasty(Activation):
        name = "hasty"

        def forward(self, logits: FloatArray) -> FloatArray:
            logits -= 0.4
            return logits

        def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:  # noqa: ARG002 - its shape
            return gradient

    # 1 - 0.4 is above a half; twice over it would be below.
    network = Network([1, 1], output=Hasty(), dtype="float64")
    network.parameters[...] = [1.0, 0.0]
    history = network.train([[1.0]], [1.0], epochs=1, learning_rate=1e-9, validation=([[1.0]], [1.0]))
    assert history.epochs[0].validation_accuracy == 1
    assert history.epochs[0].validation_loss == pytest.approx(0.16)


def test_the_best_epochs_weights_remain() -> None:
    # A parabola from a step too long: 1 → -1.2 → 1.44 …, so the first of the measured places is the best.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [0.0, 1.0]
    history = network.train([[0.0]], [0.0], epochs=5, learning_rate=1.1, validation=([[0.0]], [0.0]))
    assert history.best is history.epochs[0]
    np.testing.assert_allclose(network.parameters, [0, -1.2])


def test_the_best_is_the_most_accurate_then_the_least_wrong_then_the_first() -> None:
    def best(*figures: tuple[float, float, float]) -> int | None:
        from inknet.mlp import History

        history = History([EpochReport(i, loss, 1, 1, held, right) for i, (loss, held, right) in enumerate(figures)])
        return history.best.epoch if history.best else None

    assert best((0.1, 0.1, 0.5), (0.9, 0.9, 0.6)) == 1
    assert best((0.1, 0.2, 0.5), (0.9, 0.1, 0.5)) == 1
    assert best((0.2, 0.1, 0.5), (0.1, 0.1, 0.5)) == 1
    assert best((0.1, 0.1, 0.5), (0.1, 0.1, 0.5)) == 0
    assert best() is None


# Going on


def _jitter(inputs: FloatArray, targets: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    return inputs + rng.normal(0, 0.02, inputs.shape).astype(inputs.dtype), targets


def _resumable(optimizer: str, epochs: int = 4) -> dict[str, Any]:
    return {
        "epochs": epochs,
        "batch_size": 9,
        "learning_rate": 0.05,
        "optimizer": optimizer,
        "schedule": "cosine",
        "ema_decay": 0.9,
        "augment": _jitter,
        "weight_decay": 0.01,
        "label_smoothing": 0.1,
        "validation": (INPUTS[:20], LABELS[:20]),
        "seed": 6,
    }


@pytest.mark.parametrize("optimizer", ["gradient-descent", "momentum", "nesterov", "adam"])
def test_a_resumed_training_ends_with_the_same_bits_as_one_never_interrupted(optimizer: str) -> None:
    states: list[dict[str, Any]] = []
    whole = Network([2, 4, 2], seed=1)
    wanted = whole.train(
        INPUTS, LABELS, **_resumable(optimizer), on_epoch=lambda _, trainer: states.append(trainer.state.as_dict())
    )
    assert len(states) == 4
    for state in states:
        resumed = Network([2, 4, 2], seed=77)
        history = resumed.train(INPUTS, LABELS, **_resumable(optimizer), resume=state)
        assert resumed.parameters.tobytes() == whole.parameters.tobytes()
        for one, other in zip(history, wanted, strict=True):
            assert {**one.as_dict(), "seconds": 0} == {**other.as_dict(), "seconds": 0}


def test_a_saved_state_does_not_change_during_training() -> None:
    states: list[dict[str, Any]] = []
    copies: list[bytes] = []

    def keep(report: EpochReport, trainer: Trainer) -> None:  # noqa: ARG001 - a callback's shape
        states.append(trainer.state.as_dict())
        copies.append(states[-1]["current"].tobytes() + states[-1]["optimizer_state"]["velocity"].tobytes())

    Network([2, 4, 2]).train(INPUTS, LABELS, epochs=3, learning_rate=0.1, optimizer="momentum", on_epoch=keep)
    assert [state["current"].tobytes() + state["optimizer_state"]["velocity"].tobytes() for state in states] == copies


def test_early_stopping_holds_when_resumed() -> None:
    states: list[dict[str, Any]] = []
    options: dict[str, Any] = {"epochs": 9, "learning_rate": 1e-7, "early_stopping": ["loss-flat"]}
    network = Network([2, 2])
    network.train(INPUTS, LABELS, **options, on_epoch=lambda _, trainer: states.append(trainer.state.as_dict()))
    history = network.train(INPUTS, LABELS, **options, resume=states[-1])
    assert len(history) == 2
    assert "flat" in history.stopped


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "state",
        lambda _: {},
        lambda state: {**state, "history": 5},
        lambda state: {**state, "history": [{"epoch": 1}]},
        lambda state: {**state, "optimizer_state": {}},
        lambda state: {**state, "optimizer_state": {"velocity": None}},
        lambda state: {**state, "average": None},
        lambda state: {**state, "current": state["current"][:1]},
        lambda state: {**state, "current": state["current"].astype("float64")},
        lambda state: {**state, "optimizer_state": {**state["optimizer_state"], "mean": state["best"]}},
    ],
)
def test_an_incompatible_state_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    options = _resumable("momentum", epochs=2)
    trainer = Trainer(Network([2, 4, 2]), INPUTS, LABELS, **options)
    trainer.run()
    with pytest.raises(InputError) as caught:
        Network([2, 4, 2]).train(INPUTS, LABELS, **options, resume=change(trainer.state.as_dict()))
    one_sentence(caught.value)


def test_a_state_without_an_average_cannot_start_one() -> None:
    # It used to resume with an average of NaN.
    state = Trainer(Network([2, 4, 2]), INPUTS, LABELS).state.as_dict()
    with pytest.raises(InputError, match="ema_decay"):
        Trainer(Network([2, 4, 2]), INPUTS, LABELS, ema_decay=0.9, resume=state)


def test_training_works_outside_the_main_thread() -> None:
    networks: list[Network] = []
    thread = threading.Thread(target=lambda: networks.append(_trained()))
    thread.start()
    thread.join()
    assert networks[0].parameters.tobytes() == _trained().parameters.tobytes()


# What goes wrong


def _fails(network: Network, targets: list[float], **options: Any) -> str:  # noqa: ANN401 - any option
    with pytest.raises(TrainingError) as caught:
        network.train([[1.0]] * len(targets), targets, **options)
    assert np.isfinite(network.parameters).all()
    return one_sentence(caught.value)


def test_a_non_finite_loss_is_reported_with_epoch_and_learning_rate() -> None:
    network = Network([1, 1], output="identity")
    text = _fails(network, [1.0], epochs=100, learning_rate=37.0)
    assert text.startswith("epoch ")
    assert "learning rate 37" in text
    assert "loss" in text


def test_a_last_step_that_overflows_does_not_leave_its_weights() -> None:
    # The only loss is measured before the step, and is finite.
    network = Network([1, 1], output="identity")
    before = network.parameters.copy()
    text = _fails(network, [1e10], epochs=1, learning_rate=1e30)
    assert "epoch 1" in text
    assert "1e+30" in text
    np.testing.assert_array_equal(network.parameters, before)


def test_a_non_finite_held_out_loss_ends_the_training() -> None:
    network = Network([1, 1], output="identity")
    text = _fails(network, [1.0], epochs=2, validation=([[1.0]], [1e30]))
    assert "held-out loss" in text


def test_the_reported_learning_rate_is_that_of_the_step() -> None:
    # A rise from 0: the rate at the epoch's start says nothing.
    network = Network([1, 1], output="identity")
    options: dict[str, Any] = {"schedule": lambda epoch, epochs: epoch, "learning_rate": 1e30, "batch_size": 1}  # noqa: ARG005
    assert "learning rate 0;" not in _fails(network, [1.0] * 8, epochs=1, **options)


def test_the_best_epochs_weights_remain_after_a_failure() -> None:
    network = Network([1, 1], output="identity")
    kept: list[bytes] = []

    def blow_up(epoch: float, epochs: int) -> float:  # noqa: ARG001 - a schedule's shape
        return 1.0 if epoch < 2 else 1e42

    options: dict[str, Any] = {"on_epoch": lambda _, trainer: kept.append(trainer.network.parameters.tobytes())}
    assert "epoch 3" in _fails(network, [5.0], epochs=9, learning_rate=0.1, schedule=blow_up, **options)
    assert network.parameters.tobytes() == kept[1]


@pytest.mark.parametrize("held_out", [1.0, 1e19])
def test_the_state_after_a_failure_is_that_of_the_last_whole_epoch(held_out: float) -> None:
    # Either a training loss or, the square of 1e19 and more being near what a float32 holds, the held-out loss fails.
    states: list[dict[str, Any]] = []

    def blow_up(epoch: float, epochs: int) -> float:  # noqa: ARG001 - a schedule's shape
        return 1.0 if epoch < 2 else 3e18

    trainer = Trainer(
        Network([1, 1], output="identity"),
        [[1.0]],
        [5.0],
        epochs=9,
        learning_rate=0.1,
        schedule=blow_up,
        optimizer="momentum",
        validation=([[1.0]], [held_out]),
        on_epoch=lambda _, trainer: states.append(trainer.state.as_dict()),
    )
    with pytest.raises(TrainingError):
        trainer.run()
    after, before = trainer.state.as_dict(), states[-1]
    assert after["history"] == before["history"]
    assert after["current"].tobytes() == before["current"].tobytes()
    assert after["optimizer_state"]["velocity"].tobytes() == before["optimizer_state"]["velocity"].tobytes()


# What is refused

NAN, INF = float("nan"), float("inf")
X, Y = [[0.0, 1.0], [1.0, 0.0]], [0, 1]


@pytest.mark.parametrize(
    ("inputs", "targets", "culprit"),
    [
        ([[0, 255], [128, 3]], Y, "255"),
        ([[0, -60], [1, 1]], Y, "-60"),
        ([[0, NAN], [1, 1]], Y, "row 0"),
        ([[0, 1], [1, INF]], Y, "row 1"),
        ([[0, 1], [1, 1e300]], Y, "row 1"),
        ([[0, 1, 2], [0, 1, 2]], Y, "2 columns"),
        ([0, 1], Y, "(2,)"),
        ([[[0, 1]], [[1, 0]]], Y, "(2, 1, 2)"),
        (3, Y, "()"),
        ([], [], "empty"),
        (np.zeros((0, 2)), [], "empty"),
        ([[0, 1], [1]], Y, "differ in length"),
        ([["0", "1"], ["1", "0"]], Y, "numbers"),
        (np.array(X, dtype=object), Y, "object"),
        (None, Y, "numbers"),
        (X, [0, 2], "2"),
        (X, [-1, 1], "-1"),
        (X, [0, 0.5], "0.5"),
        (X, [0, 1, 1], "(3,)"),
        (X, [0], "(1,)"),
        (X, 1, "()"),
        (X, [], "(0,)"),
        (X, [[1, 0]], "(1, 2)"),
        (X, [[1, 0, 0], [0, 1, 0]], "(2, 3)"),
        (X, [[[1, 0]], [[0, 1]]], "(2, 1, 2)"),
        (X, [[1, 0], [1]], "differ in length"),
        (X, [[1, 0], [0, 2]], "2"),
        (X, [[1, 0], [0, -1]], "-1"),
        (X, [0, NAN], "NaN"),
        (X, [[1, 0], [0, INF]], "infinity"),
        (X, ["0", "1"], "numbers"),
        (X, "01", "numbers"),
        (X, [None, 1], "numbers"),
        (X, np.array([0, 1], dtype=object), "object"),
        (X, None, "numbers"),
    ],
)
def test_invalid_data_are_refused(inputs: Any, targets: Any, culprit: str) -> None:  # noqa: ANN401
    for given, culprit_too in (
        ({"inputs": inputs, "targets": targets}, "training"),
        ({"inputs": X, "targets": Y, "validation": (inputs, targets)}, "held-out"),
    ):
        network = Network([2, 2])
        before = network.parameters.tobytes()
        with pytest.raises(InputError) as caught:
            network.train(**given, epochs=1)
        text = one_sentence(caught.value)
        assert culprit in text
        assert culprit_too in text or "columns" in text
        assert network.parameters.tobytes() == before


def test_unscaled_inputs_can_be_allowed() -> None:
    Network([2, 2]).train([[0, 255], [128, 3]], Y, epochs=1, check_scale=False, learning_rate=1e-6)


def test_standardized_inputs_do_not_look_unscaled() -> None:
    Network([2, 2]).train([[-4.5, 3.0], [9.0, -0.1]], Y, epochs=1)


@pytest.mark.parametrize("validation", [(X,), (X, Y, Y, Y)])
def test_a_held_out_set_is_two_or_three_items(validation: Any) -> None:  # noqa: ANN401
    with pytest.raises(InputError, match=f"got {len(validation)} items"):
        Network([2, 2]).train(X, Y, validation=validation)


@pytest.mark.parametrize("validation", [5, True, np.zeros(3), {"inputs": X, "targets": Y}, {1, 2}])
def test_anything_else_is_no_held_out_set(validation: Any) -> None:  # noqa: ANN401
    with pytest.raises(InputError, match="validation must be ") as caught:
        Network([2, 2]).train(X, Y, validation=validation)
    one_sentence(caught.value)


# A share to hold out


@pytest.mark.parametrize("share", [0.2, np.float32(0.2), np.array(0.2)])
@pytest.mark.parametrize("as_given", [np.asarray, list])
def test_a_share_is_held_out(share: Any, as_given: Any) -> None:  # noqa: ANN401
    inputs, labels = two_blobs()
    weights = np.arange(60.0)
    trainer = Trainer(
        Network([2, 2]), as_given(inputs), as_given(labels), sample_weight=as_given(weights), validation=share, epochs=1
    )
    assert trainer.validation is not None
    held_out, targets, weight = trainer.validation
    assert (len(held_out), len(trainer._data)) == (12, 48)
    # Each row is in one of the two, with its own target and weight.
    indices = [int(np.flatnonzero((inputs == row).all(axis=1))[0]) for row in held_out]
    rest = [int(np.flatnonzero((inputs == row).all(axis=1))[0]) for row in trainer._data.inputs]
    assert sorted(indices + rest) == [*range(60)]
    assert indices == sorted(indices)
    np.testing.assert_array_equal(targets.argmax(axis=1), labels[indices])
    np.testing.assert_array_equal(trainer._data.targets.argmax(axis=1), labels[rest])
    assert weight is not None
    np.testing.assert_allclose(weight[:, 0], weights[indices] / weights[indices].mean(), rtol=1e-6)
    report = trainer.run().epochs[0]
    assert report.validation_accuracy is not None


def test_the_seed_draws_the_held_out_rows_and_a_resumed_training_has_the_same() -> None:
    inputs, labels = two_blobs()

    def trainer(**options: Any) -> Trainer:  # noqa: ANN401
        return Trainer(Network([2, 4, 2]), inputs, labels, validation=0.3, **options)

    def rows(one: Trainer) -> bytes:
        assert one.validation is not None
        return one.validation[0].tobytes()

    assert rows(trainer(seed=1)) == rows(trainer(seed=1)) != rows(trainer(seed=2))
    whole = trainer(epochs=4)
    whole.run()
    half = trainer(epochs=2)
    half.run()
    rest = trainer(epochs=4, resume=half.state.as_dict())
    rest.run()
    assert rest.network.parameters.tobytes() == whole.network.parameters.tobytes()


def test_sorted_rows_are_held_out_of_each_class() -> None:
    history = Network([2, 2]).train(
        [[0.0, 1.0]] * 50 + [[1.0, 0.0]] * 50, [0] * 50 + [1] * 50, learning_rate=1.0, validation=0.2
    )
    assert history.best is not None
    assert history.best.validation_accuracy == 1


@pytest.mark.parametrize(("share", "rows"), [(0.0, 2), (1.0, 2), (1.5, 2), (0.9, 2), (0.5, 1)])
def test_a_share_leaves_rows_on_both_sides(share: float, rows: int) -> None:
    with pytest.raises(InputError, match=f"above 0 and below 1 that leaves rows to train on, got {share} of {rows}"):
        Network([2, 2]).train(X[:rows], Y[:rows], validation=share)


def test_a_small_share_is_one_row() -> None:
    trainer = Trainer(Network([2, 2]), X, Y, validation=0.01)
    assert trainer.validation is not None
    assert len(trainer.validation[0]) == 1


@pytest.mark.parametrize(
    ("inputs", "targets", "weights", "culprit"),
    [(X, Y[:1], None, "training targets"), ([[0, 255], [1, 0]], Y, None, "scaled"), (X, Y, [1], "training weights")],
)
def test_a_share_of_invalid_data(inputs: Any, targets: Any, weights: Any, culprit: str) -> None:  # noqa: ANN401
    with pytest.raises(InputError, match=culprit):
        Network([2, 2]).train(inputs, targets, sample_weight=weights, validation=0.5)


def test_cross_entropy_after_an_identity_is_refused() -> None:
    with pytest.raises(InputError, match="needs probabilities"):
        Network([2, 1], output="identity").train(X, [0.0, 1.0], loss="cross-entropy")


def test_one_early_stopping_rule_needs_no_list() -> None:
    history = Network([2, 2]).train([[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=50, early_stopping=LossFlat(tolerance=0.9))
    assert history.stopped.startswith("the training loss stayed flat")
