"""Start-up: imports, commands and the service; and the memory of a training."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from benchmarks.comparison import Bench
from benchmarks.figure import Figure
from benchmarks.machine import CORES, thread_settings
from benchmarks.memory import peak
from benchmarks.serving import inknet_server

__all__ = ["measure_starting"]

#: `import inknet` alone loads nothing, so an attribute is accessed.
_IMPORT = """
import time, numpy
start = time.perf_counter()
import inknet
{what}
print(time.perf_counter() - start)
"""


def measure_starting(bench: Bench) -> list[Figure]:
    """Start everything, round by round."""
    print("starting …", file=sys.stderr, flush=True)
    measures: dict[str, Callable[[], float]] = {
        "import": lambda: 1000 * _importing("inknet.Network"),
        "recognizer": lambda: 1000 * _importing("inknet.Recognizer"),
        "help": _helping,
        "serve": _serving,
        "memory": lambda: _training_memory(bench.quick),
    }
    samples: dict[str, list[float]] = {name: [] for name in measures}
    with _bytecode():
        for number in range(bench.rounds + 1):
            for name, measure in measures.items():
                sample = measure()
                if number:
                    samples[name].append(sample)
    return [
        Figure("import of inknet.Network, beyond numpy", "ms", samples["import"], 30, 15, less=True),
        Figure("import of inknet.Recognizer, beyond numpy", "ms", samples["recognizer"], less=True),
        Figure("inknet --help", "s", samples["help"], 0.3, 0.15, less=True),
        Figure("inknet serve, until ready", "s", samples["serve"], 1.0, 0.5, less=True),
        Figure("peak memory of a training on MNIST", "MB", samples["memory"], 450, 300, less=True),
    ]


@contextmanager
def _bytecode() -> Iterator[None]:
    """Keep bytecode compiled in the first round, as for an installed package."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, PYTHONPYCACHEPREFIX=folder):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        yield


def _importing(what: str) -> float:
    """Return the seconds of an import beyond numpy's."""
    code = [sys.executable, "-c", _IMPORT.format(what=what)]
    return float(subprocess.run(code, capture_output=True, text=True, check=True).stdout)


def _helping() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "inknet", "--help"], capture_output=True, check=True)
    return time.perf_counter() - start


def _serving() -> float:
    with inknet_server(1) as server:
        return server.seconds


def _training_memory(quick: bool) -> float:
    """Return the peak memory in MB of `inknet train` with batches of 32 and the default held-out set."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--batch-size", "32", "--learning-rate", "0.1", "--epochs", "1" if quick else "2"]
        command = [sys.executable, "-m", "inknet", "train", *options, "--run", str(Path(folder) / "run")]
        environment = {**os.environ, **thread_settings(CORES)}
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            most = 0.0
            while process.poll() is None:
                most = max(most, peak(process.pid))
                time.sleep(0.01)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return most
