"""The service with a model of other classes than digits."""

import numpy as np
import pytest

from inknet.digits import Recognizer
from inknet.mlp import Network
from inknet.service import Settings, create_app
from tests.service.conftest import SEVEN, Client

CLASSES = ["circle", "star", "T-shirt or top"]


@pytest.fixture
def client() -> Client:
    """Serve a network that always answers the second class."""
    network = Network([784, 3])
    network.layers[0].weights = np.zeros((3, 784))
    network.layers[0].biases = np.log([0.25, 0.625, 0.125])
    network.metadata = {"classes": CLASSES}
    return Client(create_app(Settings(), Recognizer(network, "shapes")))


def test_predict_returns_the_class_and_its_name(client: Client) -> None:
    answer = client.predict(SEVEN).json()
    assert (answer["digit"], answer["label"], answer["certain"]) == (1, "star", True)
    assert answer["probabilities"] == pytest.approx([0.25, 0.625, 0.125], abs=1e-6)


def test_model_lists_its_classes(client: Client) -> None:
    assert client("GET", "/model").json()["classes"] == CLASSES
    document = client("GET", "/model/network").json()
    assert document["classes"] == CLASSES
    assert document["normalize"] is True
    assert document["layers"][-1]["nodes"] == 3


def test_open_inference_protocol_shapes(client: Client) -> None:
    outputs = {output["name"]: output["shape"] for output in client("GET", "/v2/models/digits").json()["outputs"]}
    assert outputs == {"digit": [-1], "probabilities": [-1, 3], "certain": [-1]}
    tensor = {"name": "image", "datatype": "UINT8", "shape": [2, 784], "data": [255] * 784 * 2}
    answer = client("POST", "/v2/models/digits/infer", json={"inputs": [tensor]}).json()
    shapes = {output["name"]: output["shape"] for output in answer["outputs"]}
    assert shapes == {"digit": [2], "probabilities": [2, 3], "certain": [2]}
    (digits,) = [output["data"] for output in answer["outputs"] if output["name"] == "digit"]
    assert digits == [1, 1]
