"""Stopping, and killed workers: only the requests that a killed process was handling are lost."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.service.conftest import SEVEN, Server, draw_seven, encode, running_server

pytestmark = pytest.mark.slow

IMAGE = {"Content-Type": "image/png"}


def post(server: Server, body: bytes) -> int:
    return httpx.post(f"{server.url}/predict", content=body, headers=IMAGE, timeout=30).status_code


def ready(server: Server) -> int:
    return httpx.get(f"{server.url}/health/ready").status_code


@pytest.mark.parametrize("workers", [1, 2])
def test_readiness_fails_first_and_requests_in_flight_finish(tiny_model: Path, workers: int) -> None:
    options = ("--model", str(tiny_model), "--workers", str(workers))
    with running_server(*options, INKNET_DRAIN_TIMEOUT="2", INKNET_LOG_LEVEL="warning") as server:
        large = encode(draw_seven(3000))
        # A request whose body comes only while the service stops.
        late = socket.create_connection(("127.0.0.1", server.port), 10)
        head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {len(SEVEN)}\r\n\r\n"
        late.sendall(head.encode() + SEVEN[:10])
        assert ready(server) == 200
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(post, server, large)
            time.sleep(0.2)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.8)
            assert ready(server) == 503
            assert httpx.get(f"{server.url}/health/live").status_code == 200
            assert post(server, SEVEN) == 200
            time.sleep(2)
            late.sendall(SEVEN[10:])
            assert late.recv(65536).startswith(b"HTTP/1.1 200")
            late.close()
            assert asked.result() == 200
        server.process.wait(10)
        assert time.monotonic() - began < 10
        assert [line for line in server.log if "rror" in line] == []
    with pytest.raises(httpx.ConnectError):
        ready(server)


def test_stops_within_ten_seconds_despite_open_connections(tiny_model: Path) -> None:
    with (
        running_server("--model", str(tiny_model), INKNET_DRAIN_TIMEOUT="1", INKNET_LOG_LEVEL="error") as server,
        socket.create_connection(("127.0.0.1", server.port), 20) as stuck,
    ):
        stuck.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 99\r\n\r\n")
        time.sleep(0.2)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(15)
        assert 1 < time.monotonic() - began < 10


def test_second_sigterm_stops_at_once(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), INKNET_DRAIN_TIMEOUT="7") as server:
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(5)
        assert time.monotonic() - began < 3


def children(pid: int) -> set[int]:
    """Return the workers of a server."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=True
    )
    return {int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line}


def wait_for_workers(pid: int, count: int, without: set[int]) -> set[int]:
    for _ in range(100):
        found = children(pid)
        if len(found) == count and not found & without:
            return found
        time.sleep(0.1)
    pytest.fail("the worker was not replaced")


def test_killed_worker_is_replaced(tiny_model: Path, tmp_path: Path) -> None:
    model = tmp_path / tiny_model.name
    shutil.copyfile(tiny_model, model)
    options = ("--model", str(model), "--workers", "2")
    with running_server(*options, INKNET_LOG_LEVEL="warning") as server:
        first = children(server.process.pid)
        assert len(first) == 2
        victim = min(first)
        # The new one has the model of the others, even if the file has changed.
        model.write_bytes(b"damaged")
        os.kill(victim, signal.SIGKILL)
        assert {post(server, SEVEN) for _ in range(10)} == {200}
        assert len(wait_for_workers(server.process.pid, 2, {victim}) & first) == 1
        # In progress are none but the one that asks, though one was killed.
        told = httpx.get(f"{server.url}/metrics").text
        assert "inknet_requests_in_progress 1.0" in told
        assert {post(server, SEVEN) for _ in range(20)} == {200}
        assert [line for line in server.log if f"worker {victim} ended with status -9" in line]


def test_workers_end_with_their_supervisor(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), "--workers", "2") as server:
        workers = children(server.process.pid)
        assert len(workers) == 2
        server.process.kill()
        server.process.wait(5)
        for _ in range(100):
            if not any(Path(f"/proc/{worker}").exists() for worker in workers):
                return
            time.sleep(0.1)
    pytest.fail("workers are left behind")


def test_a_rolling_stop_loses_no_request_of_kept_connections(tiny_model: Path) -> None:
    """Clients that keep their connections, as a load balancer does, while one of two services stops."""
    options = ("--model", str(tiny_model))
    quiet = {"INKNET_DRAIN_TIMEOUT": "1", "INKNET_LOG_LEVEL": "warning"}
    with running_server(*options, **quiet) as old, running_server(*options, **quiet) as new:
        over = threading.Event()

        def ask(number: int) -> list[int]:
            statuses, server = [], old
            client = http.client.HTTPConnection("127.0.0.1", old.port, timeout=20)
            while not over.wait(0.002 * number):
                client.request("POST", "/predict", SEVEN, IMAGE)
                response = client.getresponse()
                statuses.append(response.status)
                response.read()
                if response.getheader("Connection") == "close" and server is old:
                    server = new
                    client.close()
                    client = http.client.HTTPConnection("127.0.0.1", new.port, timeout=20)
            client.close()
            assert server is new
            return statuses

        with ThreadPoolExecutor(16) as pool:
            clients = [pool.submit(ask, number) for number in range(16)]
            time.sleep(0.5)
            old.process.terminate()
            assert old.process.wait(10) is not None
            time.sleep(0.3)
            over.set()
            statuses = [status for client in clients for status in client.result()]
    assert set(statuses) == {200}
    assert len(statuses) > 100
