import math
from typing import Any

import numpy as np
import pytest

from inknet.mlp import ACTIVATIONS, LOSSES, InputError, Network, Trainer
from inknet.mlp.activations import Activation
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.sample_weights import as_weights, class_row_weights, row_weights
from tests.mlp.helpers import one_sentence, two_blobs

INPUTS, LABELS = two_blobs(dtype="float64")
COUNTS = np.random.default_rng(4).integers(0, 4, len(LABELS))


def _trained(inputs: Any = INPUTS, targets: Any = LABELS, **options: Any) -> Network:  # noqa: ANN401
    network = Network([2, 4, 2], hidden="tanh", seed=1, dtype="float64")
    network.train(inputs, targets, **{"epochs": 20, "batch_size": 1000, "learning_rate": 0.5, **options})
    return network


def _weights(sample_weight: Any, class_weight: Any, targets: FloatArray, classify: bool) -> FloatArray:  # noqa: ANN401
    weights = row_weights(sample_weight, class_weight, targets, classify)
    assert weights is not None
    return weights


# By hand


def test_weights_have_a_mean_of_one() -> None:
    weights = _weights([2, 1, 0], None, np.zeros((3, 1)), classify=False)
    np.testing.assert_allclose(weights, [[2], [1], [0]], rtol=1e-15)
    halves = _weights([1, 0.5, 0], None, np.zeros((3, 1)), classify=False)
    np.testing.assert_array_equal(halves, weights)


def test_no_weights_are_none() -> None:
    assert row_weights(None, None, np.zeros((3, 1)), classify=False) is None


def test_balanced_by_hand() -> None:
    # Classes 0, 0, 0, 2 of three: the class without rows does not count. 4 / (2 · 3) = 2/3 and 4 / (2 · 1) = 2.
    targets = np.eye(3)[[0, 0, 0, 2]]
    weights = _weights(None, "balanced", targets, classify=True)
    np.testing.assert_allclose(weights, [[2 / 3], [2 / 3], [2 / 3], [2.0]], rtol=1e-15)
    # A first row of weight 3 is three rows: counts 5 and 1, so 6 / 10 · (3, 1, 1) and 3. Together 6, and divided by
    # their mean, 1.5: 1.2, 0.4, 0.4, 2.
    weights = _weights([3, 1, 1, 1], "balanced", targets, classify=True)
    np.testing.assert_allclose(weights, [[1.2], [0.4], [0.4], [2.0]], rtol=1e-14)


def test_class_weights_by_number() -> None:
    # Classes 0, 1, 1 with weights 5 and 1 (not named): 5, 1, 1, of mean 7/3.
    weights = _weights(None, {0: 5.0}, np.eye(2)[[0, 1, 1]], classify=True)
    np.testing.assert_allclose(weights, np.array([[15], [3], [3]]) / 7, rtol=1e-14)
    # A single output has the classes no and yes.
    single = _weights(None, {0: 5.0}, np.array([[0.0], [1.0], [1.0]]), classify=True)
    np.testing.assert_allclose(single, np.array([[15], [3], [3]]) / 7, rtol=1e-14)
    # A row half of each class weighs (5 + 1) / 2 = 3; with a 0 of weight 5: 5/4 and 3/4.
    between = _weights(None, {0: 5.0}, np.array([[1.0, 0.0], [0.5, 0.5]]), classify=True)
    np.testing.assert_allclose(between, [[5 / 4], [3 / 4]], rtol=1e-14)


def test_weighted_losses_by_hand() -> None:
    # As in test_losses, with weights 3/2 and 1/2. Softmax: surprises ln 3/2 and ln 4.
    ln2, ln3 = math.log(2), math.log(3)
    logits, targets = np.array([[0, ln2], [ln3, 0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    weights = np.array([[1.5], [0.5]])
    loss, gradient = LOSSES["cross-entropy"].measure(ACTIVATIONS["softmax"], logits, targets, weights)
    assert loss == pytest.approx((1.5 * math.log(1.5) + 0.5 * math.log(4)) / 2, rel=1e-14)
    np.testing.assert_allclose(gradient, [[1.5 / 6, -1.5 / 6], [1.5 / 8, -1.5 / 8]], rtol=1e-14)
    # Sigmoid: 1/2 for 1 costs ln 2, 3/4 for 0 costs ln 4.
    loss, gradient = LOSSES["cross-entropy"].measure(
        ACTIVATIONS["sigmoid"], np.array([[0.0], [ln3]]), np.array([[1.0], [0.0]]), weights
    )
    assert loss == pytest.approx((1.5 * ln2 + 0.5 * math.log(4)) / 2, rel=1e-14)
    np.testing.assert_allclose(gradient, [[-0.5 * 1.5 / 2], [0.75 * 0.5 / 2]], rtol=1e-14)
    # Squares: (1.5 · (1 + 4) + 0.5 · (0 + 9)) / 4 numbers = 3, and the gradient 2 w d / 4.
    loss, gradient = LOSSES["mean-squared-error"].measure(
        ACTIVATIONS["identity"], np.array([[2.0, 0.0], [5.0, 1.0]]), np.array([[1.0, 2.0], [5.0, -2.0]]), weights
    )
    assert loss == 3
    np.testing.assert_array_equal(gradient, [[0.75, -1.5], [0.0, 0.75]])


def test_one_weighted_step_by_hand() -> None:
    # y = b, from 0, toward 2 with weight 3 and toward 6 with weight 1: the weighted mean is 3, and with a rate of
    # 1/2 one step of the full batch goes there, 0 + 1/2 · 2 · 3. Its loss was (3 · 4 + 36) / 4 = 12.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = 0
    history = network.train([[0.0], [0.0]], [2.0, 6.0], sample_weight=[3, 1], epochs=1, learning_rate=0.5, batch_size=2)
    assert network.parameters.tolist() == [0.0, 3.0]
    assert history.epochs[0].loss == 12


def test_row_by_row_a_weight_scales_the_rows_step() -> None:
    # Weights 3 and 1 are 3/2 and 1/2. From b = 0 toward 8, twice, at a rate of 1/4: b goes w · half of the way.
    # Whichever row is first: the rest is 8 · (1 - 3/4) (1 - 1/4) = 3/2.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = 0
    network.train([[0.0]] * 2, [8.0] * 2, sample_weight=[3, 1], epochs=1, learning_rate=0.25, batch_size=1)
    assert network.parameters.tolist() == [0.0, 6.5]


# What weights mean in training


@pytest.mark.parametrize("optimizer", ["gradient-descent", "nesterov", "adam"])
def test_integer_weights_equal_repeated_rows(optimizer: str) -> None:
    options: dict[str, Any] = {
        "optimizer": optimizer,
        "learning_rate": 0.05,
        "weight_decay": 0.01,
        "label_smoothing": 0.1,
        "ema_decay": 0.5,
    }
    weighted = _trained(sample_weight=COUNTS, **options)
    repeated = _trained(INPUTS.repeat(COUNTS, axis=0), LABELS.repeat(COUNTS), **options)
    np.testing.assert_allclose(weighted.parameters, repeated.parameters, rtol=1e-9)
    assert np.abs(weighted.parameters - _trained(**options).parameters).max() > 1e-3


def test_balanced_with_weights_is_balanced_with_repeated_rows() -> None:
    weighted = _trained(sample_weight=COUNTS, class_weight="balanced")
    repeated = _trained(INPUTS.repeat(COUNTS, axis=0), LABELS.repeat(COUNTS), class_weight="balanced")
    np.testing.assert_allclose(weighted.parameters, repeated.parameters, rtol=1e-9)


def test_class_weight_is_the_same_weight_for_each_of_its_rows() -> None:
    by_class = _trained(class_weight={0: 1, 1: 4}, batch_size=7)
    assert by_class.parameters.tobytes() == _trained(sample_weight=1 + 3 * LABELS, batch_size=7).parameters.tobytes()


@pytest.mark.parametrize("loss", ["cross-entropy", "mean-squared-error"])
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_equal_weights_give_the_bits_of_no_weights(output: str, loss: str) -> None:
    def bits(**options: Any) -> bytes:  # noqa: ANN401
        network = Network([2, 4, 2], output=output, seed=1)
        validation = (INPUTS, LABELS, np.full(len(LABELS), 0.5)) if options else (INPUTS, LABELS)
        history = network.train(INPUTS, LABELS, epochs=3, batch_size=7, loss=loss, validation=validation, **options)
        measured = [(report.loss, report.validation_loss, report.validation_accuracy) for report in history]
        return network.parameters.tobytes() + repr(measured).encode()

    assert bits(sample_weight=np.full(len(LABELS), 4.0), class_weight={0: 2, 1: 2}) == bits()


def test_augmented_rows_keep_their_weights() -> None:
    # Augmenting turns each row's target into its own input: the weighted mean of what is kept beside them.
    seen: list[tuple[float, float]] = []

    class Look:
        name = "look"

        def check(self, output: Activation) -> None:
            pass

        def measure(
            self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
        ) -> tuple[float, FloatArray]:
            assert weights is not None
            assert output.name == "identity"
            seen.extend(zip(targets[:, 0].tolist(), weights[:, 0].tolist(), strict=True))
            return 0.0, np.zeros_like(logits)

    def double(
        inputs: FloatArray,
        targets: FloatArray,
        rng: np.random.Generator,  # noqa: ARG001
    ) -> tuple[FloatArray, FloatArray]:
        return inputs, 2 * targets

    weights = [0.5, 1.5, 0.0, 2.0]
    network = Network([1, 1], output="identity", dtype="float64")
    network.train(
        np.zeros((4, 1)), [0.0, 1, 2, 3], sample_weight=weights, augment=double, loss=Look(), epochs=1, batch_size=3
    )
    assert sorted(seen) == [(0.0, 0.5), (2.0, 1.5), (4.0, 0.0), (6.0, 2.0)]


def test_a_resumed_training_with_weights_ends_with_the_same_bits() -> None:
    options: dict[str, Any] = {"sample_weight": COUNTS, "class_weight": "balanced", "batch_size": 7, "epochs": 6}
    states: list[dict[str, Any]] = []
    whole = _trained(on_epoch=lambda _, trainer: states.append(trainer.state.as_dict()), **options)
    resumed = _trained(resume=states[2], **options)
    assert len(states) == 6
    assert resumed.parameters.tobytes() == whole.parameters.tobytes()


def test_validation_uses_only_its_own_weights() -> None:
    # A network of fixed answers: no 0.75, yes 0.25. Two rows, no and yes, of weights 3 and 1.
    network = Network([1, 2], dtype="float64")
    network.parameters[...] = [0, 0, math.log(3), 0]
    fixed: dict[str, Any] = {"epochs": 1, "learning_rate": 1e-30}

    def measured(*validation: Any) -> Any:  # noqa: ANN401
        options: dict[str, Any] = {"sample_weight": [1, 5], "class_weight": {0: 9}}
        report = network.train([[0.0], [0.0]], [0, 1], validation=validation, **options, **fixed).epochs[0]
        return report.validation_loss, report.validation_accuracy

    rows = ([[0.0], [0.0]], [0, 1])
    assert measured(*rows) == (pytest.approx((math.log(4 / 3) + math.log(4)) / 2), 0.5)
    assert measured(*rows, [3, 1]) == (pytest.approx((3 * math.log(4 / 3) + math.log(4)) / 4), 0.75)


def test_rare_rows_are_found_when_the_classes_are_balanced() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(600) < 0.05).astype(int)
    inputs = (labels + rng.normal(0, 0.6, 600))[:, np.newaxis]

    def recall(**options: Any) -> float:  # noqa: ANN401
        network = Network([1, 2], seed=0)
        network.train(inputs, labels, epochs=30, learning_rate=0.1, **options)
        return float((network.predict(inputs[labels == 1]).argmax(axis=1) == 1).mean())

    assert recall() < 0.5
    assert recall(class_weight="balanced") > 0.7


# Several labels a row


def test_multilabel_accuracy_counts_rows_with_all_labels_right() -> None:
    # Outputs yes, no for each row. Right for the first and third row only; by the largest output the second were too.
    network = Network([1, 2], output="sigmoid", dtype="float64")
    network.parameters[...] = [0, 0, 2, -2]
    targets = np.array([[1.0, 0], [1, 1], [1, 0], [0, 0]])
    history = network.train(np.zeros((4, 1)), targets, epochs=1, learning_rate=1e-30, validation=([[0.0]] * 4, targets))
    assert history.epochs[0].validation_accuracy == 0.5


# What does not fit


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"sample_weight": [1, 1, 1]}, "one per row, 2, got shape (3,)"),
        ({"sample_weight": [[1, 1], [1, 1]]}, "one per row, 2, got shape (2, 2)"),
        ({"sample_weight": [1, -1]}, "got -1 in row 1"),
        ({"sample_weight": [np.nan, 1]}, "got nan in row 0"),
        ({"sample_weight": [np.inf, 1]}, "got inf in row 0"),
        ({"sample_weight": [0, 0]}, "must not all be zero"),
        ({"sample_weight": ["a", "b"]}, "must be an array of numbers"),
        ({"class_weight": "even"}, "'even'"),
        ({"class_weight": [1, 2]}, "[1, 2]"),
        ({"class_weight": np.array([1, 2])}, "array([1, 2])"),
        ({"class_weight": {2: 1}}, "classes 0 to 1, got class 2"),
        ({"class_weight": {"yes": 1}}, "got class 'yes'"),
        ({"class_weight": {0: "a"}}, "'a' for class 0"),
        ({"class_weight": {0: -1}}, "got -1 for class 0"),
        ({"class_weight": {0: 0, 1: 0}}, "must not all be zero"),
        ({"sample_weight": [0, 1], "class_weight": {1: 0}}, "must not all be zero"),
        ({"validation": ([[0.0]], [0], [-1])}, "held-out weights"),
        ({"validation": ([[0.0]],)}, "got 1 items"),
    ],
)
def test_invalid_weights_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as caught:
        Network([1, 2]).train([[0.0], [1.0]], [0, 1], **options)
    assert says in one_sentence(caught.value)


def test_class_weight_without_classes_is_refused() -> None:
    with pytest.raises(InputError, match="identity"):
        Network([1, 1], output="identity").train([[0.0]], [0.5], class_weight="balanced")
    with pytest.raises(InputError, match="sum to 1"):
        Network([1, 2], output="sigmoid").train([[0.0]], [[1, 1]], class_weight="balanced")


def test_augmenting_to_another_number_of_rows_is_refused_with_weights() -> None:
    def half(inputs: FloatArray, targets: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:  # noqa: ARG001
        return inputs[::2], targets[::2]

    with pytest.raises(InputError, match="got 30 for 60"):
        _trained(augment=half, sample_weight=COUNTS)
    assert _trained(augment=half).parameters.size


def test_a_loss_without_weights_is_refused_for_weighted_rows() -> None:
    class Old:
        name = "old"

        def check(self, output: Activation) -> None:
            pass

        def measure(self, output: Activation, logits: FloatArray, targets: FloatArray) -> tuple[float, FloatArray]:
            return LOSSES["mean-squared-error"].measure(output, logits, targets)

    loss: Any = Old()
    assert _trained(loss=loss).parameters.tobytes() == _trained(loss="mean-squared-error").parameters.tobytes()
    for options in ({"sample_weight": COUNTS}, {"validation": (INPUTS, LABELS, COUNTS)}):
        with pytest.raises(InputError, match="'old' takes no weights"):
            Trainer(Network([2, 2]), INPUTS, LABELS, loss=loss, **options)


@pytest.mark.parametrize("rows", [1, 3])
def test_one_weight_per_row_is_needed(rows: int) -> None:
    with pytest.raises(InputError) as caught:
        as_weights([1.0, 2.0], rows, "training")
    one_sentence(caught.value)


@pytest.mark.parametrize("class_weight", ["unbalanced", "BALANCED", "a"])
def test_balanced_is_the_only_name(class_weight: str) -> None:
    with pytest.raises(InputError) as caught:
        class_row_weights(class_weight, np.ones(2), np.eye(2), classify=True)  # type: ignore[arg-type]
    assert class_weight in one_sentence(caught.value)
