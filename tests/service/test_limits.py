"""Slow clients, many clients: each is told, and none holds the others up."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from inknet.service import Settings
from inknet.service.problems import ProblemError
from inknet.service.routes.dependencies import slot
from tests.service.conftest import SECURITY_HEADERS, SEVEN, Client, Server, assert_problem, running_server

pytestmark = pytest.mark.slow

IMAGE = {"Content-Type": "image/png"}
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(SEVEN)


@pytest.fixture(scope="module")
def strict(tiny_model: Path) -> Iterator[Server]:
    limits = {"INKNET_HEADER_TIMEOUT": "1", "INKNET_BODY_TIMEOUT": "1.5", "INKNET_MAX_CONNECTIONS": "20"}
    with running_server("--model", str(tiny_model), INKNET_LOG_LEVEL="warning", **limits) as running:
        yield running


def answer_of(server: Server, *pieces: bytes, pause: float = 0.2) -> tuple[bytes, float]:
    """Send pieces with pauses; return the response until the connection closes, and the seconds it took."""
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
    headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    assert {name: headers[name] for name in SECURITY_HEADERS} == {
        name: value.lower() for name, value in SECURITY_HEADERS.items()
    }
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    assert headers["cache-control"] == "no-store"
    assert b"connection: close" in head.lower()
    problem: dict[str, object] = json.loads(body)
    return problem


def test_header_timeout(strict: Server) -> None:
    for pieces in ((b"",), (b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 20)):
        answer, seconds = answer_of(strict, *pieces, pause=0.1)
        assert problem_of(answer)["status"] == 408
        assert 0.9 < seconds < 3


def test_header_timeout_of_a_second_request(strict: Server) -> None:
    answer, seconds = answer_of(strict, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in answer
    assert 0.9 < seconds < 3


def test_body_timeout(strict: Server) -> None:
    answer, seconds = answer_of(strict, HEAD, *[SEVEN[:1]] * 30, pause=0.1)
    problem = problem_of(answer)
    assert (problem["status"], problem["type"]) == (408, "/problems/body-too-slow")
    assert 1.4 < seconds < 4


def test_not_http(strict: Server) -> None:
    assert problem_of(answer_of(strict, b"\x16\x03\x01 what is this\r\n\r\n")[0])["status"] == 400
    assert problem_of(answer_of(strict, b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000)[0])["status"] == 400


def test_connection_limit(strict: Server) -> None:
    connections = [socket.create_connection(("127.0.0.1", strict.port), 10) for _ in range(20)]
    try:
        # Each has begun a request: idle ones would give way.
        for connection in connections:
            connection.sendall(b"GET /health/live HTTP/1.1\r\n")
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


def wait_until_alone(server: Server, seconds: float) -> None:
    """Wait until the server has closed all other connections."""
    deadline = time.monotonic() + seconds
    while (others := connections(server)) > 0:
        assert time.monotonic() < deadline, f"{others} connections are still open"
        time.sleep(0.1)


def connections(server: Server) -> int:
    """Count a server's connections."""
    table = Path(f"/proc/{server.process.pid}/net/tcp")
    if not table.exists():
        pytest.skip("no /proc here")
    rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    # Of its port, but not what listens there, nor what no process has open any more.
    return sum(
        address.endswith(f":{server.port:04X}") and state != "0A" and inode != "0"
        for _, address, _, state, *_, inode in (row[:10] for row in rows)
    )


@pytest.mark.parametrize(
    ("kind", "length", "status"), [(b"image/png", 20_000_000, b"413"), (b"text/plain", 1000, b"415")]
)
def test_body_timeout_after_the_response(strict: Server, kind: bytes, length: int, status: bytes) -> None:
    """A request refused by its headers is answered at once; its slow body must not keep the connection open."""
    wait_until_alone(strict, 10)
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    opened = [socket.create_connection(("127.0.0.1", strict.port), 10) for _ in range(10)]
    try:
        for connection in opened:
            connection.sendall(head % (kind, length))
            assert connection.recv(65536).startswith(b"HTTP/1.1 " + status)
            connection.sendall(b"x")
        assert connections(strict) == 10
        wait_until_alone(strict, 4)
    finally:
        for connection in opened:
            connection.close()


def test_next_request_has_its_own_timeout_and_response(strict: Server) -> None:
    """Part of it arrives before the first response; if it stays incomplete, it gets a 408 instead of a reset."""
    first = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    answer, seconds = answer_of(strict, first * 2 + HEAD + SEVEN[:5], pause=0)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"408"]
    assert 1.4 < seconds < 4


def test_body_after_its_response_and_another_request(strict: Server) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n"
    live = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
    # The pieces are together longer than the body may take, and none of them is.
    answer, _ = answer_of(
        strict, head, b"ab", b"cd" + live, b"\r\n", b"", live + b"Connection: close\r\n\r\n", pause=0.45
    )
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"415", b"200", b"200"]


def test_clients_that_do_not_read_responses() -> None:
    """Each requests all weights twenty times; the server neither buffers them nor keeps the connection."""
    with running_server(INKNET_BODY_TIMEOUT="1.5", INKNET_LOG_LEVEL="warning") as server:
        before = resident(server.process.pid)
        opened = []
        for _ in range(40):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(b"GET /model/network HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            opened.append(connection)
        try:
            time.sleep(0.5)
            assert connections(server) == 40
            wait_until_alone(server, 8)
            # A copy of the whole for each would be 34 MB.
            assert resident(server.process.pid) - before < 25
        finally:
            for connection in opened:
                connection.close()


def test_slow_reader_gets_the_whole_response() -> None:
    """It reads slightly faster than the minimum rate, for longer than the body timeout."""
    with running_server(INKNET_BODY_TIMEOUT="0.5", INKNET_LOG_LEVEL="warning") as server:
        whole = httpx.get(f"{server.url}/model/network").content
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
            connection.connect(("127.0.0.1", server.port))
            connection.settimeout(10)
            connection.sendall(b"GET /model/network HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer, began = b"", time.monotonic()
            while received := connection.recv(16 * 1024):
                answer += received
                time.sleep(0.04)
        assert answer.endswith(whole)
        assert time.monotonic() - began > 1


def test_refused_requests_are_logged_and_counted(tiny_model: Path) -> None:
    limits = {"INKNET_HEADER_TIMEOUT": "0.3", "INKNET_MAX_CONNECTIONS": "1", "INKNET_LOG_FORMAT": "json"}
    with running_server("--model", str(tiny_model), **limits) as server:
        answers = [answer_of(server, b"GARBAGE\r\n\r\n")[0], answer_of(server, b"GET")[0]]
        with socket.create_connection(("127.0.0.1", server.port), 10) as first:
            # It has begun a request: an idle one would give way.
            first.sendall(b"GET")
            time.sleep(0.1)
            answers.append(answer_of(server, b"")[0])
        time.sleep(0.5)
        told = httpx.get(f"{server.url}/metrics").text
        logged = [json.loads(line) for line in server.log]
    ids = [re.findall(rb"x-request-id: (\w{32})\r\n", answer.lower()) for answer in answers]
    assert [len(found) for found in ids] == [1, 1, 1]
    lines = {line["request_id"]: line for line in logged if "refused" in line["message"]}
    for (identity,), status in zip(ids, (400, 408, 503), strict=True):
        line = lines[identity.decode()]
        assert (line["status"], line["logger"]) == (status, "inknet.access")
        assert line["problem"] == HTTPStatus(status).phrase.lower()
        assert f'inknet_problems_total{{kind="{line["problem"]}"}}' in told
        assert f'inknet_requests_total{{method="other",route="none",status="{status}"}}' in told


def test_slow_clients_do_not_delay_others(server: Server) -> None:
    """A hundred clients that send a byte per second do not slow down another one."""

    def seconds(client: httpx.Client) -> float:
        began = time.monotonic()
        assert client.post(f"{server.url}/predict", content=SEVEN, headers=IMAGE).status_code == 200
        return time.monotonic() - began

    with httpx.Client() as client, ExitStack() as stack:
        alone = median(seconds(client) for _ in range(30))
        address = ("127.0.0.1", server.port)
        slow = [stack.enter_context(socket.create_connection(address, 10)) for _ in range(100)]
        for index, connection in enumerate(slow):
            connection.sendall(HEAD + SEVEN[:5] if index % 2 else b"POST /predict HTTP/1.1\r\nHo")
        beside = []
        for turn in range(30):
            for connection in slow[turn % 10 :: 10]:
                connection.sendall(b"s")
            beside.append(seconds(client))
    assert median(beside) < 5 * alone


def resident(pid: int) -> float:
    """Return the memory of a process, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


REFUSED = "refused, {'Retry-After': '1'}"


def test_requests_over_the_limit_are_refused_at_once() -> None:
    async def work() -> list[str]:
        state = SimpleNamespace(settings=Settings(concurrency_limit=3), active_requests=0)
        request: Any = SimpleNamespace(app=SimpleNamespace(state=state))
        gate = asyncio.Event()
        told = []

        async def ask() -> None:
            try:
                with slot(request):
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
        with pytest.raises(ZeroDivisionError), slot(request):
            raise ZeroDivisionError
        assert state.active_requests == 0
        return told

    assert asyncio.run(work()) == [REFUSED] * 2 + ["answered"] * 3


def test_overloaded_service_sends_retry_after(client: Client) -> None:
    client.app.state.active_requests = client.app.state.settings.concurrency_limit
    for path in ("/predict", "/v2/models/digits/infer"):
        response = client("POST", path, content=SEVEN, headers=IMAGE)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert response.json()["type"] == "/problems/overloaded"
    # Whether it lives, and can be reached, is another question.
    assert client("GET", "/health/ready").status_code == 200


def test_many_requests_get_a_response_or_a_503(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), INKNET_CONCURRENCY_LIMIT="2", INKNET_LOG_LEVEL="warning") as server:

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
