"""Throughput and latency of `inknet serve` in a single process, as JSON.

Usage: python -m benchmarks.serve_throughput [CONNECTIONS [SECONDS]]

A client on the loopback interface, which needs its own core, POSTs examples/seven.png (280×280) to /predict over
several keep-alive connections, each sending the next request when it has the response.
INKNET_RECOGNIZER_PROCESS=true recognizes in another process.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main(connections: int, seconds: float) -> None:
    # OpenBLAS settings made for another machine.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    with subprocess.Popen(
        [sys.executable, "-m", "inknet", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={
            "INKNET_RECOGNIZER_PROCESS": "false",
            **environment,
            "PYTHONUNBUFFERED": "1",
            "INKNET_LOG_LEVEL": "warning",
        },
    ) as server:
        try:
            (port,) = (int(found) for found in re.findall(r"http://[^:]+:(\d+)", next(iter(server.stdout or ()))))
            request = post((ROOT / "examples" / "seven.png").read_bytes(), "image/png")
            asyncio.run(ask_for(port, connections, 1, request))
            start, busy = time.perf_counter(), processor_seconds(server.pid)
            waits = asyncio.run(ask_for(port, connections, seconds, request))
            took, busy = time.perf_counter() - start, processor_seconds(server.pid) - busy
        finally:
            server.terminate()
    milliseconds = [1000 * wait for wait in waits]
    print(
        json.dumps(
            {
                "connections": connections,
                "requests_per_second": round(len(waits) / took),
                "median_ms": round(statistics.median(milliseconds), 2),
                "99_percent_ms": round(statistics.quantiles(milliseconds, n=100)[98], 2),
                "server_cpu_ms_per_request": round(1000 * busy / len(waits), 2),
                "server_cpu_share": round(busy / took, 2),
            },
            indent=2,
        )
    )


def post(body: bytes, kind: str) -> bytes:
    """Return the bytes of a POST request to /predict."""
    headers = f"Host: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"POST /predict HTTP/1.1\r\n{headers}\r\n".encode() + body


async def ask_for(port: int, connections: int, seconds: float, request: bytes) -> list[float]:
    """Return the seconds that each response took."""
    until = time.perf_counter() + seconds
    asked = (ask(port, until, request) for _ in range(connections))
    return [wait for waits in await asyncio.gather(*asked) for wait in waits]


async def ask(port: int, until: float, request: bytes) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waits = []
    while (start := time.perf_counter()) < until:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise ValueError(answer)
        (length,) = re.findall(rb"content-length: (\d+)", answer)
        await reader.readexactly(int(length))
        waits.append(time.perf_counter() - start)
    writer.close()
    await writer.wait_closed()
    return waits


def processor_seconds(pid: int) -> float:
    """Return the processor seconds of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(*([int(argument) for argument in sys.argv[1:]] + [8, 10][len(sys.argv) - 1 :]))
