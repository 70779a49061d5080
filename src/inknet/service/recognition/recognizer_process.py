"""A recognizer process: recognizes images for the process that answers requests, which can kill it.

The tasks go through a socket to a process of our own. `anyio.to_process` takes 0.5 ms of the parent's CPU time for a
batch of four small images, `ProcessPoolExecutor` 0.6 to 0.9 ms and this 0.3 ms (measured side by side on a loaded
machine), which limits the requests per second. For large images, where that does not matter, `anyio.to_process` would
import the command line into each worker, and end its workers with each event of AWS Lambda.
"""

import asyncio
import logging
import os
import pickle
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from inknet.digits import Recognizer
from inknet.service.recognition.worker import PREFIX_BYTES, Task

__all__ = ["DeadlineError", "RecognizerProcess", "RecognizerProcessError", "kept_running"]

log = logging.getLogger("inknet.service")

#: Seconds to start, which takes half a second on an idle machine, and to exit before it is killed.
_START_TIMEOUT, _EXIT_TIMEOUT = 30, 1
#: Seconds until the next attempt after a failed start, and the most that they are doubled to.
_PAUSE, _MAX_PAUSE = 1.0, 60.0


class RecognizerProcessError(Exception):
    """The recognizer process ended during a task, or could not be started."""


class DeadlineError(RecognizerProcessError):
    """The recognizer process was killed, because a task took too long."""


class RecognizerProcess:
    """A recognizer process, which can be started again when it has ended. It takes one task at a time.

    Parameters
    ----------
    recognizer : Recognizer
        The first argument of every task.
    memory : int, optional
        The number of bytes that tasks may take, beside what the process has when it is ready. By default, unlimited.
    on_end : function, optional
        Called with ``"deadline"``, ``"death"`` or ``"start"``, for a failed one, when it has ended without having been
        stopped.
    """

    def __init__(
        self, recognizer: Recognizer, memory: int | None = None, on_end: Callable[[str], None] | None = None
    ) -> None:
        self._recognizer = recognizer
        self._memory = memory
        self._on_end = on_end
        self._accepts = False
        self._reason: str | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._watcher: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it accepts a task: it has started, and not ended."""
        return self._accepts and self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process, and wait until it is ready.

        Raises
        ------
        RecognizerProcessError
            If it cannot be started.
        """
        await self.stop()
        ours, theirs = socket.socketpair()
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    # The same import path, but without the current directory.
                    *(sys.executable, "-P", "-m", "inknet.service.recognition.worker"),
                    stdin=theirs.fileno(),
                    # Out of reach of a terminal's Ctrl-C, from the first moment on.
                    start_new_session=True,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                )
            async with asyncio.timeout(_START_TIMEOUT):
                await self._request(self._recognizer, self._memory)
        except BaseException as error:
            self._writer.close()
            await self._exit()
            if isinstance(error, (OSError, EOFError)):
                self._report("start")
                raise RecognizerProcessError(f"a recognizer process failed to start ({error!r})") from error
            raise
        self._accepts, self._reason = True, "death"
        self._watcher = asyncio.create_task(self._watch(self._process))

    async def run(self, task: Task, *arguments: object, deadline: float) -> Any:  # noqa: ANN401 - the task's result
        """Return the result of a task, or raise its exception.

        Raises
        ------
        RecognizerProcessError
            If the process ends before it replies.
        DeadlineError
            If it does not reply within `deadline` seconds: it is killed.
        """
        try:
            async with asyncio.timeout(deadline):
                result = await self._request(task, arguments)
        except TimeoutError as error:
            # Else a late reply would answer the next task.
            self._retire("deadline")
            raise DeadlineError(f"a task took more than {deadline:g} s") from error
        except (OSError, EOFError) as error:
            self._accepts = False
            raise RecognizerProcessError("the recognizer process ended during a task") from error
        except BaseException:
            self._retire(None)
            raise
        if isinstance(result, Exception):
            raise result
        return result

    async def wait(self) -> None:
        """Wait until it has ended."""
        if self._watcher is not None:
            await asyncio.shield(self._watcher)

    async def stop(self) -> None:
        """End it, by closing its socket; it is killed if it does not exit then."""
        if self._watcher is None:
            return
        if self.is_ready:
            self._accepts, self._reason = False, None
        self._writer.close()
        await self._exit()
        await self._watcher
        self._watcher = None

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Wait until the process has ended, and tell if it was not stopped."""
        status = await process.wait()
        self._accepts = False
        if self._reason is not None:
            log.error("a recognizer process ended with status %d (%s)", status, self._reason)
            self._report(self._reason)

    def _report(self, reason: str) -> None:
        if self._on_end is not None:
            self._on_end(reason)

    async def _exit(self) -> None:
        """Wait until the process has exited, which it does when its socket is closed."""
        if self._process is None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), _EXIT_TIMEOUT)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _retire(self, reason: str | None) -> None:
        """Kill the process in the middle of a task."""
        self._accepts, self._reason = False, reason
        # Not one that has exited: to kill it, Python would wait for it, and asyncio then miss its status.
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _request(self, *message: object) -> Any:  # noqa: ANN401 - any pickled object
        """Send a message, and return the reply."""
        self._writer.write(pickle.dumps(message))
        size = int.from_bytes(await self._reader.readexactly(PREFIX_BYTES))
        return pickle.loads(await self._reader.readexactly(size))  # noqa: S301 - from our own process


@asynccontextmanager
async def kept_running(process: RecognizerProcess) -> AsyncIterator[None]:
    """Start a process in the background, and start it again whenever it has ended; stop it at the end."""

    async def keep() -> None:
        pause = _PAUSE
        while True:
            try:
                await process.start()
            except RecognizerProcessError as error:
                log.error("%s; trying again in %g s", error, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _MAX_PAUSE)
            else:
                pause = _PAUSE
                await process.wait()

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await process.stop()
