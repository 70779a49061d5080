import logging
from pathlib import Path

import pytest

from inknet.digits import Recognizer
from inknet.service import Settings, create_app
from tests.service.conftest import SEVEN, Client, assert_problem


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_healthy(client: Client, path: str, method: str) -> None:
    response = client(method, path)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    if method == "GET":
        assert response.json() == {"status": "ok"}


@pytest.mark.parametrize("model", ["missing", "broken"])
def test_live_but_not_ready_without_a_model(tmp_path: Path, model: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "model.pkl"
    if model == "broken":
        path.write_bytes(b"not a model")
    client = Client(create_app(Settings(model=path)))
    assert client("GET", "/health/live").status_code == 200
    for response in (client("GET", "/health/ready"), client("GET", "/model"), client.predict(SEVEN)):
        problem = assert_problem(response, 503, "Model unavailable")
        assert "model.pkl" in problem["detail"]
    assert client("GET", "/").status_code == 200
    assert caplog.record_tuples[0][:2] == ("inknet.service", logging.ERROR)


def test_added_model_is_loaded_at_the_next_start(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "model.pkl"
    client = Client(create_app(Settings(model=path)))
    assert client("GET", "/health/ready").status_code == 503
    path.write_bytes(tiny_model.read_bytes())
    assert client("GET", "/health/ready").status_code == 200


def test_model_is_loaded_only_once(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    load = Recognizer.load

    def counting(path: str | Path | None = None) -> Recognizer:
        loads.append(path)
        return load(path)

    monkeypatch.setattr(Recognizer, "load", counting)
    # The client starts and stops the app around every request, as AWS Lambda's adapter does.
    client = Client(create_app(Settings(model=tiny_model)))
    for _ in range(3):
        assert client.predict(SEVEN).status_code == 200
    assert client("GET", "/model").status_code == 200
    assert loads == [tiny_model]
