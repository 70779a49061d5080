"""Servers in separate processes, and the load on them."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import spare_cores
from benchmarks.serve_throughput import ask_for, post, processor_seconds

__all__ = ["Server", "free_port", "serving"]

ROOT = Path(__file__).parents[1]
CONNECTIONS = 8
_PATIENCE = 60


@dataclass(frozen=True)
class Server:
    """A running server, and the request to send it.

    Attributes
    ----------
    process : subprocess.Popen
        The first of its processes, the leader of their group.
    port : int
    seconds : float
        From start to ready.
    body, kind : bytes, str
        Body and content type of the requests to /predict.
    """

    process: "subprocess.Popen[bytes]"
    port: int
    seconds: float
    body: bytes
    kind: str

    def answer(self) -> dict[str, object]:
        """Send one request."""
        answer: dict[str, object] = json.loads(_ask(self.port, "/predict", self.body, self.kind))
        return answer

    def load(self, seconds: int) -> float:
        """Keep several connections busy; return the responses per second."""
        if shutil.which("wrk") is None:
            waits = asyncio.run(ask_for(self.port, CONNECTIONS, seconds, post(self.body, self.kind)))
            return len(waits) / seconds
        with tempfile.NamedTemporaryFile() as body:
            body.write(self.body)
            body.flush()
            script = Path(__file__).with_name("post.lua")
            command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
            with subprocess.Popen(
                [*command, f"http://127.0.0.1:{self.port}/predict"],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "BODY": body.name, "TYPE": self.kind},
            ) as wrk:
                if spare_cores():
                    os.sched_setaffinity(wrk.pid, spare_cores())
                output, _ = wrk.communicate()
        told = json.loads(output.splitlines()[-1])
        if told["failed"] or not told["answered"]:
            raise ValueError(f"the server on port {self.port} failed requests: {told}")
        return float(told["answered"] / told["seconds"])

    def busy(self) -> float:
        """Return the processor seconds of all its processes."""
        return sum(processor_seconds(pid) for pid in self.processes())

    def processes(self) -> list[int]:
        """Return the ids of the process and its children."""
        command = ["ps", "-o", "pid=", "--pid", str(self.process.pid), "--ppid", str(self.process.pid)]
        return [int(pid) for pid in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]


@contextmanager
def serving(
    command: list[str], port: int, body: bytes, kind: str = "image/png", ready: str = "/openapi.json", **more: str
) -> Iterator[Server]:
    """Run a server of this repository; `more` is added to its environment."""
    path = [more.pop("PYTHONPATH", ""), str(ROOT), str(ROOT / "src")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path)), **more}
    start = time.perf_counter()
    # In its own session, so that any child left behind can be killed with it.
    process = subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_until_ready(process, port, ready)
        yield Server(process, port, time.perf_counter() - start, body, kind)
    finally:
        process.terminate()
        process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    until = time.perf_counter() + _PATIENCE
    while time.perf_counter() < until and process.poll() is None:
        # Refused, or 503: not ready. The plain connection first costs the server nothing.
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            _ask(port, path)
            return
        time.sleep(0.005)
    raise TimeoutError(f"the server was not ready after {_PATIENCE} s: {process.args!r}")


def _ask(port: int, path: str, body: bytes | None = None, kind: str = "") -> bytes:
    headers = {"Content-Type": kind} if kind else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310 - our own
        answer: bytes = response.read()
    return answer
