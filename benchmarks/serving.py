"""The service under load: next to an empty endpoint and LitServe, and with two workers."""

import base64
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.comparison import Bench, installed
from benchmarks.figure import Figure
from benchmarks.machine import spare_cores
from benchmarks.memory import resident
from benchmarks.server import ROOT, Server, free_port, serving
from benchmarks.workloads import pngs

__all__ = ["inknet_server", "measure_serving"]

#: Duration of a round per server.
_SECONDS = 2


def measure_serving(bench: Bench) -> list[Figure]:
    """Load the servers one after the other, round by round."""
    print("serving …", file=sys.stderr, flush=True)
    with ExitStack() as stack:
        ours = stack.enter_context(inknet_server(1))
        empty = stack.enter_context(_empty())
        others = {"an empty endpoint": (empty, 0.55, 0.8)}
        if installed("LitServe"):
            lit = stack.enter_context(_litserve())
            _check_same(ours, lit)
            others["LitServe"] = (lit, 2.0, 4.0)
        rates: dict[str, list[float]] = {name: [] for name in ("inknet", *others)}
        memory = []
        for number in range(bench.rounds + 1):
            told = [ours.load(_SECONDS), *(other.load(_SECONDS) for other, *_ in others.values())]
            # The first round is warm-up.
            if number:
                memory.append(resident(ours.processes()))
                for name, rate in zip(rates, told, strict=True):
                    rates[name].append(rate)
    bench.times["serving, seconds per request"] = {name: [1 / rate for rate in some] for name, some in rates.items()}
    figures = [Figure("POST /predict, requests per second", "", rates["inknet"])]
    for name, (_, must, aim) in others.items():
        ratios = [our / its for our, its in zip(rates["inknet"], rates[name], strict=True)]
        figures.append(Figure(f"POST /predict, against {name}", "×", ratios, must, aim))
    figures.append(Figure("memory of the service, warm", "MB", memory, 110, 80, less=True))
    return [*figures, _two_workers(bench)]


def _two_workers(bench: Bench) -> Figure:
    """Compare two workers with one."""
    with inknet_server(1) as one, inknet_server(2) as two:
        ratios = []
        for number in range(bench.rounds + 1):
            (rate, cost), (rate_of_two, cost_of_two) = _rate_and_cost(one), _rate_and_cost(two)
            if number:
                ratios.append(rate_of_two / rate if spare_cores() else 2 * cost / cost_of_two)
    remark = "" if spare_cores() else "by processor seconds per request: the load generator uses one of the cores"
    return Figure("two workers against one", "×", ratios, 1.6, 1.9, remark=remark)


def _rate_and_cost(server: Server) -> tuple[float, float]:
    """Return the requests per second and the processor seconds per request."""
    before = server.busy()
    rate = server.load(_SECONDS)
    return rate, (server.busy() - before) / (rate * _SECONDS)


@contextmanager
def inknet_server(workers: int) -> Iterator[Server]:
    """Run `inknet serve` without uvloop, which LitServe installs and inknet does not require."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "uvloop.py").write_text("raise ImportError\n", encoding="ascii")
        command = ["-m", "inknet", "serve", "--port", str(port), "--workers", str(workers)]
        settings = {"PYTHONPATH": folder, "INKNET_LOG_LEVEL": "warning"}
        with serving(command, port, pngs(1)[0], ready="/health/ready", **settings) as server:
            yield server


@contextmanager
def _empty() -> Iterator[Server]:
    port = free_port()
    command = [
        "-m",
        "uvicorn",
        "benchmarks.servers.empty:app",
        "--port",
        str(port),
        "--http",
        "h11",
        "--loop",
        "asyncio",
    ]
    with serving([*command, "--no-access-log", "--log-level", "warning"], port, pngs(1)[0]) as server:
        yield server


@contextmanager
def _litserve() -> Iterator[Server]:
    port = free_port()
    body = json.dumps({"image": base64.b64encode(pngs(1)[0]).decode()}).encode()
    command = [str(ROOT / "benchmarks" / "servers" / "lit.py"), str(port)]
    with serving(command, port, body, "application/json", "/health") as server:
        yield server


def _check_same(ours: Server, other: Server) -> None:
    if ours.answer() != other.answer():
        raise ValueError("the answers of LitServe and inknet differ")
