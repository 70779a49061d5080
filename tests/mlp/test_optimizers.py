import math

import numpy as np
import pytest

from inknet.mlp import OPTIMIZERS, Adam, GradientDescent, InputError, Network, Optimizer
from inknet.mlp.optimizers import OptimizerState
from inknet.mlp.parameters import FloatArray
from tests.mlp.helpers import one_sentence

#: Three steps from 1 with these gradients and rates, each worked out below.
GRADIENTS = [1.0, 0.5, -2.0]
RATES = [0.1, 0.1, 0.05]


def _path(optimizer: Optimizer) -> list[float]:
    """Return where the three steps lead, one after the other."""
    parameters = np.array([1.0])
    state = optimizer.start(parameters)
    path = []
    for gradient, rate in zip(GRADIENTS, RATES, strict=True):
        optimizer.step(parameters, np.array([gradient]), rate, state)
        path.append(float(parameters[0]))
    return path


def test_gradient_descent_by_hand() -> None:
    # 1 - 0.1·1 = 0.9;  0.9 - 0.1·0.5 = 0.85;  0.85 + 0.05·2 = 0.95
    assert _path(GradientDescent()) == pytest.approx([0.9, 0.85, 0.95], rel=1e-14)


def test_momentum_by_hand() -> None:
    # v = 1               p = 1 - 0.1·1 = 0.9
    # v = 0.9 + 0.5 = 1.4     p = 0.9 - 0.14 = 0.76
    # v = 1.26 - 2 = -0.74    p = 0.76 + 0.05·0.74 = 0.797
    assert _path(OPTIMIZERS["momentum"]) == pytest.approx([0.9, 0.76, 0.797], rel=1e-14)


def test_nesterov_by_hand() -> None:
    # v = 1       p = 1 - 0.1·(1 + 0.9·1) = 0.81
    # v = 1.4     p = 0.81 - 0.1·(0.5 + 0.9·1.4) = 0.81 - 0.176 = 0.634
    # v = -0.74   p = 0.634 - 0.05·(-2 - 0.9·0.74) = 0.634 + 0.1333 = 0.7673
    assert _path(OPTIMIZERS["nesterov"]) == pytest.approx([0.81, 0.634, 0.7673], rel=1e-14)


def test_adam_by_hand() -> None:
    # With β1 = 1/2, β2 = 3/4, ε = 0, so that the fractions stay small:
    # m = 1/2, s = 1/4; without their bias 1 and 1: p = 1 - 0.1·1 = 0.9
    # m = 1/4 + 1/4 = 1/2, s = 3/16 + 1/16 = 1/4; ÷ 3/4 and ÷ 7/16: 2/3 and 4/7
    # m = 1/4 - 1 = -3/4, s = 3/16 + 1 = 19/16; ÷ 7/8 and ÷ 37/64: -6/7 and 76/37
    first = 0.9
    second = first - 0.1 * (2 / 3) / math.sqrt(4 / 7)
    third = second + 0.05 * (6 / 7) / math.sqrt(76 / 37)
    assert _path(Adam(beta1=0.5, beta2=0.75, epsilon=0)) == pytest.approx([first, second, third], rel=1e-14)


def test_adam_with_the_defaults_of_the_paper_by_hand() -> None:
    # Without their bias, m = (0.9·1 + 0.5) / 1.9 and s = (0.999·1 + 0.25) / 1.999 after the second step.
    first = 1 - 0.1 / (1 + 1e-8)
    second = first - 0.1 * (1.4 / 1.9) / (math.sqrt(1.249 / 1.999) + 1e-8)
    assert _path(OPTIMIZERS["adam"])[:2] == pytest.approx([first, second], rel=1e-13)


def test_adam_takes_epsilon_outside_the_root() -> None:
    # The first step divides 2 by |2| + ε.
    parameters = np.array([0.0])
    adam = Adam(epsilon=2.0)
    adam.step(parameters, np.array([2.0]), 1.0, adam.start(parameters))
    assert parameters[0] == pytest.approx(-0.5, rel=1e-12)


def test_adam_does_not_move_on_a_zero_gradient() -> None:
    parameters = np.array([3.0], dtype="float32")
    adam = Adam()
    adam.step(parameters, np.zeros(1, dtype="float32"), 1.0, adam.start(parameters))
    assert parameters[0] == 3


@pytest.mark.parametrize("name", list(OPTIMIZERS))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_optimizer_minimizes_a_quadratic_in_place(name: str, dtype: str) -> None:
    parameters = np.array([3.0, -2.0], dtype=dtype)
    same, optimizer = parameters, OPTIMIZERS[name]
    state = optimizer.start(parameters)
    for _ in range(400):
        optimizer.step(parameters, parameters * [1, 5], 0.03, state)
    assert parameters is same
    assert parameters.dtype == np.dtype(dtype)
    assert np.abs(parameters).max() < 0.01


def test_a_user_defined_optimizer() -> None:
    class SignDescent:
        def start(self, parameters: FloatArray) -> OptimizerState:
            return {"steps": np.zeros_like(parameters[:1])}

        def step(
            self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState
        ) -> None:
            state["steps"] += 1
            parameters -= learning_rate * np.sign(gradient)

    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [0.0, 0.0]
    network.train([[1.0]], [10.0], epochs=4, learning_rate=0.25, optimizer=SignDescent())
    assert network.parameters.tolist() == [1.0, 1.0]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        OPTIMIZERS.find("sgd")
    assert "'sgd'" in one_sentence(caught.value)
    assert all(name in str(caught.value) for name in OPTIMIZERS)
