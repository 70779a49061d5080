"""Load test of the service on the loopback interface: compares every response, watches memory, kills a worker.

Usage: python -m benchmarks.load.run [SECONDS [CONNECTIONS]]

By default five minutes with two hundred connections. Needs wrk and Linux. The requests are a mix of digits as PNG and
as a form, batches under /v2, invalid and blank images, an image of 16 megapixels, one that claims 400 megapixels, and
bodies over the limit. Prints one line per part and exits with status 1 on any failure.
"""

import io
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits import load_mnist

WRK_THREADS, WORKERS = 2, 2
#: Length of the cycle of requests, with one of each expensive kind.
ROUND = 400


def main(seconds: int, connections: int) -> int:
    with tempfile.TemporaryDirectory() as name, serving() as (process, url):
        folder = Path(name)
        print(f"{write_requests(folder, url)} requests in the cycle", flush=True)
        load = wrk(url, folder, seconds, connections)
        time.sleep(min(60, seconds / 5))
        after_a_minute = memory(process.pid)
        told = result(load)
        after = memory(process.pid)
        good = told["answered"] > 0 and not any(told[kind] for kind in ("wrong", "connect", "read", "write", "timeout"))
        good &= after <= 1.1 * after_a_minute
        print(f"load: {json.dumps(told)}")
        print(f"memory: {after_a_minute:.0f} MB after a minute, {after:.0f} MB at the end", flush=True)

        load = wrk(url, folder, 20, connections)
        time.sleep(8)
        victim = workers(process.pid)[0]
        os.kill(victim, signal.SIGKILL)
        told = result(load)
        left = workers(process.pid)
        failed = told["read"] + told["connect"] + told["write"] + told["timeout"]
        good &= told["wrong"] == 0 and failed <= connections and len(left) == WORKERS and victim not in left
        print(f"a worker killed: {json.dumps(told)}; {failed} failed, {len(left)} workers afterwards")
    print("passed" if good else "FAILED")
    return 0 if good else 1


@contextmanager
def serving() -> Iterator[tuple["subprocess.Popen[str]", str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    command = [sys.executable, "-m", "inknet", "serve", "--port", "0", "--workers", str(WORKERS)]
    log = {"INKNET_LOG_LEVEL": "warning", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**environment, **log}) as process:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        try:
            (url,) = re.findall(r"http://\S+", process.stdout.readline())
            yield process, url
        finally:
            process.terminate()


def write_requests(folder: Path, url: str) -> int:
    """Write the requests, and the responses of the idle service to compare with."""
    images, _ = load_mnist("test")
    digits = [png(255 - np.rint(255 * row.reshape(28, 28))) for row in images[: ROUND - 60]]
    asked = [("/predict", "image/png", body) for body in digits]
    asked += [("/predict", "multipart/form-data;boundary=x", form(body)) for body in digits[:20]]
    asked += [("/v2/models/digits/infer", "application/json", batch(images[at : at + 8])) for at in range(0, 80, 8)]
    asked += [("/predict", "image/png", body[:at]) for at, body in enumerate(digits[:10], 20)]
    asked += [("/predict", "text/plain", b"7"), ("/v2/models/digits/infer", "application/json", b"{")]
    asked += [("/nothing", "image/png", digits[0]), ("/predict", "image/png", png(np.full((280, 280), 255)))]
    big = np.kron(255 - np.rint(255 * images[0].reshape(28, 28)), np.ones((142, 142)))
    asked += [("/predict", "image/png", png(big))]
    asked += [
        ("/predict", "image/png", png(np.full((20, 20), 0)).replace(b"\0\0\0\x14\0\0\0\x14", b"\0\0\x4e\x20" * 2))
    ]
    asked += [("/predict", "image/png", bytes(2**20 + 1))]
    # Spread the expensive ones out.
    order = np.random.default_rng(0).permutation(len(asked)).tolist()
    lines = []
    with httpx.Client(base_url=url, timeout=60) as client:
        for number, index in enumerate(order, 1):
            path, content_type, body = asked[index]
            headers = {"Content-Type": content_type, "X-Request-ID": str(number)}
            answer = client.post(path, content=body, headers=headers)
            (folder / f"{number}.request").write_bytes(body)
            (folder / f"{number}.answer").write_bytes(answer.content)
            lines.append(f"{path} {content_type} {answer.status_code}\n")
    (folder / "requests.txt").write_text("".join(lines), encoding="ascii")
    return len(lines)


def png(pixels: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def form(body: bytes) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    return head + body + b"\r\n--x--\r\n"


def batch(rows: NDArray[np.generic]) -> bytes:
    tensor = {"name": "image", "datatype": "FP32", "shape": list(rows.shape), "data": rows.ravel().tolist()}
    return json.dumps({"inputs": [tensor]}).encode()


def wrk(url: str, folder: Path, seconds: int, connections: int) -> "subprocess.Popen[str]":
    command = ["wrk", f"-t{WRK_THREADS}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    script = Path(__file__).with_name("mixed.lua")
    return subprocess.Popen(
        [*command, "-s", str(script), url], stdout=subprocess.PIPE, text=True, env={**os.environ, "LOAD": str(folder)}
    )


def result(load: "subprocess.Popen[str]") -> dict[str, float]:
    """Wait for wrk to finish and return its summary."""
    output, _ = load.communicate()
    told: dict[str, float] = json.loads(output.splitlines()[-1])
    return told


def workers(pid: int) -> list[int]:
    """Return the process ids of a server's workers."""
    command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "spawn_main" in line]


def memory(pid: int) -> float:
    """Return the resident memory of a server and its workers in MB: the median over five seconds."""
    samples = []
    for _ in range(25):
        pages = [Path(f"/proc/{one}/statm").read_text(encoding="ascii").split()[1] for one in [pid, *workers(pid)]]
        samples.append(sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE") / 2**20)
        time.sleep(0.2)
    return statistics.median(samples)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:3]]
    sys.exit(main(*given, *(300, 200)[len(given) :]))
