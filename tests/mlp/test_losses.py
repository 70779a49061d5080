import math
from typing import Any

import numpy as np
import pytest

from inknet.mlp import ACTIVATIONS, LOSSES, InputError, Network
from inknet.mlp.activations import Activation
from inknet.mlp.losses import CrossEntropy, Huber, Loss, MeanSquaredError, check_takes_weights, find_loss
from inknet.mlp.parameters import FloatArray
from tests.mlp.helpers import SENSIBLE, one_sentence

LN2, LN3 = math.log(2), math.log(3)


def test_softmax_cross_entropy_by_hand() -> None:
    # Softmax of (0, ln 2) is (1/3, 2/3); of (ln 3, 0) it is (3/4, 1/4).
    # Targets: class 1, class 1. Loss = -(ln 2/3 + ln 1/4) / 2 = ln 6 / 2.
    logits, targets = np.array([[0, LN2], [LN3, 0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    loss, gradient = LOSSES["cross-entropy"].measure(ACTIVATIONS["softmax"], logits, targets)
    assert loss == pytest.approx(math.log(6) / 2, rel=1e-15)
    # (p - y) / 2 rows
    np.testing.assert_allclose(gradient, [[1 / 6, -1 / 6], [3 / 8, -3 / 8]], rtol=1e-14)


def test_softmax_cross_entropy_of_targets_that_do_not_sum_to_one_by_hand() -> None:
    # Both outputs of each row are 1/2; targets with the sum t weigh them by t: the gradient is (t/2 - y) / 3 rows.
    logits, targets = np.zeros((3, 2)), np.array([[1.0, 0.0], [2.0, 0.0], [1.0, 2.0]])
    loss, gradient = LOSSES["cross-entropy"].measure(ACTIVATIONS["softmax"], logits, targets)
    assert loss == pytest.approx((1 + 2 + 3) * LN2 / 3, rel=1e-15)
    np.testing.assert_allclose(gradient, np.array([[-0.5, 0.5], [-1, 1], [0.5, -0.5]]) / 3, rtol=1e-14)


def test_sigmoid_cross_entropy_by_hand() -> None:
    # Sigmoids of (0, ln 3) are (1/2, 3/4); targets (1, 0): loss = -ln 1/2 - ln(1 - 3/4) = ln 8, a sum over the outputs.
    loss, gradient = LOSSES["cross-entropy"].measure(
        ACTIVATIONS["sigmoid"], np.array([[0.0, LN3]]), np.array([[1.0, 0.0]])
    )
    assert loss == pytest.approx(math.log(8), rel=1e-15)
    np.testing.assert_allclose(gradient, [[-0.5, 0.75]], rtol=1e-15)
    # A second row of logits 0 has the loss 2 ln 2 = ln 4; the mean is ln 32 / 2.
    loss, _ = LOSSES["cross-entropy"].measure(
        ACTIVATIONS["sigmoid"], np.array([[0.0, LN3], [0.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    )
    assert loss == pytest.approx(math.log(32) / 2, rel=1e-15)


def test_mean_squared_error_by_hand() -> None:
    # Differences (1, -2), (0, 3): (1 + 4 + 0 + 9) / 4 numbers = 3.5; the gradient is 2 d / 4.
    loss, gradient = LOSSES["mean-squared-error"].measure(
        ACTIVATIONS["identity"], np.array([[2.0, 0.0], [5.0, 1.0]]), np.array([[1.0, 2.0], [5.0, -2.0]])
    )
    assert loss == 3.5
    np.testing.assert_array_equal(gradient, [[0.5, -1.0], [0.0, 1.5]])


def test_mean_absolute_error_by_hand() -> None:
    # Differences (1, -2), (0, 3): (1 + 2 + 0 + 3) / 4 numbers = 1.5; the gradient is sign(d) / 4.
    loss, gradient = LOSSES["mean-absolute-error"].measure(
        ACTIVATIONS["identity"], np.array([[2.0, 0.0], [5.0, 1.0]]), np.array([[1.0, 2.0], [5.0, -2.0]])
    )
    assert loss == 1.5
    np.testing.assert_array_equal(gradient, [[0.25, -0.25], [0.0, 0.25]])


@pytest.mark.parametrize(
    ("delta", "loss", "gradient"),
    [
        # Differences (1, -2), (0, 3). With 1: (1/2 + 1 (2 - 1/2) + 0 + 1 (3 - 1/2)) / 4 = 4.5 / 4.
        (1.0, 1.125, [[0.25, -0.25], [0.0, 0.25]]),
        # With 2: (1/2 + 4/2 + 0 + 2 (3 - 1)) / 4 = 6.5 / 4.
        (2.0, 1.625, [[0.25, -0.5], [0.0, 0.5]]),
        # All within 3: half the squared error, 14 / 8.
        (3.0, 1.75, [[0.25, -0.5], [0.0, 0.75]]),
    ],
)
def test_huber_by_hand(delta: float, loss: float, gradient: list[list[float]]) -> None:
    measured, slope = Huber(delta).measure(
        ACTIVATIONS["identity"], np.array([[2.0, 0.0], [5.0, 1.0]]), np.array([[1.0, 2.0], [5.0, -2.0]])
    )
    assert measured == loss
    np.testing.assert_array_equal(slope, gradient)


def test_huber_is_between_the_other_two() -> None:
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(0, 3, (2, 50, 2))
    identity = ACTIVATIONS["identity"]
    squared, slope = LOSSES["mean-squared-error"].measure(identity, logits, targets)
    wide, wide_slope = Huber(100).measure(identity, logits, targets)
    assert wide == pytest.approx(squared / 2)
    np.testing.assert_allclose(wide_slope, slope / 2)
    absolute, slope = LOSSES["mean-absolute-error"].measure(identity, logits, targets)
    narrow, narrow_slope = Huber(1e-9).measure(identity, logits, targets)
    assert narrow / 1e-9 == pytest.approx(absolute)
    np.testing.assert_allclose(narrow_slope / 1e-9, slope)


@pytest.mark.parametrize("delta", [0, -1.0, math.nan, "1", None])
def test_an_invalid_delta_is_refused(delta: float) -> None:
    with pytest.raises(InputError, match="delta must be a positive number"):
        Huber(delta)


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "best"), [("mean-squared-error", 21), ("mean-absolute-error", 2), ("huber", 2)])
def test_the_best_constant_of_each_loss(loss: str, best: float) -> None:
    # Of 0, 1, 2, 3, 99 the mean, and the median; for Huber, 1 + (c - 1) + (c - 2) + (c - 3) - 1 = 0, so c = 2.
    network = Network([1, 1], output="identity", dtype="float64")
    targets = [0.0, 1.0, 2.0, 3.0, 99.0]
    options: dict[str, Any] = {"epochs": 3000, "schedule": "cosine", "batch_size": 5, "learning_rate": 0.5}
    network.train(np.zeros((5, 1)), targets, loss=loss, **options)
    assert network.predict([0.0])[0] == pytest.approx(best, abs=0.02)


def test_probability_targets_are_approached() -> None:
    # The cross-entropy of p = (1/3, 2/3) with itself is its entropy, and there the gradient is zero.
    logits = np.array([[0.0, LN2]])
    loss, gradient = LOSSES["cross-entropy"].measure(ACTIVATIONS["softmax"], logits, np.array([[1 / 3, 2 / 3]]))
    assert loss == pytest.approx(math.log(3) / 3 + 2 / 3 * math.log(1.5), rel=1e-14)
    np.testing.assert_allclose(gradient, 0, atol=1e-16)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1e4, 1e30])
@pytest.mark.parametrize(("loss", "output"), SENSIBLE)
def test_extreme_logits_give_finite_losses_and_gradients_and_no_warning(
    loss: str, output: str, size: float, dtype: str
) -> None:
    if output == "identity" and size > 1e15:
        size = 1e15  # the square of more does not fit a float32
    logits = np.array([[size, -size, 0], [-size, size, size], [0, 0, -size]], dtype=dtype)
    targets = np.eye(3, dtype=dtype)
    value, gradient = LOSSES[loss].measure(ACTIVATIONS[output], logits.copy(), targets)
    assert math.isfinite(value)
    assert gradient.dtype == np.dtype(dtype)
    assert np.isfinite(gradient).all()
    if loss == "cross-entropy":
        # Certain and right costs nothing, certain and wrong costs the logit: the logarithm has not been clipped.
        right, _ = LOSSES[loss].measure(ACTIVATIONS[output], logits[:1, :2].copy(), targets[:1, :2])
        wrong, _ = LOSSES[loss].measure(ACTIVATIONS[output], logits[:1, :2].copy(), targets[1:2, :2])
        assert right == 0
        assert wrong == pytest.approx(2 * size, rel=1e-6)


@pytest.mark.parametrize(("output", "name"), [("softmax", 0), ("sigmoid", 0), ("identity", 1)])
def test_the_default_loss_depends_on_the_output(output: str, name: int) -> None:
    assert find_loss(None, ACTIVATIONS[output]).name == ["cross-entropy", "mean-squared-error"][name]


@pytest.mark.parametrize("output", ["identity", "tanh", "relu", "leaky-relu"])
def test_cross_entropy_without_probabilities_is_refused_with_the_reason(output: str) -> None:
    with pytest.raises(InputError) as caught:
        find_loss("cross-entropy", ACTIVATIONS[output])
    text = one_sentence(caught.value)
    assert "probabilities" in text
    assert repr(output) in text
    assert "mean-squared-error" in text


def test_an_unknown_loss_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match="unknown loss 'mse'; choose from cross-entropy, mean-squared-error"):
        find_loss("mse", ACTIVATIONS["softmax"])


def test_only_a_loss_with_a_parameter_for_weights_takes_weights() -> None:
    class Unweighted:
        name = "unweighted"

        def measure(self, output: Activation, logits: FloatArray, targets: FloatArray) -> tuple[float, FloatArray]:
            return MeanSquaredError().measure(output, logits, targets)

    check_takes_weights(CrossEntropy())
    check_takes_weights(MeanSquaredError())
    with pytest.raises(InputError, match="'unweighted' takes no weights"):
        check_takes_weights(Unweighted())  # type: ignore[arg-type]


def test_a_user_defined_loss() -> None:
    class Absolute:
        name = "absolute"

        def check(self, output: Activation) -> None:
            assert output.name == "identity"

        def measure(
            self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
        ) -> tuple[float, FloatArray]:
            assert weights is None
            difference = output.forward(logits) - targets
            return float(np.abs(difference).mean()), np.sign(difference) / difference.size

    absolute: Loss = Absolute()
    network = Network([1, 1], output="identity", dtype="float64")
    # With targets 1, 1, 100 the median is the best constant, where the mean would be 34.
    network.train(np.zeros((3, 1)), [1.0, 1.0, 100.0], loss=absolute, epochs=200, learning_rate=0.1, batch_size=3)
    assert network.predict([0.0])[0] == pytest.approx(1, abs=0.1)
