"""Attacks on a service, and what they do to everybody else.

::

    python -m tests.robustness.attack_service [--seconds 20] [NAME …]

Each attack runs for some seconds against an `inknet serve` of its own on the loopback. Meanwhile, one client asks for
``/health/live`` twenty times a second, and another sends an ordinary drawing ten times a second. Printed are the
longest time of the former, the share and the median time of the latter's answers (alone, and during the attack), and
the most memory that all processes of the service took together: the sum of their proportional set sizes, sampled.
"""

import argparse
import contextlib
import http.client
import json
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tests.digits.helpers import encode, progressive_jpeg
from tests.service.conftest import draw_seven, running_server

__all__ = ["ATTACKS", "Attack", "Effect", "drawing", "measure", "memory_of"]

INFER = "/v2/models/digits/infer"


@dataclass
class Service:
    """A running service, for an attack to send to."""

    port: int
    #: How often each status came back; 0 for none.
    statuses: Counter[int] = field(default_factory=Counter)

    def post(self, path: str, body: bytes, content_type: str, timeout: float = 30) -> int:
        """Send a request, and return its status, or 0."""
        status = 0
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("POST", path, body, {"Content-Type": content_type})
            response = connection.getresponse()
            status = response.status
            response.read()
        self.statuses[status] += 1
        return status

    def abandon(self, data: bytes) -> None:
        """Send the bytes of a request, and hang up."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(data)

    def hold(self, path: str, size: int, content_type: str) -> socket.socket | None:
        """Send a request but for its last byte, and keep the connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), 5)
        try:
            connection.settimeout(5)
            connection.sendall(_head(path, size, content_type) + bytes(size - 1))
        except OSError:
            connection.close()
            return None
        return connection


def _head(path: str, size: int, content_type: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {content_type}", f"Content-Length: {size}"]
    return "\r\n".join([*lines, "", ""]).encode()


@cache
def drawing() -> bytes:
    """Return an ordinary drawing: a 7 of 28×28."""
    return encode(draw_seven(28), "PNG")


@cache
def _many_scans(scans: int, side: int) -> bytes:
    return progressive_jpeg(scans, side)


@cache
def _large_png() -> bytes:
    """Return 16 megapixels in some 20 KB."""
    return encode(draw_seven(4000), "PNG")


@cache
def _large_webp() -> bytes:
    image = Image.new("RGBA", (4000, 4000), (255, 255, 255, 0))
    ImageDraw.Draw(image).line([(1000, 1000), (3000, 1000), (1800, 3200)], fill=(0, 0, 0, 255), width=300)
    return encode(image, "WEBP", lossless=True, quality=0, method=0)


@cache
def _slow_small_png() -> bytes:
    """Return a small file that takes as long as any of 320×320 pixels."""
    noise = np.random.default_rng(0).random((320, 320)) < 0.02
    return encode(Image.fromarray(np.where(noise, 0, 255).astype(np.uint8)).convert("1"), "PNG")


def _inference(data: str, count: int = 1, more: str = "") -> bytes:
    tensor = f'{{"name": "image", "shape": [{count}, 784], "datatype": "FP32", "data": {data}}}'
    return f'{{"inputs": [{tensor}]{more}}}'.encode()


@cache
def _many_outputs() -> bytes:
    outputs = ", ".join(['{"name": "probabilities"}'] * 1000)
    row = "[" + "0, " * 200 + "1, " * 20 + "0, " * 563 + "0]"
    return _inference("[" + ", ".join([row] * 300) + "]", 300, f', "outputs": [{outputs}]')


@cache
def _strings() -> bytes:
    return _inference(json.dumps(["a" * 4_000_000] + [""] * 100))


@cache
def _nested() -> bytes:
    return _inference("[" + "[1]," * 1_900_000 + "[1]]")


@cache
def _large_json() -> bytes:
    return b'{"image": "", "more": [' + b"0," * 6_000_000 + b"0]}"


@cache
def _line_breaks() -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + b"\r\n" * 6_000_000 + b"--x--"


def _hold_many(to: Service, count: int) -> None:
    """Hold bodies of 8 MiB each for ten seconds."""
    with ThreadPoolExecutor(16) as pool:
        held = list(pool.map(lambda _: to.hold(INFER, 2**23, "application/json"), range(count)))
    time.sleep(10)
    for connection in held:
        if connection is not None:
            connection.close()


@dataclass(frozen=True)
class Attack:
    """What one of several threads does over and over, and how many times a second all of them together at most."""

    act: Callable[[Service], object]
    threads: int = 4
    per_second: float = 20
    #: Environment of the service.
    settings: tuple[tuple[str, str], ...] = ()


ATTACKS: dict[str, Attack] = {
    "strings": Attack(lambda to: to.post(INFER, _strings(), "application/json")),
    "nested": Attack(lambda to: to.post(INFER, _nested(), "application/json")),
    "outputs": Attack(lambda to: to.post(INFER, _many_outputs(), "application/json")),
    "json": Attack(lambda to: to.post("/predict", _large_json(), "application/json")),
    "form": Attack(lambda to: to.post("/predict", _line_breaks(), "multipart/form-data; boundary=x")),
    "scans": Attack(lambda to: to.post("/predict", _many_scans(1000, 64), "image/jpeg")),
    "large scans": Attack(lambda to: to.post("/predict", _many_scans(90, 3600), "image/jpeg"), per_second=2),
    "blanks": Attack(lambda to: to.abandon(b"GET / HTTP/1.1\r\nHost: " + b" " * 60_000 + b"\0\r\n\r\n")),
    "abandoned": Attack(
        lambda to: to.abandon(_head("/predict", len(_large_png()), "image/png") + _large_png()), per_second=100
    ),
    "held": Attack(lambda to: _hold_many(to, 150), threads=1),
    "webp": Attack(lambda to: to.post("/predict", _large_webp(), "image/webp")),
    "small": Attack(
        lambda to: to.post("/predict", _slow_small_png(), "image/png"),
        threads=48,
        per_second=1000,
        settings=(("INKNET_RECOGNIZER_PROCESS", "false"),),
    ),
}


@dataclass
class Effect:
    """What an attack did to others."""

    #: The longest time of ``/health/live``, in seconds.
    live: float
    #: The share of drawings that were answered, and the median time of the answers.
    answered: float
    median: float
    #: The same median before the attack.
    alone: float
    #: The most memory, in MB.
    memory: float
    #: The statuses that the attack got, 0 for none.
    statuses: Counter[int]
    #: What the service logged as errors.
    errors: list[str]


def measure(attack: Attack, seconds: float) -> Effect:
    """Attack a service for some seconds."""
    # Their bodies beforehand, because to make them would hold up the clients in this process.
    for make in (_strings, _nested, _large_json, _line_breaks, _many_outputs, _large_png, _large_webp):
        make()
    _many_scans(90, 3600)
    with running_server(INKNET_LOG_LEVEL="warning", **dict(attack.settings)) as server:
        # The recognizer process starts meanwhile.
        time.sleep(1)
        alone = _Drawings(server.port)
        _together([alone.run], 1)
        service, live, drawings = Service(server.port), _Live(server.port), _Drawings(server.port)
        memory = _Memory(server.process.pid)
        attackers = [_paced(lambda: attack.act(service), attack.per_second / attack.threads)] * attack.threads
        _together([live.run, drawings.run, memory.run, *attackers], seconds)
        errors = [line for line in server.log if "Traceback" in line]
    return Effect(
        live=max(live.times),
        answered=len(drawings.times) / max(1, drawings.sent),
        median=statistics.median(drawings.times or [seconds]),
        alone=statistics.median(alone.times),
        memory=max(memory.samples) / 2**20,
        statuses=service.statuses,
        errors=errors,
    )


def _together(functions: list[Callable[[threading.Event], None]], seconds: float) -> None:
    """Run functions in threads until the time is over."""
    over = threading.Event()
    with ThreadPoolExecutor(len(functions)) as pool:
        runs = [pool.submit(function, over) for function in functions]
        time.sleep(seconds)
        over.set()
        for run in runs:
            run.result()


def _paced(act: Callable[[], object], per_second: float) -> Callable[[threading.Event], None]:
    def run(over: threading.Event) -> None:
        while not over.is_set():
            began = time.monotonic()
            act()
            over.wait(max(0, 1 / per_second - (time.monotonic() - began)))

    return run


class _Live:
    """Asks for ``/health/live``, each time on a connection of its own, as a probe does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.times: list[float] = []

    def run(self, over: threading.Event) -> None:
        while not over.wait(0.05):
            began = time.monotonic()
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
                connection.request("GET", "/health/live")
                assert connection.getresponse().status == 200
            self.times.append(time.monotonic() - began)


class _Drawings:
    """Sends ordinary drawings."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent = 0
        self.times: list[float] = []

    def run(self, over: threading.Event) -> None:
        service = Service(self.port)
        while not over.wait(0.1):
            began = time.monotonic()
            self.sent += 1
            if service.post("/predict", drawing(), "image/png") == 200:
                self.times.append(time.monotonic() - began)


class _Memory:
    """Samples the memory of a process and all that it started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.samples: list[int] = [0]

    def run(self, over: threading.Event) -> None:
        while not over.wait(0.1):
            self.samples.append(memory_of(self.pid))


def memory_of(pid: int) -> int:
    """Return the bytes of memory of a process and all that it started: the sum of their proportional set sizes."""
    return sum(map(_proportional_set_size, _family(pid)))


def _family(pid: int) -> list[int]:
    children = []
    with contextlib.suppress(OSError):
        children = [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())]
    return [pid, *(one for child in children for one in _family(child))]


def _proportional_set_size(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    """Measure attacks, and print what they did."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=[*ATTACKS], metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print("attack         live worst  drawings answered, median (alone)    memory  statuses of the attack")
    for name in options.names:
        effect = measure(ATTACKS[name], options.seconds)
        print(
            f"{name:14s} {1000 * effect.live:7.0f} ms  {100 * effect.answered:7.1f} %  {1000 * effect.median:7.1f} ms"
            f"  ({1000 * effect.alone:5.1f} ms)  {effect.memory:9.0f} MB  {dict(sorted(effect.statuses.items()))}"
            f"{' TRACEBACK' if effect.errors else ''}",
            flush=True,
        )


if __name__ == "__main__":
    main()
