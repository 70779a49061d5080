"""Fuzzing of what arrives on a connection: chunked bodies and pipelined requests, damaged, sent to a real server.

::

    python -m tests.robustness.fuzz_connection [COUNT] [--seconds SECONDS]

Sends up to 200,000 inputs, for at most twenty minutes by default, to an `inknet serve` of its own on the loopback. Any
5xx status but 503, a traceback in its log, or a service that does not answer afterwards, ends it with the input in
``crash-…``.
"""

import argparse
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from tests.robustness.attack_service import drawing, memory_of
from tests.service.conftest import running_server

__all__ = ["fuzz", "inputs"]

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


def inputs(seed: int = 0) -> Iterator[bytes]:
    """Yield requests without end: valid ones, put together and damaged."""
    random_ = random.Random(seed)
    while True:
        data = bytearray(b"".join(random_.choice(_SEEDS) for _ in range(random_.randint(1, 4))))
        for _ in range(random_.choice([0, 1, 1, 2, 5])):
            start = random_.randrange(len(data) + 1)
            data[start : start + random_.choice([0, 0, 1, 4, 50])] = random_.choice(_SNIPPETS) or random_.randbytes(4)
        yield bytes(data[: random_.choice([len(data), len(data), random_.randrange(len(data) + 1)])])


def _chunked(path: str, body: bytes, size: int) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return head.encode() + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _sized(path: str, body: bytes, more: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


_SEEDS = [
    _chunked("/predict", drawing(), 1000),
    _chunked("/predict", drawing(), 7),
    _chunked("/nothing", b"abc", 1),
    _chunked("/v2/models/digits/infer", b'{"inputs": []}', 5),
    _sized("/predict", drawing()),
    _sized("/predict", drawing(), "Expect: 100-continue\r\n"),
    _sized("/predict", drawing(), "Connection: close\r\n"),
    _sized("/model", b"x"),
    b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HEAD / HTTP/1.0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://x/model HTTP/1.1\r\nHost: x\r\n\r\n",
]
_SNIPPETS = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\0",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"-1\r\n",
    b"ZZ\r\n",
    b";ext=1",
    b"Content-Length: 5\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
    b"Inference-Header-Content-Length: 9\r\n",
    b"X-Request-ID: \xff\xfe\r\n",
    b" " * 70_000,
    b"%00%ff//..",
    b"",
]


def fuzz(count: int, seconds: float) -> Counter[int]:
    """Send inputs, and return how often each status came back; 0 for none.

    Raises
    ------
    AssertionError
        If the service failed.
    """
    statuses: Counter[int] = Counter()
    over, memory = time.monotonic() + seconds, [0.0, 0.0]
    settings = {"INKNET_LOG_LEVEL": "warning", "INKNET_BODY_TIMEOUT": "1", "INKNET_HEADER_TIMEOUT": "1"}
    with running_server(**settings) as server:
        for index, data in zip(range(count), inputs(), strict=False):
            if time.monotonic() > over:
                break
            try:
                answer = _send(server.port, data)
            except TimeoutError:
                _fail(data, "no end of the response within ten seconds")
            found = [int(status) for status in _STATUS.findall(answer)]
            statuses.update(found or [0])
            if any(status >= 500 and status != 503 for status in found):
                _fail(data, f"status {max(found)}")
            if index % 500 == 0 or index == count - 1:
                for line in server.log:
                    if "Traceback" in line:
                        _fail(data, f"after this input or one of the 500 before it: {line}")
                memory = [memory[0] if index > 500 else memory_of(server.process.pid), memory_of(server.process.pid)]
        assert b" 200 " in _send(server.port, _SEEDS[8])
    print(f"memory {memory[0] / 2**20:.0f} MB at first, {memory[1] / 2**20:.0f} MB at the end")
    return statuses


def _send(port: int, data: bytes) -> bytes:
    """Send an input and nothing more, and return what comes back."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionError:
            pass
    return answer


def _fail(data: bytes, reason: str) -> NoReturn:
    name = f"crash-{sha256(data).hexdigest()[:12]}"
    Path(name).write_bytes(data)
    raise AssertionError(f"{reason}: {name}")


def main() -> None:
    """Fuzz, and print the statuses."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=1200)
    options = parser.parse_args()
    statuses = fuzz(options.count, options.seconds)
    print(f"{sum(statuses.values()):,} responses: {dict(sorted(statuses.items()))}")


if __name__ == "__main__":
    main()
