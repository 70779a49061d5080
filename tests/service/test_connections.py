"""Connections that end otherwise than clients usually end them."""

import re
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service.conftest import SEVEN, Server, running_server

pytestmark = pytest.mark.slow

POST = (
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(SEVEN) + SEVEN
)


@pytest.fixture(scope="module")
def logged(tiny_model: Path) -> Iterator[Server]:
    with running_server("--model", str(tiny_model), INKNET_LOG_FORMAT="json", INKNET_MAX_CONNECTIONS="5") as running:
        yield running


def read_all(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def lines_until_now(server: Server) -> int:
    """Return the number of lines of the log once all requests so far are in it; the last is of its own request."""
    marker = uuid.uuid4().hex
    assert httpx.get(f"{server.url}/health/ready", headers={"X-Request-ID": marker}).status_code == 200
    deadline = time.monotonic() + 10
    while not any(marker in line for line in server.log):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return 1 + next(index for index, line in enumerate(server.log) if marker in line)


@pytest.mark.parametrize(
    "rest",
    [b"ZZ\r\n", b"5\r\nabc", b"-1\r\n", b"5;" + b"x" * 100_000, b"3\r\nabcd\r\n0\r\n\r\n"],
    ids=["no number", "cut short", "negative", "long extension", "longer than it says"],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/predict"), ("POST", "/x"), ("POST", "/health/live"), ("HEAD", "/")]
)
def test_broken_chunks_are_the_clients_fault(logged: Server, method: str, path: str, rest: bytes) -> None:
    before = lines_until_now(logged)
    with socket.create_connection(("127.0.0.1", logged.port), 10) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + rest)
        connection.shutdown(socket.SHUT_WR)
        answer = read_all(connection)
    assert re.match(rb"HTTP/1.1 4\d\d ", answer) or answer == b""
    end = lines_until_now(logged) - 1
    lines = logged.log[before:end]
    assert not [line for line in lines if "Traceback" in line or "exception" in line], lines
    assert len([line for line in lines if f"{method} {path} " in line or "refused" in line]) <= 1, lines


def test_a_broken_body_that_waits_for_its_continue(logged: Server) -> None:
    before = lines_until_now(logged)
    with socket.create_connection(("127.0.0.1", logged.port), 10) as connection:
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"ZZ\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")
    end = lines_until_now(logged) - 1
    lines = logged.log[before:end]
    assert not [line for line in lines if "Traceback" in line], lines


@pytest.mark.parametrize("count", [1, 3])
def test_who_only_stops_sending_gets_the_responses(logged: Server, count: int) -> None:
    with socket.create_connection(("127.0.0.1", logged.port), 10) as connection:
        connection.sendall(POST * count)
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection).count(b"HTTP/1.1 200 OK") == 1


def test_idle_connections_give_way(logged: Server) -> None:
    """Else those who open all that there may be shut out everybody, and health checks."""
    idle = [socket.create_connection(("127.0.0.1", logged.port), 10) for _ in range(5)]
    try:
        time.sleep(0.1)
        for _ in range(3):
            assert httpx.get(f"{logged.url}/health/live").status_code == 200
    finally:
        for connection in idle:
            connection.close()


def test_a_draining_service_closes_connections(tiny_model: Path) -> None:
    with (
        running_server("--model", str(tiny_model), INKNET_DRAIN_TIMEOUT="1.5") as server,
        httpx.Client(base_url=server.url) as client,
    ):
        assert "connection" not in client.get("/health/live").headers
        server.process.terminate()
        deadline = time.monotonic() + 1
        while client.get("/health/ready").status_code == 200:
            assert time.monotonic() < deadline
        for path in ("/health/live", "/nothing", "/model", "/"):
            assert client.get(path).headers["connection"] == "close"
