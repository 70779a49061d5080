"""A recognizer in a separate process: one core handles HTTP while another recognizes images.

The batches go through a socket to a process of our own because the standard pools cost the worker more CPU time per
batch of four images: 0.3 ms here, 0.5 ms with `anyio.to_process`, 0.6 to 0.9 ms with `ProcessPoolExecutor`, which also
adds a process (measured side by side on a loaded machine). The worker's CPU time limits the requests per second.
"""

import asyncio
import logging
import os
import pickle
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from typing import Any

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed
from inknet.service.recognition.worker import PREFIX_BYTES

__all__ = ["RecognizerProcess", "RecognizerProcessError", "recognizer_process"]

log = logging.getLogger("inknet.service")

#: The timeout for a batch, in seconds. Small images take milliseconds, so a batch that takes this long hangs.
_BATCH_TIMEOUT = 10
#: The time to exit before the process is killed, in seconds.
_EXIT_TIMEOUT = 1


class RecognizerProcessError(Exception):
    """The recognizer process ended, or was killed, during a batch."""


class RecognizerProcess:
    """The process, restarted whenever it ends.

    Attributes
    ----------
    is_ready : bool
        Whether it accepts a batch. It does not during its start, which takes half a second, or after it has ended.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self.is_ready = False
        self._recognizer = recognizer
        self._process: asyncio.subprocess.Process
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def recognize_each(self, images: Sequence[bytes]) -> Sequence[Timed | Exception]:
        """Recognize a batch as `recognize_images` does. Only one batch at a time.

        Raises
        ------
        RecognizerProcessError
            If the process ends before it replies, or does not reply in time.
        """
        try:
            async with asyncio.timeout(_BATCH_TIMEOUT):
                return await self._request(images)
        except (OSError, EOFError) as error:
            # Retire it: a late reply would answer the next batch.
            self.is_ready = False
            if isinstance(error, TimeoutError):
                self._process.kill()
            raise RecognizerProcessError from error

    async def keep_running(self) -> None:
        """Start the process, and restart it whenever it ends, until cancelled."""
        try:
            while True:
                async with self._started():
                    await self._request(self._recognizer)
                    self.is_ready = True
                    status = await self._process.wait()
                log.error("the recognizer process ended with status %d; restarting it", status)
        except (OSError, EOFError) as error:
            log.error("the recognizer process failed to start (%r); continuing without it", error)

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[None]:
        """Start the process, and end it by closing its socket."""
        ours, theirs = socket.socketpair()
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        with closing(self._writer):
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    # The same import path, but without the current directory.
                    *(sys.executable, "-P", "-m", "inknet.service.recognition.worker"),
                    stdin=theirs.fileno(),
                    # Out of reach of a terminal's Ctrl-C, from the first moment on.
                    start_new_session=True,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                )
            try:
                yield
            finally:
                self.is_ready = False
                self._writer.close()
                try:
                    await asyncio.wait_for(self._process.wait(), _EXIT_TIMEOUT)
                except TimeoutError:
                    self._process.kill()
                    await self._process.wait()

    async def _request(self, message: object) -> Any:  # noqa: ANN401 - any pickled object
        """Send a message, and return the reply."""
        self._writer.write(pickle.dumps(message))
        size = int.from_bytes(await self._reader.readexactly(PREFIX_BYTES))
        return pickle.loads(await self._reader.readexactly(size))  # noqa: S301 - from our own process


@asynccontextmanager
async def recognizer_process(recognizer: Recognizer) -> AsyncIterator[RecognizerProcess]:
    """Run a recognizer process."""
    process = RecognizerProcess(recognizer)
    task = asyncio.create_task(process.keep_running())
    try:
        yield process
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
