import math

import numpy as np
import pytest

from inknet.mlp import INITIALIZERS, InputError, Network
from inknet.mlp.parameters import FloatArray
from tests.mlp.helpers import one_sentence

NODES, INPUTS = 300, 400


def _weights(name: str, seed: int = 0) -> FloatArray:
    return INITIALIZERS[name](np.random.default_rng(seed), NODES, INPUTS)


@pytest.mark.parametrize(("name", "limit"), [("uniform", 1 / 20), ("glorot", math.sqrt(6 / 700))])
def test_uniform_draws_fill_their_range(name: str, limit: float) -> None:
    weights = _weights(name)
    assert weights.shape == (NODES, INPUTS)
    assert 0.999 * limit < np.abs(weights).max() <= limit
    assert weights.std() == pytest.approx(limit / math.sqrt(3), rel=0.01)
    assert abs(weights.mean()) < 5 * limit / math.sqrt(3 * weights.size)


@pytest.mark.parametrize(("name", "deviation"), [("normal", 1 / 20), ("he", math.sqrt(2 / 400))])
def test_normal_draws_have_their_standard_deviation(name: str, deviation: float) -> None:
    weights = _weights(name)
    assert weights.shape == (NODES, INPUTS)
    assert weights.std() == pytest.approx(deviation, rel=0.01)
    assert abs(weights.mean()) < 5 * deviation / math.sqrt(weights.size)
    # A third lies beyond one deviation: it is not an even draw.
    assert np.mean(np.abs(weights) > deviation) == pytest.approx(0.3173, abs=0.01)
    assert np.abs(weights).max() > 3.5 * deviation


def test_uniform_is_the_default_and_biases_start_at_zero() -> None:
    layer = Network([100, 50, 3]).layers[0]
    assert 0.09 < np.abs(layer.weights).max() <= 0.1
    assert not layer.biases.any()


def test_layers_and_seeds_differ_and_one_seed_repeats() -> None:
    one, same, other = (Network([4, 4, 4], seed=seed) for seed in (3, 3, 4))
    assert one.parameters.tobytes() == same.parameters.tobytes()
    assert one.parameters.tobytes() != other.parameters.tobytes()
    assert one.layers[0].weights.tobytes() != one.layers[1].weights.tobytes()


def test_both_types_start_from_the_same_draws() -> None:
    single, double = Network([4, 3, 2], seed=1), Network([4, 3, 2], seed=1, dtype="float64")
    np.testing.assert_array_equal(single.parameters, double.parameters.astype("float32"))


def test_a_user_defined_initializer() -> None:
    def rising(rng: np.random.Generator, nodes: int, inputs: int) -> FloatArray:  # noqa: ARG001 - its shape
        return np.arange(nodes * inputs, dtype=np.float64).reshape(nodes, inputs)

    network = Network([2, 3], init=rising)
    assert network.layers[0].nodes[2].weights.tolist() == [4, 5]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        Network([2, 2], init="xavier")
    assert "'xavier'" in one_sentence(caught.value)
    assert all(name in str(caught.value) for name in INITIALIZERS)
