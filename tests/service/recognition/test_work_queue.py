"""What is slow, large or hostile: one at a time, dropped when its client has gone, limited."""

import asyncio
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from inknet.digits import Recognizer
from inknet.mlp import Network
from inknet.service.problems import Kind, ProblemError
from inknet.service.recognition.recognizer_process import RecognizerProcess
from inknet.service.recognition.work_queue import HALF_CLOSED, WorkQueue


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(Network([784, 10], seed=1), "tiny")


def request_of(gone: asyncio.Event) -> Request:
    """Return a request whose client disconnects with an event."""

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


class Steps:
    """A task that notes its number, and then waits."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.go_on = threading.Event()

    def __call__(self, recognizer: Recognizer, number: int) -> int:
        assert recognizer.name == "tiny"
        self.go_on.wait(20)
        self.done.append(number)
        return 10 * number


def test_one_after_the_other_and_without_those_whose_clients_have_gone(recognizer: Recognizer) -> None:
    steps = Steps()

    async def ask() -> list[int | BaseException]:
        queue, gone, stays = WorkQueue(recognizer, None, deadline=5), asyncio.Event(), asyncio.Event()
        # The first client disconnects, too, but its task has begun.
        clients = [gone, stays, gone, stays]
        tasks = [asyncio.create_task(queue.run(request_of(client), steps, n)) for n, client in enumerate(clients)]
        await asyncio.sleep(0.05)
        gone.set()
        await asyncio.sleep(0.05)
        assert steps.done == []
        steps.go_on.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third, fourth = asyncio.run(ask())
    assert (first, second, fourth) == (0, 10, 30)
    assert isinstance(third, ClientDisconnect)
    assert steps.done == [0, 1, 3]


def test_who_has_stopped_sending_is_not_waited_for(recognizer: Recognizer) -> None:
    """Whether it has gone is not known before something is sent to it."""
    steps = Steps()

    async def ask() -> list[int | BaseException]:
        queue, requests = WorkQueue(recognizer, None, deadline=5), [request_of(asyncio.Event()) for _ in range(3)]
        tasks = [asyncio.create_task(queue.run(request, steps, n)) for n, request in enumerate(requests)]
        await asyncio.sleep(0.05)
        for request in requests[:2]:
            request.scope[HALF_CLOSED] = True
        steps.go_on.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third = asyncio.run(ask())
    assert (first, third) == (0, 20)
    assert isinstance(second, ProblemError)
    assert second.kind is Kind.OVERLOADED


def test_few_wait(recognizer: Recognizer) -> None:
    steps = Steps()

    async def ask() -> list[int | BaseException]:
        queue, stays = WorkQueue(recognizer, None, deadline=5), asyncio.Event()
        tasks = [asyncio.create_task(queue.run(request_of(stays), steps, n)) for n in range(20)]
        await asyncio.sleep(0.05)
        # One at work and sixteen that wait; the others know it at once.
        assert sum(task.done() for task in tasks) == 3
        steps.go_on.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return [*results, await queue.run(request_of(stays), steps, 20)]

    *answers, last = asyncio.run(ask())
    refused = [answer for answer in answers if isinstance(answer, ProblemError)]
    assert [error.kind for error in refused] == [Kind.OVERLOADED] * 3
    assert refused[0].headers == {"Retry-After": "1"}
    assert [answer for answer in answers if isinstance(answer, int)] == [10 * n for n in range(17)]
    assert last == 200


def test_a_failure_lets_the_next_one_begin(recognizer: Recognizer) -> None:
    async def ask() -> list[object]:
        queue, stays = WorkQueue(recognizer, None, deadline=5), asyncio.Event()

        def fail(_: Recognizer, error: Exception) -> None:
            raise error

        errors = [ProblemError(Kind.NO_INK), MemoryError(), ZeroDivisionError()]
        tasks = [queue.run(request_of(stays), fail, error) for error in errors]
        return await asyncio.gather(*tasks, return_exceptions=True)

    problem, memory, other = asyncio.run(ask())
    assert isinstance(problem, ProblemError)
    assert problem.kind is Kind.NO_INK
    assert isinstance(memory, ProblemError)
    assert (memory.kind, memory.detail) == (Kind.BODY_TOO_LARGE, "The request takes too much memory: send less.")
    assert isinstance(other, ZeroDivisionError)


def sleep(_: Recognizer, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def kill_itself(_: Recognizer) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(_: Recognizer) -> None:
    raise ProblemError(Kind.OVERLOADED, "not now", {"Retry-After": "7"})


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_process_that_is_killed_is_replaced_and_counted(recognizer: Recognizer) -> None:
    ends: list[str] = []

    async def ask() -> list[object]:
        queue = WorkQueue(recognizer, RecognizerProcess(recognizer, 2**28, ends.append), deadline=1)
        stays = request_of(asyncio.Event())
        results: list[object] = [await queue.run(stays, sleep, 0.01)]
        for task, *arguments in ((sleep, 60), (kill_itself,), (refuse,)):
            with pytest.raises(ProblemError) as raised:
                await queue.run(stays, task, *arguments)
            results += [raised.value.kind, raised.value.headers, await queue.run(stays, sleep, 0.01)]
        await queue.stop()
        return results

    again = {"Retry-After": "1"}
    assert asyncio.run(ask()) == [
        *(0.01, Kind.TOO_SLOW, None, 0.01),
        *(Kind.RECOGNIZER_GONE, again, 0.01),
        *(Kind.OVERLOADED, {"Retry-After": "7"}, 0.01),
    ]
    assert ends == ["deadline", "death"]
