import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import Recognizer, load_mnist
from inknet.mlp import Network
from inknet.service import Settings, create_app
from tests.service.conftest import Client, assert_problem


def numbers(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def forward(layers: list[dict[str, Any]], rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the hidden activations and the logits of a network of ReLUs, computed from the response."""
    *hidden, last = layers
    for layer in hidden:
        assert layer["activation"] == "relu"
        weights = numbers(layer["weights"]).reshape(layer["nodes"], layer["inputs"])
        rows = np.maximum(0, rows @ weights.T + numbers(layer["biases"]))
    weights = numbers(last["weights"]).reshape(last["nodes"], last["inputs"])
    return rows, rows @ weights.T + numbers(last["biases"])


def test_its_numbers_reproduce_the_answers() -> None:
    recognizer = Recognizer.load()
    document = Client(create_app(Settings(), recognizer))("GET", "/model/network").json()
    assert document["sha256"] == recognizer.sha256
    assert document["moments"] is True
    assert [layer["activation"] for layer in document["layers"]] == ["relu", "softmax"]
    rows = load_mnist("test")[0][:200]
    hidden, logits = forward(document["layers"], recognizer.features(rows))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert powers / powers.sum(axis=1, keepdims=True) == pytest.approx(recognizer.predict(rows), abs=1e-5)
    certainty = document["certainty"]
    verdict = forward(certainty["layers"], np.concatenate([hidden, logits], axis=1))[1][:, 0]
    certain = 1 / (1 + np.exp(-verdict)) >= certainty["threshold"]
    assert (certain == recognizer.is_certain(rows)).all()


def test_unchanged_network_is_not_modified(client: Client) -> None:
    first = client("GET", "/model/network")
    assert first.headers["cache-control"] == "no-cache"
    assert first.json()["certainty"] is None
    assert first.headers["etag"] == f'W/"{first.json()["sha256"]}"'
    again = client("GET", "/model/network", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client("GET", "/model/network", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client("GET", "/model/network", headers={"If-None-Match": "*"}).status_code == 304


def test_it_is_compressed_if_the_client_can(client: Client) -> None:
    plain = client("GET", "/model/network", headers={"Accept-Encoding": "identity"})
    compressed = client("GET", "/model/network")
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"
    assert compressed.content == plain.content


def test_shared_bias_is_repeated_per_node() -> None:
    network = Network([784, 3, 10], bias="layer", seed=1)
    network.layers[0].biases = np.array([0.5])
    document = Client(create_app(Settings(), Recognizer(network)))("GET", "/model/network").json()
    assert numbers(document["layers"][0]["biases"]).tolist() == [0.5] * 3


def test_without_a_model(tmp_path: Path) -> None:
    assert_problem(Client(create_app(Settings(model=tmp_path / "none.pkl")))("GET", "/model/network"), 503)
