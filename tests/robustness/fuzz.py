"""Fuzz the readers of untrusted bytes: each input must be read or refused with one line, quickly, without leaking.

Usage: python -m tests.robustness.fuzz TARGET [COUNT]

atheris (`pip install atheris`) mutates the inputs that reached new lines of the reader. An input that raises anything
but an `InknetError`, or takes more than two seconds of processor time, stops the run and is saved as `crash-…`. All
inputs are then repeated without atheris, whose own memory grows: memory at the end must be at most 1.2 times the
memory after a tenth of them.

A target is a function of the bytes and of a path for a temporary file, and its seeds; see `TARGETS`.
"""

import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.robustness import fuzz_service as service
from tests.robustness.fuzz_service import FuzzError

#: Modules to instrument for coverage.
MODULES = ("inknet.digits", "inknet.mlp.storage.model_file", "inknet.service")
PACKAGES = ["inknet", "pickletools", "gzip", "PIL", "python_multipart"]
SECONDS = 2
GROWTH = 1.2
AGAIN = "--again"


@dataclass(frozen=True)
class Target:
    """A reader to fuzz.

    Attributes
    ----------
    read : function
        Called as ``read(data, path)``; it may write the bytes to that path first.
    seeds : function
        Returns valid inputs.
    """

    read: Callable[[bytes, Path], object]
    seeds: Callable[[Path], Iterable[bytes]]


def read_idx_file(data: bytes, path: Path) -> object:
    from inknet.digits import read_idx

    path.write_bytes(data)
    return read_idx(path)


def idx_seeds(path: Path) -> Iterable[bytes]:
    import numpy as np

    from inknet.digits import write_idx

    for dtype in ("u1", "i1", "i2", "i4", "f4", "f8"):
        for name in ("seed", "seed.gz"):
            write_idx(path.with_name(name), np.arange(6, dtype=dtype).reshape(2, 3))
            yield path.with_name(name).read_bytes()


def read_model_file(data: bytes, path: Path) -> object:
    from inknet.digits.outliers import OutlierDetector
    from inknet.mlp import Network

    path.write_bytes(data)
    network = Network.load(path)
    return OutlierDetector.from_dict(network.metadata["certainty"]) if "certainty" in network.metadata else network


def model_seeds(path: Path) -> Iterable[bytes]:
    from inknet.digits.outliers import OutlierDetector
    from inknet.mlp import Network, Trainer
    from inknet.mlp.storage.model_file import save_model

    network = Network([2, 2, 2], bias="layer", dtype="float64")
    network.metadata = {"name": "x", "certainty": OutlierDetector(Network([4, 1], output="sigmoid"), 0.5).to_dict()}
    trainer = Trainer(network, [[0, 1], [1, 0]], [0, 1], epochs=1, optimizer="adam", ema_decay=0.5)
    trainer.run()
    for training in (None, trainer.state.as_dict()):
        save_model(path, network, training)
        yield path.read_bytes()


TARGETS = {
    "idx": Target(read_idx_file, idx_seeds),
    "model": Target(read_model_file, model_seeds),
    "image": Target(service.ask_with_image, service.image_seeds),
    "form": Target(service.ask_with_form, service.form_seeds),
    "infer": Target(service.ask_to_infer, service.infer_seeds),
}


def check(target: Target, data: bytes, path: Path) -> str:
    """Return whether a target "read" or "refused" one input; anything else raises."""
    from inknet.mlp import InknetError

    # Processor time, so that other processes do not count.
    started = time.process_time()
    answer = "read"
    try:
        target.read(data, path)
    except InknetError as error:
        answer = "refused"
        if not re.fullmatch(r"[^\n]{1,500}", str(error)):
            raise FuzzError(f"the message is not one short line: {str(error)[:1000]!r}") from error
    if (seconds := time.process_time() - started) > SECONDS:
        raise FuzzError(f"it took {seconds:.1f} s")
    return answer


class Fuzzing:
    """Passes `count` inputs to a target and counts the outcomes."""

    def __init__(self, name: str, count: int, path: Path, given: BinaryIO) -> None:
        self.name = name
        self.count = count
        self.path = path
        self.given = given
        self.answers: Counter[str] = Counter()
        self.started = time.perf_counter()
        self.slowest = 0.0

    def __call__(self, data: bytes) -> None:
        """Check one input; after the last one, report and exit, since atheris does not return."""
        self.given.write(len(data).to_bytes(4, "little") + data)
        started = time.process_time()
        self.answers[check(TARGETS[self.name], data, self.path)] += 1
        self.slowest = max(self.slowest, time.process_time() - started)
        if self.answers.total() == self.count:
            status = self.report()
            shutil.rmtree(self.path.parent)
            Path(self.given.name).unlink()
            os._exit(status)

    def report(self) -> int:
        """Print the counts, repeat the inputs, and return the exit status."""
        print(
            f"{self.count:,} inputs in {time.perf_counter() - self.started:.0f} s: {dict(self.answers)},"
            f" the slowest {1000 * self.slowest:.0f} ms",
            flush=True,
        )
        self.given.flush()
        # Cancel atheris's timeout for a single input.
        signal.setitimer(signal.ITIMER_REAL, 0)
        # Make glibc return freed memory to the system instead of caching it.
        frugal = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}
        command = [sys.executable, "-m", "tests.robustness.fuzz", AGAIN, self.name, self.given.name]
        return subprocess.run(command, check=False, env=frugal).returncode


def repeat(name: str, given: Path) -> int:
    """Pass the saved inputs to a target again, print the memory used, and return the exit status."""
    count = sum(1 for _ in read_inputs(given))
    early = 0.0
    for number, data in enumerate(read_inputs(given), 1):
        check(TARGETS[name], data, given.with_name("again"))
        if number == max(1, count // 10):
            early = resident()
    late = resident()
    print(f"{count:,} repeated: {early:.0f} MB after a tenth of them, {late:.0f} MB at the end")
    if late > GROWTH * early:
        print("Memory grows.")
        return 1
    return 0


def read_inputs(given: Path) -> Iterator[bytes]:
    with given.open("rb") as file:
        while length := file.read(4):
            yield file.read(int.from_bytes(length, "little"))


def resident() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(name: str, count: int) -> None:
    import atheris

    # Instrumented imports report to atheris which lines an input reaches.
    with atheris.instrument_imports(include=PACKAGES):
        for module in MODULES:
            importlib.import_module(module)
    # In memory where possible, so that the disk is not the bottleneck.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        path = Path(folder) / "input"
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        # On disk: there are many.
        given = (Path(tempfile.gettempdir()) / f"inknet-fuzz-{os.getpid()}").open("wb", buffering=0)
        for number, seed in enumerate(TARGETS[name].seeds(path)):
            (corpus / str(number)).write_bytes(seed)
        options = [
            f"-atheris_runs={count + 1000}",
            "-seed=1",
            "-max_len=4096",
            "-timeout=20",
            "-rss_limit_mb=0",
            "-verbosity=0",
        ]
        atheris.Setup([sys.argv[0], *options, str(corpus)], Fuzzing(name, count, path, given))
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == AGAIN:
        sys.exit(repeat(sys.argv[2], Path(sys.argv[3])))
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m tests.robustness.fuzz {'|'.join(TARGETS)} [COUNT]")
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 200_000)
