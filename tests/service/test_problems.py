import asyncio
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.types import Message

from inknet.digits import Recognizer
from tests.service.conftest import Client, assert_problem


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/health", "/docs/x", "/redoc", "/web/index.html"])
def test_not_found(client: Client, method: str, path: str) -> None:
    problem = assert_problem(client(method, path), 404, "Not Found")
    assert problem["type"] == "about:blank"
    assert problem["instance"] == path
    assert path in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/predict", "POST"),
        ("PUT", "/predict", "POST"),
        ("OPTIONS", "/predict", "POST"),
        ("POST", "/health/live", "GET, HEAD"),
        ("DELETE", "/health/ready", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("POST", "/model", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET, HEAD"),
        ("BREW", "/", "GET, HEAD"),
    ],
)
def test_method_not_allowed(client: Client, method: str, path: str, allow: str) -> None:
    response = client(method, path)
    assert_problem(response, 405, "Method Not Allowed")
    assert response.headers["allow"] == allow


def test_unexpected_error_reveals_no_internals(app: FastAPI) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret of the insides")

    response = Client(app)("GET", "/broken")
    assert_problem(response, 500, "Internal Server Error")
    assert "secret" not in response.text
    assert "RuntimeError" not in response.text


def test_invalid_parameters_of_a_route(app: FastAPI) -> None:
    @app.get("/count")
    async def count(to: int) -> int:
        return to

    problem = assert_problem(Client(app)("GET", "/count?to=many"), 422, "Unprocessable Content")
    assert "query.to" in problem["detail"]


@pytest.mark.parametrize(
    ("path", "instance"),
    [("/a b", "/a%20b"), ("/ä", "/%C3%A4"), ("//example.org/x", "/example.org/x"), ("/%ff", "/%EF%BF%BD")],
)
def test_instance_is_a_relative_reference(client: Client, path: str, instance: str) -> None:
    url = f"http://test{path}"
    assert assert_problem(client("GET", url), 404)["instance"] == instance


def test_disconnected_client_is_not_an_error(app: FastAPI, tiny_model: Path) -> None:
    app.state.recognizer = Recognizer.load(tiny_model)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"image/png"), (b"content-length", b"100")]
    scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "headers": headers}
    # An error that nothing handles would come out here, and be logged by a server as one of ours.
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400
