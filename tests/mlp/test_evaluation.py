"""Loss and accuracy of a network on held-out data, by hand and in blocks."""

import math

import numpy as np
import pytest

from inknet.mlp import Network
from inknet.mlp.evaluation import correct, measure
from inknet.mlp.losses import CrossEntropy, MeanSquaredError


def identity_network(output: str, outputs: int) -> Network:
    """Return a network whose logits are its inputs."""
    network = Network([outputs, outputs], output=output, dtype="float64")
    network.layers[0].weights = np.eye(outputs)
    network.layers[0].biases = np.zeros(outputs)
    return network


def test_loss_and_accuracy_by_hand() -> None:
    # softmax([ln 3, 0]) = [3/4, 1/4]: right for class 0 with loss -ln(3/4), wrong for class 1 with loss -ln(1/4).
    network = identity_network("softmax", 2)
    inputs = np.array([[math.log(3), 0.0], [math.log(3), 0.0]])
    measured = measure(network, CrossEntropy(), inputs, np.eye(2))
    assert measured.loss == pytest.approx(-(math.log(3 / 4) + math.log(1 / 4)) / 2)
    assert measured.accuracy == 0.5


def test_weighted_means_by_hand() -> None:
    network = identity_network("softmax", 2)
    inputs = np.array([[math.log(3), 0.0], [math.log(3), 0.0]])
    measured = measure(network, CrossEntropy(), inputs, np.eye(2), np.array([[1.5], [0.5]]))
    assert measured.loss == pytest.approx(-(1.5 * math.log(3 / 4) + 0.5 * math.log(1 / 4)) / 2)
    assert measured.accuracy == 0.75


def test_independent_outputs_are_labels_of_their_own() -> None:
    # Sigmoids above 0.5 where the logits are positive: (1, 1) is right for both labels, (1, 0) for one of two.
    network = identity_network("sigmoid", 2)
    inputs = np.array([[1.0, 2.0], [1.0, -1.0]])
    assert measure(network, CrossEntropy(), inputs, np.array([[1.0, 1.0], [1.0, 1.0]])).accuracy == 0.5
    # With one class per row, the largest output counts.
    assert measure(network, CrossEntropy(), inputs, np.array([[0.0, 1.0], [1.0, 0.0]])).accuracy == 1


def test_there_is_no_accuracy_for_identity_outputs() -> None:
    measured = measure(identity_network("identity", 2), MeanSquaredError(), np.eye(2), 2 * np.eye(2))
    assert measured.loss > 0
    assert measured.accuracy is None


@pytest.mark.parametrize("rows", [1, 1023, 1024, 1025, 3000])
@pytest.mark.parametrize("weighted", [False, True])
def test_blocks_of_rows_give_the_same_means_as_single_rows(rows: int, weighted: bool) -> None:
    rng = np.random.default_rng(rows)
    network = Network([3, 4, 5], seed=2, dtype="float64")
    inputs, targets = rng.normal(size=(rows, 3)), np.eye(5)[rng.integers(0, 5, rows)]
    weights = rng.uniform(0.5, 1.5, (rows, 1)) if weighted else None
    if weights is not None:
        weights /= weights.mean()
    measured = measure(network, CrossEntropy(), inputs, targets, weights)
    probabilities = network.predict(inputs)
    each = np.ones(rows) if weights is None else weights[:, 0]
    losses = -np.log((probabilities * targets).sum(axis=1))
    assert measured.loss == pytest.approx((each * losses).mean(), rel=1e-10)
    hits = probabilities.argmax(axis=1) == targets.argmax(axis=1)
    assert measured.accuracy == pytest.approx((each * hits).mean(), rel=1e-10)


def test_inputs_are_not_changed() -> None:
    network = Network([2, 3, 2], seed=0, dtype="float64")
    inputs = np.array([[1.0, -2.0]])
    measure(network, CrossEntropy(), inputs, np.array([[0.0, 1.0]]))
    assert inputs.tolist() == [[1.0, -2.0]]


@pytest.mark.parametrize(
    ("output", "target", "right"), [(0.6, 1, True), (0.6, 0, False), (0.5, 0, True), (0.5, 1, False), (0.4, 1, False)]
)
def test_a_single_output_is_thresholded_at_one_half(output: float, target: float, right: bool) -> None:
    assert correct(np.array([[output]]), np.array([[target]])).tolist() == [right]


def test_the_largest_output_decides() -> None:
    outputs = np.array([[0.2, 0.3, 0.1], [0.2, 0.3, 0.1]])
    assert correct(outputs, np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])).tolist() == [True, False]


def test_multilabel_rows_need_every_output_right() -> None:
    outputs = np.array([[0.6, 0.7, 0.5], [0.6, 0.7, 0.51], [0.6, 0.4, 0.1]])
    targets = np.tile([1.0, 1.0, 0.0], (3, 1))
    assert correct(outputs, targets, multilabel=True).tolist() == [True, False, False]


def test_sigmoid_outputs_are_multilabel_if_targets_do_not_sum_to_1() -> None:
    network = identity_network("sigmoid", 2)
    inputs = np.array([[2.0, 1.0], [1.0, 2.0]])
    # The largest output decides here ...
    assert measure(network, CrossEntropy(), inputs, np.eye(2)).accuracy == 1
    # ... and each output for itself where a row has two labels.
    assert measure(network, CrossEntropy(), inputs, np.array([[1.0, 1.0], [1.0, 0.0]])).accuracy == 0.5


def test_each_row_is_right_or_wrong_by_itself() -> None:
    single = correct(np.array([[0.6], [0.4], [0.6]]), np.array([[1.0], [1.0], [0.0]]))
    assert single.tolist() == [True, False, False]
    several = np.array([[0.6, 0.4], [0.6, 0.6], [0.2, 0.1]])
    wanted = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    assert correct(several, wanted, multilabel=True).tolist() == [True, False, True]
