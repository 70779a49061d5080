import doctest
from typing import Any

import numpy as np
import pytest

import inknet.mlp.network
from inknet.mlp import InputError, Network
from tests.mlp.helpers import one_sentence


def test_predict_by_hand() -> None:
    # 2 - 2 relu - 2 softmax, x = (1, 2):
    # z = (1·1 - 2·2 + 1, 3·1 + 0·2 - 1) = (-2, 2), a = (0, 2)
    # logits = (5·0 + 0·2, 7·0 + ln(3)/2·2) = (0, ln 3), softmax = (1/4, 3/4)
    network = Network([2, 2, 2], dtype="float64")
    network.layers[0].weights = np.array([[1.0, -2.0], [3.0, 0.0]])
    network.layers[0].biases = np.array([1.0, -1.0])
    network.layers[1].weights = np.array([[5.0, 0.0], [7.0, np.log(3) / 2]])
    np.testing.assert_allclose(network.predict([1, 2]), [0.25, 0.75], rtol=1e-15)


def test_one_row_or_many() -> None:
    network = Network([784, 20, 10])
    assert network.predict(np.zeros(784)).shape == (10,)
    assert network.predict(np.zeros((3, 784))).shape == (3, 10)
    assert network.predict(np.zeros((0, 784))).shape == (0, 10)
    assert network.predict(np.zeros((2500, 784))).shape == (2500, 10)
    assert network.predict(np.zeros(784)).dtype == np.float32


def test_more_rows_than_a_block() -> None:
    network = Network([3, 4, 2])
    rows = np.random.default_rng(0).random((2500, 3))
    expected = np.concatenate([network.predict(rows[start : start + 500]) for start in range(0, 2500, 500)])
    np.testing.assert_allclose(network.predict(rows), expected, rtol=1e-5)


@pytest.mark.parametrize("layers", [0, 1, 10])
def test_no_hidden_layer_or_ten(layers: int) -> None:
    network = Network([3, *[4] * layers, 2], hidden="tanh")
    assert len(network.layers) == layers + 1
    assert network.predict([[0.1, 0.2, 0.3]]).sum() == pytest.approx(1)


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_predict_does_not_change_its_inputs(output: str) -> None:
    inputs = np.full((2, 3), -1, dtype=np.float32)
    Network([3, 2], output=output).predict(inputs)
    Network([3, 2, 2], output=output).predict(inputs)
    assert (inputs == -1).all()


def test_inputs_of_every_numeric_kind_and_layout() -> None:
    network = Network([3, 4, 2])
    expected = network.predict([[0, 1, 0], [1, 1, 1]])
    for dtype in ("uint8", "int64", "float16", "float64", "bool", ">f4"):
        values = np.array([[0, 1, 0], [1, 1, 1]]).astype(dtype)
        np.testing.assert_array_equal(network.predict(values), expected)
        np.testing.assert_allclose(network.predict(np.asfortranarray(values)[::-1]), expected[::-1], rtol=1e-6)
    locked = np.array([[0, 1, 0], [1, 1, 1]], dtype="float32")
    locked.flags.writeable = False
    np.testing.assert_array_equal(network.predict(locked), expected)


def test_repr_shows_the_whole_shape() -> None:
    assert repr(Network([784, 200, 10])) == "Network(784 → 200 relu → 10 softmax, 159,010 parameters)"
    assert repr(Network([2, 1], output="sigmoid")) == "Network(2 → 1 sigmoid, 3 parameters)"
    network = Network([2, 3, 4, 1], hidden=["tanh", "leaky-relu"], output="identity", bias="layer")
    assert repr(network) == (
        "Network(2 → 3 tanh → 4 leaky-relu → 1 identity, 25 parameters, one bias per layer)"
    )  # (6 + 1) + (12 + 1) + (4 + 1)


def test_sizes_may_be_numpy_numbers() -> None:
    network = Network(list(np.array([4, 3, 2])))
    assert network.sizes == (4, 3, 2)
    assert all(type(size) is int for size in network.sizes)


def test_the_docstring_example() -> None:
    outcome = doctest.testmod(inknet.mlp.network)
    assert outcome.attempted >= 6
    assert outcome.failed == 0


def _refusal(sizes: Any, **options: Any) -> str:  # noqa: ANN401 - anything at all is passed in
    with pytest.raises(InputError) as caught:
        Network(sizes, **options)
    return one_sentence(caught.value)


@pytest.mark.parametrize(
    ("sizes", "culprit"),
    [
        ([], "[]"),
        ([5], "[5]"),
        ([0, 2], "0"),
        ([2, -3, 1], "-3"),
        ([2.5, 1], "2.5"),
        ([2.0, 1], "2.0"),
        ([True, 2], "True"),
        (["2", 2], "'2'"),
        ([None, 2], "None"),
        ([[2], 2], "[2]"),
        (784, "784"),
        (None, "None"),
        ("784", "'7'"),
        ([10**9, 10**10], "10000000000"),
        ([10**19, 10**20], "100000000000000000000"),
    ],
)
def test_invalid_sizes_are_refused(sizes: object, culprit: str) -> None:
    assert culprit in _refusal(sizes)


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        ({"hidden": "rleu"}, "'rleu'"),
        ({"hidden": ["relu", "tanh"]}, "1, one per hidden layer, got 2"),
        ({"hidden": []}, "1, one per hidden layer, got 0"),
        ({"hidden": "softmax"}, "softmax"),
        ({"hidden": ["softmax"]}, "softmax"),
        ({"hidden": None}, "None"),
        ({"hidden": 5}, "5"),
        ({"hidden": [["relu"]]}, "['relu']"),
        ({"output": "argmax"}, "'argmax'"),
        ({"output": None}, "None"),
        ({"bias": "none"}, "'none'"),
        ({"bias": []}, "[]"),
        ({"init": "zeros"}, "'zeros'"),
        ({"init": None}, "None"),
        ({"dtype": "float16"}, "'float16'"),
        ({"dtype": []}, "[]"),
        ({"seed": -1}, "-1"),
        ({"seed": "x"}, "'x'"),
        ({"seed": 1.5}, "1.5"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, object], culprit: str) -> None:
    assert culprit in _refusal([2, 3, 2], **options)


def test_a_softmax_of_one_output_is_refused() -> None:
    assert "sigmoid" in _refusal([2, 1])


@pytest.mark.parametrize(
    ("inputs", "culprit"),
    [
        ([0, 0], "3 columns"),
        ([[0, 0]], "(1, 2)"),
        ([[[0, 0, 0]]], "(1, 1, 3)"),
        (5, "()"),
        ([], "3 columns"),
        (["1", "2", "3"], "numbers"),
        ("abc", "numbers"),
        (None, "numbers"),
        ([[0, 0, 0], [0, 0]], "differ in length"),
        ([None, 0, 0], "numbers"),
        ([1j, 0, 0], "complex"),
        (np.array([0, 0, 0], dtype=object), "object"),
        (np.array(["2020-01-01"] * 3, dtype="datetime64[D]"), "datetime"),
        ([float("nan"), 0, 0], "NaN"),
        ([float("inf"), 0, 0], "infinity"),
        ([[0, 0, 0], [0, -float("inf"), 0]], "infinity"),
        ([1e300, 0, 0], "too large"),
        ([10**400, 0, 0], "numbers"),
    ],
)
@pytest.mark.parametrize("hidden", ["relu", "sigmoid"])
def test_predict_refuses_invalid_inputs(inputs: Any, culprit: str, hidden: str) -> None:  # noqa: ANN401
    # A sigmoid turns infinity into 1, a ReLU may turn it into 0: the outputs alone would not show it.
    network = Network([3, 4, 2], hidden=hidden)
    with pytest.raises(InputError) as caught:
        network.predict(inputs)
    assert culprit in one_sentence(caught.value)


def test_non_finite_weights_are_reported() -> None:
    network = Network([3, 2])
    network.layers[0].weights[0, 0] = np.nan
    with pytest.raises(InputError, match="weights"):
        network.predict([1.0, 1.0, 1.0])


def test_infinite_outputs_of_finite_sums_are_reported() -> None:
    network = Network([1, 1, 1], output="identity")
    network.parameters[...] = [1, 1, 3e38, 0]
    assert network.predict([0.0])[0] == np.float32(3e38)
    with pytest.raises(InputError, match="outputs are not finite"):
        network.predict([1.0])


def test_metadata_belong_to_one_network() -> None:
    one, other = Network([2, 2]), Network([2, 2])
    one.metadata["name"] = "one"
    assert other.metadata == {}
    copied = Network.from_dict(one.to_dict())
    copied.metadata["name"] = "two"
    assert one.metadata == {"name": "one"}
    values = one.to_dict()
    values["metadata"]["name"] = "three"
    values["parameters"][...] = 7
    assert one.metadata == {"name": "one"}
    assert not (one.parameters == 7).any()


@pytest.mark.parametrize("output", ["relu", "leaky-relu", "tanh"])
def test_a_hidden_only_activation_is_refused_for_the_output(output: str) -> None:
    with pytest.raises(InputError, match="output must be 'softmax', 'sigmoid' or 'identity', got"):
        Network([2, 2], output=output)
