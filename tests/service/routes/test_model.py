import hashlib
from pathlib import Path

from inknet.digits import Recognizer
from inknet.mlp import Network
from inknet.service import Settings, create_app
from tests.service.conftest import Client


def test_describes_the_model(client: Client, tiny_model: Path) -> None:
    response = client("GET", "/model")
    assert response.status_code == 200
    assert response.json() == {
        "name": "tiny",
        "sizes": [784, 10],
        "classes": list("0123456789"),
        "parameter_count": 7850,
        "accuracy": 0.9,
        "sha256": hashlib.sha256(tiny_model.read_bytes()).hexdigest(),
        "recipe": "tiny",
    }


def test_invalid_card() -> None:
    recognizer = Recognizer(Network([784, 10]), card={"accuracy": "high", "recipe": {"epochs": 3}})
    answer = Client(create_app(Settings(), recognizer))("GET", "/model").json()
    assert answer["accuracy"] is None
    assert answer["recipe"] == {"epochs": 3}


def test_fields_without_a_card_are_null() -> None:
    answer = Client(create_app(Settings(), Recognizer(Network([784, 5, 10]))))("GET", "/model").json()
    assert answer["accuracy"] is None
    assert answer["recipe"] is None
    assert answer["sizes"] == [784, 5, 10]
