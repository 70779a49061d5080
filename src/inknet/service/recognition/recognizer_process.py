"""A recognizer in a process of its own: one core answers HTTP, while another one reads images."""

import asyncio
import logging
import os
import pickle
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed
from inknet.service.recognition.worker import SIZE_BYTES

__all__ = ["RecognizerGoneError", "RecognizerProcess", "recognizer_process"]

log = logging.getLogger("inknet.service")

#: A batch of small images takes some milliseconds; what takes as long as this never ends by itself.
_SECONDS = 10
#: In which it ends when it is told to.
_SECONDS_TO_END = 1


class RecognizerGoneError(Exception):
    """The process ended, or had to be ended, with a batch in hand."""


class RecognizerProcess:
    """The process, and its successor when it ends.

    Parameters
    ----------
    recognizer : Recognizer
        What it recognizes with.

    Attributes
    ----------
    is_ready : bool
        Whether it takes a batch: not while it starts, which takes half a second, and not after it has ended.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self.is_ready = False
        self._recognizer = recognizer
        self._process: asyncio.subprocess.Process
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def recognize_each(self, images: Sequence[bytes]) -> Sequence[Timed | Exception]:
        """Return what `recognizing.answers` does; one batch at a time.

        Raises
        ------
        RecognizerGoneError
            If the process ends before it has answered.
        """
        try:
            async with asyncio.timeout(_SECONDS):
                answers: Sequence[Timed | Exception] = await self._ask(images)
        except (OSError, EOFError) as error:
            # Not asked again: what it said late would be taken for what is asked next.
            self.is_ready = False
            if isinstance(error, TimeoutError):
                self._process.kill()
            raise RecognizerGoneError from error
        return answers

    async def keep(self) -> None:
        """Start the process, and another one whenever it ends, until this is cancelled."""
        try:
            while True:
                async with self._started():
                    await self._ask(self._recognizer)
                    self.is_ready = True
                    status = await self._process.wait()
                log.error("the recognizer's process ended (%d); another one is started", status)
        except (OSError, EOFError) as error:
            log.error("the recognizer's process does not start (%r); images are recognized without it", error)

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[None]:
        """Start the process, and let it end: it does so when nobody can ask it any more."""
        ours, theirs = socket.socketpair()
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    # It finds what it imports where this process does, and nothing where that happens to be started.
                    *(sys.executable, "-P", "-m", "inknet.service.recognition.worker"),
                    stdin=theirs.fileno(),
                    # Where a terminal's Ctrl-C does not reach it, from the first moment on.
                    start_new_session=True,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                )
            try:
                yield
            finally:
                self.is_ready = False
                self._writer.close()
                await self._wait_or_kill()
        finally:
            self._writer.close()

    async def _wait_or_kill(self) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_END):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _ask(self, message: object) -> Any:  # noqa: ANN401 - whatever is answered
        """Send it something, and return its answer; both as `recognizing` reads and writes them."""
        self._writer.write(pickle.dumps(message))
        size = int.from_bytes(await self._reader.readexactly(SIZE_BYTES))
        return pickle.loads(await self._reader.readexactly(size))  # noqa: S301 - from our own process


@asynccontextmanager
async def recognizer_process(recognizer: Recognizer) -> AsyncIterator[RecognizerProcess]:
    """Keep a process that recognizes."""
    process = RecognizerProcess(recognizer)
    keeping = asyncio.create_task(process.keep())
    try:
        yield process
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
