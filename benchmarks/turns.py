"""Contenders, each in a process of its own, which are asked in turns.

A process is kept alive, so that its libraries are warm, and is stopped (SIGSTOP) while another one works: threads that
wait for work by spinning, as those of BLAS and OpenMP do for a while, then take no time from anybody, and nobody has
to be set otherwise than it comes. Linux and macOS.
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

#: Does its work once, and returns by what the work can be compared: a loss, or nothing. It is told which turn it is.
Job = Callable[[int], float | None]


@dataclass(frozen=True)
class Answer:
    """How long a job took, and what it returned."""

    seconds: float
    value: float | None


class Contenders:
    """The processes, started when they are first asked, by name and number of threads."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, int], _Contender] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def in_turns(self, jobs: dict[str, str], work: Hashable, turns: int, threads: int) -> dict[str, list[Answer]]:
        """Let contenders do the same work one after the other, `turns` times, after one turn to get warm.

        Parameters
        ----------
        jobs : dict
            By the contender's name, the function that makes its `Job` of the work, as ``module:function``.
        work : Hashable
            What the function is given.
        """
        answers: dict[str, list[Answer]] = {name: [] for name in jobs}
        for turn in range(turns + 1):
            for name, job in jobs.items():
                answers[name].append(self._contender(name, threads).ask(job, work, turn))
        return {name: given[1:] for name, given in answers.items()}

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

    def ask(self, job: str, work: Hashable, turn: int) -> Answer:
        self._signal(signal.SIGCONT)
        try:
            self._pipe.send((job, work, turn))
            answer: Answer = self._pipe.recv()
        except (EOFError, ConnectionError):
            sys.exit(f"{self.name} broke off: see above")
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
    """Do what is asked, in the contender's process, until nobody is left to ask."""
    known: tuple[str, Hashable] | None = None
    job: Job | None = None
    while True:
        try:
            name, work, turn = pipe.recv()
        except EOFError:
            return
        if job is None or (name, work) != known:
            # The old one goes first: it may hold a copy of the data.
            job = None
            job, known = _make(name, work), (name, work)
        start = time.perf_counter()
        value = job(turn)
        pipe.send(Answer(time.perf_counter() - start, value))


def _make(name: str, work: Hashable) -> Job:
    module, _, function = name.partition(":")
    job: Job = getattr(importlib.import_module(module), function)(work)
    return job
