"""A small model, drawn images, and two clients: of the app itself, and of a server in a separate process."""

import asyncio
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image, ImageDraw

from inknet.mlp import Network
from inknet.service import Settings, create_app

#: The headers of every response.
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
CARD = {"accuracy": 0.9, "recipe": "tiny"}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a model file of an untrained 784-10 network, with a card."""
    path = tmp_path_factory.mktemp("model") / "tiny.pkl"
    Network([784, 10], seed=1).save(path)
    path.with_suffix(".json").write_text(json.dumps(CARD), encoding="utf-8")
    return path


def draw_seven(side: int = 28, mode: str = "L") -> Image.Image:
    """Return a 7, black on white."""
    image = Image.new(mode, (side, side), "white")
    points = [(side * x, side * y) for x, y in ((0.3, 0.25), (0.7, 0.25), (0.45, 0.8))]
    ImageDraw.Draw(image).line(points, fill="black", width=max(2, side // 12))
    return image


def encode(image: Image.Image, kind: str = "PNG") -> bytes:
    """Return an image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


SEVEN = encode(draw_seven())


@pytest.fixture(autouse=True, scope="package")
def threads() -> Iterator[None]:
    """Let apps within this process recognize large images in threads: a process for each would take half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKNET_ISOLATION", "false")
        yield


class Client:
    """Sends requests to an app, which starts and stops for each."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def __call__(self, method: str, url: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with (
                self.app.router.lifespan_context(self.app),
                httpx.AsyncClient(transport=transport, base_url="http://test") as client,
            ):
                return await client.request(method, url, **options)

        return asyncio.run(send())

    def predict(self, body: bytes, content_type: str | None = "image/png") -> httpx.Response:
        headers = {} if content_type is None else {"Content-Type": content_type}
        return self("POST", "/predict", content=body, headers=headers)


@pytest.fixture
def app(tiny_model: Path) -> FastAPI:
    return create_app(Settings(model=tiny_model))


@pytest.fixture
def client(app: FastAPI) -> Client:
    return Client(app)


def assert_problem(response: httpx.Response, status: int, title: str | None = None) -> dict[str, Any]:
    """Assert that a response is a complete problem document, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    assert problem["type"] == "about:blank" or problem["type"].startswith("/problems/")
    if title is not None:
        assert problem["title"] == title
    return problem


class Server:
    """`inknet serve` in a separate process."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, log: IO[bytes]) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rpartition(":")[2])
        self._log = log

    @property
    def log(self) -> list[str]:
        """The lines that it has logged so far."""
        self._log.seek(0)
        return self._log.read().decode().splitlines()

    def raw(self, request: bytes, timeout: float = 10) -> tuple[int, bytes]:
        """Send bytes as they are; return the status and everything that was received."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(request)
            answer = b""
            while received := connection.recv(65536):
                answer += received
        return int(answer.split(b" ", 2)[1]), answer


@contextmanager
def running_server(*options: str, **environment: str) -> Iterator[Server]:
    """Start `inknet serve` on a free port, and stop it."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "inknet", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            # A pipe that nobody reads would hold the server up once it is full.
            stderr=log,
            text=True,
            encoding="utf-8",
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "PYTHONIOENCODING": "utf-8",
                "INKNET_DRAIN_TIMEOUT": "0",
                "INKNET_ISOLATION": "true",
                **environment,
            },
        )
        with process:
            assert process.stdout is not None
            try:
                line = process.stdout.readline()
                found = re.search(r"http://\S+", line)
                server = Server(process, found[0] if found else ":0", log)
                assert found is not None, [line, *server.log]
                yield server
            finally:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise


@pytest.fixture(scope="module")
def server(tiny_model: Path) -> Iterator[Server]:
    with running_server("--model", str(tiny_model), INKNET_LOG_LEVEL="warning") as running:
        yield running
