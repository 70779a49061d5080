"""What can be slow, large or hostile: processed in a recognizer process with a memory limit and a deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request

from inknet.digits import Recognizer
from inknet.service.problems import Kind, ProblemError
from inknet.service.recognition.recognizer_process import DeadlineError, RecognizerProcess, RecognizerProcessError
from inknet.service.recognition.worker import Task

__all__ = ["HALF_CLOSED", "WorkQueue"]

#: The key in the scope of a request whose client has stopped sending.
HALF_CLOSED = "inknet.half_closed"

#: The maximum number of requests that wait for their turn. One after the other, they take some seconds.
_MAX_WAITING = 16


class WorkQueue:
    """Runs tasks one at a time, in the order of arrival. A request whose client disconnects while it waits is dropped.

    Parameters
    ----------
    recognizer : Recognizer
        The first argument of every task.
    process : RecognizerProcess, optional
        Starts with the first task, and again after it has ended. By default, tasks run in a thread, which nothing can
        kill.
    deadline : float
        Seconds that a task may take.
    """

    def __init__(self, recognizer: Recognizer, process: RecognizerProcess | None, deadline: float) -> None:
        self._recognizer = recognizer
        self._process = process
        self._deadline = deadline
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def run(self, request: Request, task: Task, *arguments: object) -> Any:  # noqa: ANN401 - the task's result
        """Return the result of a task for a request, or raise its exception.

        Raises
        ------
        ProblemError
            If too many requests wait, or the client has stopped sending meanwhile and may have gone, or the task takes
            too long or too much memory, or its process ends.
        ClientDisconnect
            If the client disconnects before its turn.
        """
        if self._waiting == _MAX_WAITING:
            raise ProblemError(Kind.OVERLOADED, headers={"Retry-After": "1"})
        async with self._turn(request):
            try:
                if self._process is None:
                    return await to_thread.run_sync(task, self._recognizer, *arguments)
                if not self._process.is_ready:
                    await self._process.start()
                return await self._process.run(task, *arguments, deadline=self._deadline)
            except DeadlineError:
                raise ProblemError(
                    Kind.TOO_SLOW, f"The request took more than {self._deadline:g} s: send a smaller or simpler one."
                ) from None
            except RecognizerProcessError as error:
                raise ProblemError(Kind.RECOGNIZER_GONE, headers={"Retry-After": "1"}) from error
            except MemoryError:
                raise ProblemError(Kind.BODY_TOO_LARGE, "The request takes too much memory: send less.") from None

    async def stop(self) -> None:
        """End the process, if it has started."""
        if self._process is not None:
            await self._process.stop()

    @asynccontextmanager
    async def _turn(self, request: Request) -> AsyncIterator[None]:
        """Wait until no other task runs."""
        if self._lock.locked():
            await self._wait(request)
        else:
            await self._lock.acquire()
        try:
            if request.scope.get(HALF_CLOSED):
                raise ProblemError(Kind.OVERLOADED, headers={"Retry-After": "1"})
            yield
        finally:
            self._lock.release()

    async def _wait(self, request: Request) -> None:
        """Acquire the lock, unless the client disconnects first."""
        turn = asyncio.ensure_future(self._lock.acquire())
        # After the body, the only message left.
        disconnect = asyncio.ensure_future(request.receive())
        self._waiting += 1
        try:
            await asyncio.wait({turn, disconnect}, return_when=asyncio.FIRST_COMPLETED)
            if disconnect.done():
                raise ClientDisconnect
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._lock.release()
            turn.cancel()
            raise
        finally:
            self._waiting -= 1
            disconnect.cancel()
