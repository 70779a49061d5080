"""Properties that hold for every network, not only for those that somebody thought of."""

import copy
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inknet.mlp import ACTIVATIONS, Network
from inknet.mlp.parameters import FloatArray

HIDDEN = ["sigmoid", "tanh", "relu", "leaky-relu"]
LOGITS = hnp.arrays(
    "float64", st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.floats(-1e6, 1e6, allow_nan=False)
)


@st.composite
def networks(draw: st.DrawFn, outputs: tuple[str, ...] = ("softmax", "sigmoid", "identity")) -> Network:
    """Return any small network, its biases not zero."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=2, max_size=6))
    output = draw(st.sampled_from(outputs))
    if output == "softmax":
        sizes[-1] += 1
    network = Network(
        sizes,
        hidden=draw(st.lists(st.sampled_from(HIDDEN), min_size=len(sizes) - 2, max_size=len(sizes) - 2)),
        output=output,
        bias=draw(st.sampled_from(["node", "layer"])),
        init=draw(st.sampled_from(["uniform", "normal", "glorot", "he"])),
        seed=draw(st.integers(0, 2**32)),
        dtype=draw(st.sampled_from(["float32", "float64"])),
    )
    network.parameters += np.random.default_rng(network.parameters.size).normal(0, 0.3, network.parameters.size)
    return network


def _rows(network: Network, count: int = 5) -> FloatArray:
    return np.random.default_rng(count).uniform(-1, 1, (count, network.sizes[0]))


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(LOGITS)
def test_softmax_gives_probabilities(logits: FloatArray) -> None:
    probabilities = ACTIVATIONS["softmax"].forward(logits)
    assert (probabilities >= 0).all()
    assert (probabilities <= 1).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    # The larger logit never has the smaller probability.
    assert (probabilities.max(axis=1) == probabilities[np.arange(len(logits)), logits.argmax(axis=1)]).all()


@settings(deadline=None, max_examples=100)
@given(LOGITS, st.floats(-1e3, 1e3, allow_nan=False))
def test_softmax_is_invariant_to_a_constant(logits: FloatArray, constant: float) -> None:
    softmax = ACTIVATIONS["softmax"]
    np.testing.assert_allclose(softmax.forward(logits + constant), softmax.forward(logits), atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(networks(outputs=("softmax",)))
def test_predictions_are_probabilities(network: Network) -> None:
    outputs = network.predict(_rows(network))
    assert ((outputs >= 0) & (outputs <= 1)).all()
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)


@settings(deadline=None, max_examples=60)
@given(networks(), st.integers(0, 2**32))
def test_hidden_nodes_can_be_permuted(network: Network, seed: int) -> None:
    shuffled = copy.deepcopy(network)
    rng = np.random.default_rng(seed)
    for layer, following in zip(shuffled.layers[:-1], shuffled.layers[1:], strict=True):
        order = rng.permutation(len(layer))
        layer.weights = layer.weights[order]
        if network.bias == "node":
            layer.biases = layer.biases[order]
        following.weights = following.weights[:, order]
    np.testing.assert_allclose(shuffled.predict(_rows(network)), network.predict(_rows(network)), atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(networks())
def test_a_row_is_predicted_independently_of_others(network: Network) -> None:
    rows = _rows(network)
    together = network.predict(rows)
    for row, expected in zip(rows, together, strict=True):
        np.testing.assert_allclose(network.predict(row), expected, rtol=1e-6, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(networks())
def test_repr_shows_every_size(network: Network) -> None:
    text = repr(network)
    assert text.count("→") == len(network.sizes) - 1
    assert f"{network.parameter_count:,} parameters" in text
    for layer in network.layers:
        assert f"{layer.inputs} → {len(layer)}" in repr(layer)
        assert all(repr(node) for node in layer.nodes)


@settings(deadline=None, max_examples=60)
@given(networks())
def test_the_parameters_are_all_the_weights_and_biases(network: Network) -> None:
    biases = 1 if network.bias == "layer" else 0
    count = sum(layer.weights.size + (biases or len(layer)) for layer in network.layers)
    assert network.parameter_count == network.parameters.size == count
    network.parameters[...] = 3
    assert all((layer.weights == 3).all() and (layer.biases == 3).all() for layer in network.layers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(networks(), st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_a_network_round_trips_through_its_file(network: Network, metadata: dict[str, object]) -> None:
    network.metadata = metadata
    with tempfile.TemporaryDirectory() as folder:
        network.save(Path(folder) / "model.pkl")
        again = Network.load(Path(folder) / "model.pkl")
    assert again.parameters.tobytes() == network.parameters.tobytes()
    assert (repr(again), again.dtype, again.metadata) == (repr(network), network.dtype, metadata)
    assert again.predict(_rows(network)).tobytes() == network.predict(_rows(network)).tobytes()


@settings(deadline=None, max_examples=30)
@given(networks(), st.integers(1, 7), st.sampled_from(["gradient-descent", "momentum", "nesterov", "adam"]))
def test_training_lowers_the_loss_or_keeps_the_best(network: Network, batch_size: int, optimizer: str) -> None:
    inputs = _rows(network, 6)
    targets = np.random.default_rng(1).uniform(0, 1, (6, network.sizes[-1]))
    history = network.train(
        inputs,
        targets,
        epochs=5,
        batch_size=batch_size,
        learning_rate=0.01,
        optimizer=optimizer,
        validation=(inputs, targets),
    )
    losses = [report.validation_loss for report in history if report.validation_loss is not None]
    assert len(losses) == 5
    assert np.isfinite(losses).all()
    assert history.best is not None
    if network.layers[-1].activation.name == "identity":
        assert history.best.validation_loss == min(losses)
        error = np.square(network.predict(inputs) - targets).mean()
        np.testing.assert_allclose(error, min(losses), rtol=1e-4)
