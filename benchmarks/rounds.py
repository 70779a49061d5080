"""Contenders, each in its own process, that do the same work one after the other, round by round.

Processes stay alive, so that libraries are warm, and are stopped (SIGSTOP) while another one works: the spinning
threads of an idle BLAS or OpenMP then take no time from it, and every library runs with its default settings. Linux
and macOS.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Self
from unittest.mock import patch

from benchmarks.machine import thread_settings

__all__ = ["Answer", "Contenders", "Job"]

#: Does the work once, given the number of the round; returns a value to compare, such as a loss, or None.
Job = Callable[[int], float | None]


@dataclass(frozen=True)
class Answer:
    """How long a job took, in seconds, and what it returned."""

    seconds: float
    value: float | None


class Contenders:
    """The processes by name and number of threads, started on first use."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, int], _Contender] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def run_rounds(self, jobs: dict[str, str], work: Hashable, rounds: int, threads: int) -> dict[str, list[Answer]]:
        """Let all contenders do the same work in each of `rounds` rounds, after one round of warm-up.

        Parameters
        ----------
        jobs : dict
            By the contender's name, the function that makes its `Job` from the work, as ``module:function``.
        work : Hashable
            The argument of that function.
        """
        answers: dict[str, list[Answer]] = {name: [] for name in jobs}
        for round_number in range(rounds + 1):
            for name, job in jobs.items():
                answers[name].append(self._contender(name, threads).ask(job, work, round_number))
        return {name: timed[1:] for name, timed in answers.items()}

    def _contender(self, name: str, threads: int) -> "_Contender":
        key = (name, threads)
        if key not in self._running:
            self._running[key] = _Contender(name, threads)
            self._stack.callback(self._running[key].end)
        return self._running[key]


class _Contender:
    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_answer, args=(theirs,), daemon=True)
        with patch.dict(os.environ, thread_settings(threads)):
            self._process.start()
        theirs.close()

    def ask(self, job: str, work: Hashable, round_number: int) -> Answer:
        self._signal(signal.SIGCONT)
        try:
            self._pipe.send((job, work, round_number))
            answer: Answer = self._pipe.recv()
        except (EOFError, ConnectionError):
            sys.exit(f"{self.name} failed: see above")
        finally:
            self._signal(signal.SIGSTOP)
        return answer

    def end(self) -> None:
        self._signal(signal.SIGCONT)
        self._pipe.close()
        self._process.join()

    def _signal(self, number: int) -> None:
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)


def _answer(pipe: "Connection[Answer, tuple[str, Hashable, int]]") -> None:
    """Serve requests in a contender's process until the pipe is closed."""
    known: tuple[str, Hashable] | None = None
    job: Job | None = None
    while True:
        try:
            name, work, round_number = pipe.recv()
        except EOFError:
            return
        if job is None or (name, work) != known:
            # Free the old job first: it may hold a copy of the data.
            job = None
            job, known = _make(name, work), (name, work)
        start = time.perf_counter()
        value = job(round_number)
        pipe.send(Answer(time.perf_counter() - start, value))


def _make(name: str, work: Hashable) -> Job:
    module, _, function = name.partition(":")
    job: Job = getattr(importlib.import_module(module), function)(work)
    return job
