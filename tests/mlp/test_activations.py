import math

import numpy as np
import pytest

from inknet.mlp import ACTIVATIONS, InputError, Network
from inknet.mlp.activations import Activation, LeakyReLU
from inknet.mlp.parameters import FloatArray
from tests.mlp.helpers import one_sentence

LN2, LN3 = math.log(2), math.log(3)

#: (name, logits of one row, activations worked by hand)
BY_HAND = [
    ("sigmoid", [0.0, LN3, -LN3], [0.5, 0.75, 0.25]),
    ("tanh", [0.0, LN2, -LN2], [0.0, 0.6, -0.6]),  # tanh(ln 2) = (2 - 1/2) / (2 + 1/2)
    ("relu", [0.0, 2.5, -2.5], [0.0, 2.5, 0.0]),
    ("leaky-relu", [0.0, 2.5, -2.5], [0.0, 2.5, -0.025]),
    ("softmax", [0.0, LN2, LN3], [1 / 6, 2 / 6, 3 / 6]),
    ("identity", [0.0, 2.5, -2.5], [0.0, 2.5, -2.5]),
]


@pytest.mark.parametrize(("name", "logits", "expected"), BY_HAND)
def test_forward_by_hand(name: str, logits: list[float], expected: list[float]) -> None:
    out = ACTIVATIONS[name].forward(np.array([logits]))
    np.testing.assert_allclose(out, [expected], rtol=1e-15, atol=1e-16)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_backward_is_the_derivative_of_forward(name: str) -> None:
    activation = ACTIVATIONS[name]
    rng = np.random.default_rng(1)
    logits, pull = rng.normal(0, 1.5, (4, 5)), rng.normal(size=(4, 5))
    step = 1e-6
    assert np.abs(logits).min() > 10 * step
    expected = np.empty_like(logits)
    for place in np.ndindex(logits.shape):
        sides = []
        for sign in (1, -1):
            moved = logits.copy()
            moved[place] += sign * step
            sides.append(float((pull * activation.forward(moved)).sum()))
        expected[place] = (sides[0] - sides[1]) / (2 * step)
    output = activation.forward(logits.copy())
    np.testing.assert_allclose(activation.backward(pull.copy(), output), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_extreme_logits_stay_finite_and_keep_the_type(name: str, dtype: str) -> None:
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e30, -1e30, 1e30]], dtype=dtype)
    activation = ACTIVATIONS[name]
    output = activation.forward(logits.copy())
    back = activation.backward(np.ones_like(logits), output)
    assert output.dtype == back.dtype == np.dtype(dtype)
    assert np.isfinite(output).all()
    assert np.isfinite(back).all()


@pytest.mark.parametrize(
    ("name", "hidden_only", "probabilities", "coupled", "classifies"),
    [
        ("sigmoid", False, True, False, True),
        ("tanh", True, False, False, True),
        ("relu", True, False, False, True),
        ("leaky-relu", True, False, False, True),
        ("softmax", False, True, True, True),
        ("identity", False, False, False, False),
    ],
)
def test_properties(name: str, hidden_only: bool, probabilities: bool, coupled: bool, classifies: bool) -> None:
    activation = ACTIVATIONS[name]
    assert activation.is_hidden_only is hidden_only
    assert activation.gives_probabilities is probabilities
    assert activation.couples_nodes is coupled
    assert activation.classifies is classifies
    # Raising the second logit changes the first output only if the nodes are coupled.
    before, after = (activation.forward(np.array([[0.5, value]]))[0, 0] for value in (0.5, 1.5))
    assert bool(before != after) is coupled


def test_an_unknown_name_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError) as caught:
        ACTIVATIONS.find("rleu")
    text = one_sentence(caught.value)
    assert "'rleu'" in text
    assert all(name in text for name in ACTIVATIONS)


def test_a_user_defined_activation_is_used_as_it_is() -> None:
    class Square(Activation):
        name = "square"

        def forward(self, logits: FloatArray) -> FloatArray:
            return logits * logits

        def backward(self, gradient: FloatArray, output: FloatArray) -> FloatArray:
            return gradient * 2 * np.sqrt(output)

    square: Activation = Square()
    network = Network([2, 1, 1], hidden=square, output="identity", dtype="float64")
    network.parameters[...] = [1, 2, 0, 3, 0.5]  # (x + 2y)² · 3 + 0.5
    assert network.predict([1.0, 1.0])[0] == 27.5
    assert "1 square" in repr(network)


def test_a_leaky_relu_with_another_slope() -> None:
    network = Network([1, 1, 1], hidden=LeakyReLU(slope=0.5), output="identity", dtype="float64")
    network.parameters[...] = [1, 0, 1, 0]
    assert network.predict([-4.0])[0] == -2.0


@pytest.mark.parametrize("name", ["relu", "leaky-relu"])
def test_the_slope_at_0_is_that_of_negative_values(name: str) -> None:
    activation = ACTIVATIONS[name]
    output = activation.forward(np.zeros((1, 1)))
    assert activation.backward(np.ones((1, 1)), output)[0, 0] == {"relu": 0, "leaky-relu": 0.01}[name]
