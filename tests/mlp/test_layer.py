import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inknet.mlp import InputError, Layer, Network, Node


def _saved(network: Network, folder: Path) -> Network:
    network.save(folder / "model.pkl")
    return Network.load(folder / "model.pkl")


COPIES: dict[str, Callable[[Network, Path], Network]] = {
    "itself": lambda network, _: network,
    "saved": _saved,
    "pickled": lambda network, _: pickle.loads(pickle.dumps(network)),  # noqa: S301 - our own
    "deep copy": lambda network, _: copy.deepcopy(network),
    "copy": lambda network, _: copy.copy(network),
}


@pytest.mark.parametrize("how", list(COPIES))
@pytest.mark.parametrize("bias", ["node", "layer"])
def test_writing_to_a_node_changes_what_the_network_predicts(how: str, bias: str, tmp_path: Path) -> None:
    network = COPIES[how](Network([3, 4, 2], hidden="tanh", bias=bias, seed=1, dtype="float64"), tmp_path)
    inputs = np.array([0.2, -0.5, 0.9])
    for node in [network.layers[0].nodes[2], network.layers[1].nodes[1]]:
        before = network.predict(inputs)
        node.weights[0] += 1.0
        by_weight = network.predict(inputs)
        node.bias += 1.0
        by_bias = network.predict(inputs)
        assert np.abs(by_weight - before).max() > 1e-3
        # A softmax whose logits all grow alike stays: the shared bias of the output layer does nothing.
        if not (bias == "layer" and node.layer is network.layers[1]):
            assert np.abs(by_bias - by_weight).max() > 1e-3


@pytest.mark.parametrize("how", [name for name in COPIES if name != "itself"])
def test_a_copy_is_independent(how: str, tmp_path: Path) -> None:
    network = Network([3, 4, 2], seed=1)
    other = COPIES[how](network, tmp_path)
    assert other.parameters.tobytes() == network.parameters.tobytes()
    before = network.parameters.tobytes()
    other.layers[0].nodes[0].weights[...] = 7
    other.layers[0].nodes[0].bias = 7
    assert network.parameters.tobytes() == before


@pytest.mark.parametrize("how", list(COPIES))
def test_nothing_is_copied_between_network_layer_and_node(how: str, tmp_path: Path) -> None:
    network = COPIES[how](Network([3, 4, 2]), tmp_path)
    for layer in network.layers:
        assert np.shares_memory(layer.weights, network.parameters)
        assert np.shares_memory(layer.biases, network.parameters)
        for index, node in enumerate(layer.nodes):
            assert np.shares_memory(node.weights, layer.weights[index])
            assert np.shares_memory(node.bias, layer.biases[index : index + 1])


def test_a_node_is_a_row_of_its_layer() -> None:
    network = Network([784, 200, 10])
    node = network.layers[0].nodes[17]
    assert node.weights.shape == (784,)
    assert node.bias.shape == ()
    node.weights = np.arange(784, dtype=np.float64)
    node.bias = 0.25
    assert network.layers[0].weights[17, 783] == 783
    assert network.layers[0].biases[17] == 0.25
    assert np.count_nonzero(network.layers[0].biases) == 1


def test_a_node_sums_by_hand() -> None:
    layer = Network([2, 1], output="identity", dtype="float64").layers[0]
    layer.weights = np.array([[2.0, -3.0]])
    layer.nodes[0].bias = 0.5
    assert layer.nodes[0].weighted_sum(np.array([4.0, 1.0])) == 5.5


def test_a_layer_computes_by_hand() -> None:
    layer = Network([2, 2, 1], hidden="relu", dtype="float64", output="identity").layers[0]
    layer.weights = np.array([[1.0, 2.0], [3.0, -4.0]])
    layer.biases = np.array([0.5, -1.0])
    inputs = np.array([[1.0, 1.0], [0.0, -1.0]])
    np.testing.assert_array_equal(layer.logits(inputs), [[3.5, -2.0], [-1.5, 3.0]])
    np.testing.assert_array_equal(layer.forward(inputs), [[3.5, 0.0], [0.0, 3.0]])


def test_one_bias_shared_by_a_layer() -> None:
    network = Network([2, 3, 2], bias="layer", output="identity", dtype="float64")
    layer = network.layers[0]
    assert network.parameter_count == (2 * 3 + 1) + (3 * 2 + 1)
    layer.nodes[2].bias = 1.5
    assert [float(node.bias) for node in layer.nodes] == [1.5, 1.5, 1.5]
    assert layer.biases.tolist() == [1.5, 1.5, 1.5]
    np.testing.assert_array_equal(layer.logits(np.zeros((1, 2))), [[1.5, 1.5, 1.5]])


def test_the_repeated_view_of_a_shared_bias_cannot_be_written_to() -> None:
    layer = Network([2, 3, 2], bias="layer").layers[0]
    with pytest.raises(ValueError, match="read-only"):
        layer.biases[0] = 1
    layer.biases = np.array([2.0])
    assert layer.biases.tolist() == [2, 2, 2]


@pytest.mark.parametrize("bias", ["node", "layer"])
def test_both_kinds_of_bias_learn(bias: str) -> None:
    # With inputs of zero only the biases can learn the targets; a shared one can only learn their mean.
    network = Network([1, 2], output="identity", bias=bias, dtype="float64")
    network.train(np.zeros((1, 1)), [[1.0, 3.0]], epochs=300, learning_rate=0.3)
    expected = [1.0, 3.0] if bias == "node" else [2.0, 2.0]
    np.testing.assert_allclose(network.predict([0.0]), expected, atol=1e-9)


@pytest.mark.parametrize("bias", ["node", "layer"])
def test_layers_and_nodes_can_be_pickled_alone(bias: str) -> None:
    network = Network([3, 4, 2], bias=bias, seed=2)
    layer: Layer = pickle.loads(pickle.dumps(network.layers[0]))  # noqa: S301 - our own
    node: Node = pickle.loads(pickle.dumps(network.layers[0].nodes[1]))  # noqa: S301 - our own
    for copied in (layer, node.layer):
        np.testing.assert_array_equal(copied.weights, network.layers[0].weights)
        copied.nodes[1].weights[0] = 9
        copied.nodes[1].bias = 8
        assert copied.weights[1, 0] == 9
        assert copied.biases[1] == 8
    assert node.weights[0] == 9
    assert float(node.bias) == 8
    assert network.layers[0].weights[1, 0] != 9


@pytest.mark.parametrize("index", [-1, 3])
def test_an_unknown_node_is_refused(index: int) -> None:
    layer = Network([2, 3]).layers[0]
    with pytest.raises(InputError, match=f"from 0 to 2, got {index}"):
        Node(layer, index)


def test_repr_shows_the_shape() -> None:
    network = Network([784, 200, 10], hidden="tanh", bias="layer")
    assert repr(network.layers[0]) == "Layer(784 → 200, tanh, one bias)"
    assert repr(Network([2, 3]).layers[0]) == "Layer(2 → 3, softmax)"
    network.layers[1].nodes[0].bias = 0.125
    assert repr(network.layers[1].nodes[3]) == "Node(3 of 10, 200 weights, bias 0.125)"
    assert (len(network.layers[0]), network.layers[0].inputs) == (200, 784)


def test_biases_per_node_are_a_view() -> None:
    network = Network([2, 3], bias="node", dtype="float64")
    biases = network.layers[0].biases
    biases[1] = 5
    assert network.layers[0].nodes[1].bias == 5
    shared = Network([2, 3], bias="layer", dtype="float64").layers[0].biases
    assert shared.shape == (3,)
    assert not shared.flags.writeable
