"""Assignments to a network: each is written through, or refused; none disconnects it."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inknet.mlp import ACTIVATIONS, InputError, Network
from tests.mlp.helpers import one_sentence

ROWS = np.array([[0.2, -0.5, 0.9], [1.0, 0.0, 0.5]])


def a_network(seed: int = 1, **options: Any) -> Network:  # noqa: ANN401 - Network's
    return Network([3, 4, 2], **{"hidden": "tanh", "seed": seed, "dtype": "float64", **options})


#: Assignments of parameters: to all of them, and to those of a layer and of a node.
WRITTEN: dict[str, Callable[[Network, Network], None]] = {
    "parameters": lambda network, other: setattr(network, "parameters", other.parameters),
    "a list": lambda network, other: setattr(network, "parameters", other.parameters.tolist()),
    "another dtype": lambda network, other: setattr(network, "parameters", other.parameters.astype("float32")),
    "weights": lambda network, other: setattr(network.layers[0], "weights", other.layers[0].weights),
    "biases": lambda network, other: setattr(network.layers[1], "biases", [1.0, -1.0]),  # noqa: ARG005
    "node": lambda network, other: setattr(network.layers[0].nodes[2], "weights", other.layers[0].nodes[2].weights),
    "bias": lambda network, other: setattr(network.layers[1].nodes[0], "bias", 3.0),  # noqa: ARG005
}


@pytest.mark.parametrize("how", WRITTEN)
def test_assigned_parameters_are_those_of_predictions_files_and_training(how: str) -> None:
    network, other = a_network(), a_network(seed=2)
    before = network.predict(ROWS)
    WRITTEN[how](network, other)
    assert np.abs(network.predict(ROWS) - before).max() > 1e-3
    again = Network.from_dict(network.to_dict())
    np.testing.assert_array_equal(again.predict(ROWS), network.predict(ROWS))
    assert np.shares_memory(network.parameters, network.layers[0].weights)
    network.train(ROWS, [0, 1], epochs=3, learning_rate=0.5)
    assert np.abs(network.predict(ROWS) - again.predict(ROWS)).max() > 1e-3


def test_all_parameters_are_copied() -> None:
    network, other = a_network(), a_network(seed=2)
    network.parameters = other.parameters
    other.parameters += 1
    np.testing.assert_array_equal(network.parameters, a_network(seed=2).parameters)
    network.parameters -= 0.5
    np.testing.assert_array_equal(network.parameters, a_network(seed=2).parameters - 0.5)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.zeros(25), r"shape \(26,\), got \(25,\)"),
        (np.zeros(1), r"shape \(26,\), got \(1,\)"),
        (0.0, r"shape \(26,\), got \(\)"),
        (np.zeros((26, 1)), r"shape \(26,\), got \(26, 1\)"),
        (["a"] * 26, "must be an array of numbers"),
        (None, "must be an array of numbers"),
        (np.ma.masked_array(np.zeros(26), mask=True), "must not be masked"),
    ],
)
def test_other_parameters_are_refused(values: Any, says: str) -> None:  # noqa: ANN401 - anything at all
    network = a_network()
    before = network.parameters.tobytes()
    with pytest.raises(InputError, match="parameters must .*" + says if says.startswith("shape") else says) as caught:
        network.parameters = values
    one_sentence(caught.value)
    assert network.parameters.tobytes() == before


#: Attributes that describe the parameters, or are views of them.
REFUSED: dict[str, Callable[[Network], object]] = {
    "sizes": lambda network: network,
    "bias": lambda network: network,
    "layers": lambda network: network,
    "dtype": lambda network: network,
    "parameter_count": lambda network: network,
    "activation": lambda network: network.layers[0],
    "inputs": lambda network: network.layers[0],
    "nodes": lambda network: network.layers[0],
    "layer": lambda network: network.layers[0].nodes[1],
    "index": lambda network: network.layers[0].nodes[1],
}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301 - our own
@pytest.mark.parametrize("name", REFUSED)
def test_other_assignments_are_refused(name: str, copied: Callable[[Network], Network]) -> None:
    network = copied(a_network())
    owner = REFUSED[name](network)
    before, outputs = getattr(owner, name), network.predict(ROWS)
    for value in (getattr(REFUSED[name](a_network(bias="layer", hidden="relu")), name), "relu", None):
        with pytest.raises(AttributeError) as caught:
            setattr(owner, name, value)
        one_sentence(caught.value)
    assert repr(getattr(owner, name)) == repr(before)
    np.testing.assert_array_equal(network.predict(ROWS), outputs)


def test_the_error_says_what_to_do() -> None:
    network = a_network()
    with pytest.raises(AttributeError, match="activation of a Layer cannot be replaced; create another Network"):
        network.layers[0].activation = ACTIVATIONS["relu"]
    other = a_network(hidden="relu", seed=3)
    other.parameters = network.parameters
    np.testing.assert_array_equal(other.layers[1].weights, network.layers[1].weights)


def test_metadata_may_be_assigned() -> None:
    network = a_network()
    network.metadata = {"name": "mine"}
    assert Network.from_dict(network.to_dict()).metadata == {"name": "mine"}
