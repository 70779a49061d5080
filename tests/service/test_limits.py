"""Slow clients, many clients: each is told, and none holds the others up."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from inknet.service.problems import ProblemError
from inknet.service.workload import Workload
from tests.service.conftest import SEVEN, Client, Server, assert_problem, running_server

IMAGE = {"Content-Type": "image/png"}
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(SEVEN)


@pytest.fixture(scope="module")
def strict(tiny_model: Path) -> Iterator[Server]:
    limits = {"INKNET_HEADER_SECONDS": "1", "INKNET_BODY_SECONDS": "1.5", "INKNET_MAX_CONNECTIONS": "20"}
    with running_server("--model", str(tiny_model), INKNET_LOG_LEVEL="warning", **limits) as running:
        yield running


def answer_of(server: Server, *pieces: bytes, pause: float = 0.2) -> tuple[bytes, float]:
    """Send pieces with pauses; return what comes back until the connection closes, and after how long."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:
                break
            time.sleep(pause)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer, time.monotonic() - began


def problem_of(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"content-security-policy" in head.lower()
    assert b"connection: close" in head.lower()
    problem: dict[str, object] = json.loads(body)
    return problem


def test_headers_that_do_not_come(strict: Server) -> None:
    for pieces in ((b"",), (b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 20)):
        answer, seconds = answer_of(strict, *pieces, pause=0.1)
        assert problem_of(answer)["status"] == 408
        assert 0.9 < seconds < 3


def test_a_second_request_whose_headers_do_not_come(strict: Server) -> None:
    answer, seconds = answer_of(strict, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in answer
    assert 0.9 < seconds < 3


def test_a_body_that_does_not_come(strict: Server) -> None:
    answer, seconds = answer_of(strict, HEAD, *[SEVEN[:1]] * 30, pause=0.1)
    problem = problem_of(answer)
    assert (problem["status"], problem["type"]) == (408, "/problems/body-too-slow")
    assert 1.4 < seconds < 4


def test_what_is_no_http(strict: Server) -> None:
    assert problem_of(answer_of(strict, b"\x16\x03\x01 what is this\r\n\r\n")[0])["status"] == 400
    assert problem_of(answer_of(strict, b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000)[0])["status"] == 400


def test_one_connection_too_many(strict: Server) -> None:
    connections = [socket.create_connection(("127.0.0.1", strict.port), 10) for _ in range(20)]
    try:
        time.sleep(0.1)
        answer, seconds = answer_of(strict, b"")
        assert problem_of(answer)["status"] == 503
        assert b"retry-after: 1" in answer.lower()
        assert seconds < 0.7
    finally:
        for connection in connections:
            connection.close()
    time.sleep(0.1)
    assert httpx.get(f"{strict.url}/health/ready").status_code == 200


def test_slow_clients_hold_nobody_up(server: Server) -> None:
    """A hundred that send a byte a second, and one that is in a hurry."""
    slow = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(100)]
    try:
        for index, connection in enumerate(slow):
            connection.sendall(HEAD + SEVEN[:5] if index % 2 else b"POST /predict HTTP/1.1\r\nHo")
        seconds = []
        with httpx.Client() as client:
            for turn in range(30):
                for connection in slow[turn % 10 :: 10]:
                    connection.sendall(b"s")
                began = time.monotonic()
                assert client.post(f"{server.url}/predict", content=SEVEN, headers=IMAGE).status_code == 200
                seconds.append(time.monotonic() - began)
        assert sorted(seconds)[15] < 0.05
    finally:
        for connection in slow:
            connection.close()


REFUSED = "refused, {'Retry-After': '1'}"


def test_over_the_cap_they_are_refused_at_once() -> None:
    async def work() -> list[str]:
        workload = Workload(3)
        gate = asyncio.Event()
        told = []

        async def ask() -> None:
            try:
                async with workload.place():
                    await gate.wait()
                    told.append("answered")
            except ProblemError as error:
                told.append(f"refused, {error.headers}")

        tasks = [asyncio.create_task(ask()) for _ in range(5)]
        await asyncio.sleep(0.01)
        assert told == [REFUSED] * 2
        gate.set()
        await asyncio.gather(*tasks)
        # A place that was left can be taken again, also after an error in it.
        with pytest.raises(ZeroDivisionError):
            async with workload.place():
                raise ZeroDivisionError
        assert workload.at_work == 0
        return told

    assert asyncio.run(work()) == [REFUSED] * 2 + ["answered"] * 3


def test_an_overloaded_service_says_when_to_come_back(client: Client) -> None:
    client.app.state.workload.at_work = client.app.state.workload.most
    for path in ("/predict", "/v2/models/digits/infer"):
        response = client("POST", path, content=SEVEN, headers=IMAGE)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert response.json()["type"] == "/problems/overloaded"
    # Whether it lives, and can be reached, is another question.
    assert client("GET", "/health/ready").status_code == 200


def test_many_at_once_get_an_answer_or_a_503(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), INKNET_MAX_CONCURRENT="2", INKNET_LOG_LEVEL="warning") as server:

        def ask(_: int) -> httpx.Response:
            return httpx.post(f"{server.url}/predict", content=SEVEN, headers=IMAGE, timeout=30)

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(200)))
    statuses = {answer.status_code for answer in answers}
    assert 200 in statuses
    assert statuses <= {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert_problem(answer, 503, "Overloaded")
