"""Dynamic batching: images that arrive at the same time are recognized together."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed
from inknet.service.recognition.recognizer_process import RecognizerProcess, RecognizerProcessError
from inknet.service.recognition.worker import recognize_images

__all__ = ["Batcher"]

#: The maximum number of images in a batch, and of their pixels: an event loop is blocked for at most about 30 ms.
_MAX_IMAGES, _MAX_PIXELS = 16, 320 * 320
#: Rounds of the event loop between two batches.
_ROUNDS = 5
#: The maximum number of images in a batch for the recognizer process, so that the next batch is collected meanwhile.
_MAX_IMAGES_FOR_PROCESS = 4


class _Waiting(NamedTuple):
    """An image whose request waits."""

    image: bytes
    pixels: int
    future: asyncio.Future[Timed]


class Batcher:
    """Recognizes small images in batches: each batch is the images that arrived during the one before.

    No image waits for others: one that arrives alone is a batch of its own. Under load, a batch takes less time than
    its images would one by one; see `Recognizer.recognize_each`. Without a process that is ready, images are recognized
    in the event loop.
    """

    def __init__(self, recognizer: Recognizer, process: RecognizerProcess | None, deadline: float) -> None:
        self._recognizer = recognizer
        self._process = process
        self._deadline = deadline
        self._queue: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def recognize(self, image: bytes, pixels: int) -> Timed:
        """Recognize an image of so many pixels as `Recognizer.recognize_timed` does, with the same exceptions.

        Raises
        ------
        RecognizerProcessError
            If the recognizer process ends with this image in its batch.
        """
        future: asyncio.Future[Timed] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(image, pixels, future))
        if self._task is None:
            self._task = asyncio.create_task(self._recognize_queue())
        return await future

    async def _recognize_queue(self) -> None:
        """Recognize batch after batch until the queue is empty."""
        try:
            while True:
                process = self._process if self._process is not None and self._process.is_ready else None
                batch = self._next_batch(_MAX_IMAGES_FOR_PROCESS if process else _MAX_IMAGES)
                if not batch:
                    return
                for waiting, result in zip(batch, await self._recognize(batch, process), strict=True):
                    # Cancelled if the client disconnected in the meantime.
                    if waiting.future.done():
                        continue
                    if isinstance(result, Exception):
                        waiting.future.set_exception(result)
                    else:
                        waiting.future.set_result(result)
                if not process:
                    # Let the event loop read the requests that arrived in the meantime, and answer others: from a new
                    # connection to its response takes several rounds.
                    for _ in range(_ROUNDS):
                        await asyncio.sleep(0)
        finally:
            self._task = None

    async def _recognize(self, batch: list[_Waiting], process: RecognizerProcess | None) -> Sequence[Timed | Exception]:
        """Return the result of each image of a batch, which may be an exception."""
        images = [waiting.image for waiting in batch]
        if process is None:
            return recognize_images(self._recognizer, images)
        try:
            results: list[Timed | Exception] = await process.run(recognize_images, images, deadline=self._deadline)
        except RecognizerProcessError as error:
            return [type(error)(*error.args) for _ in batch]
        return results

    def _next_batch(self, max_images: int) -> list[_Waiting]:
        """Take the oldest images from the queue, without those whose requests were cancelled."""
        queue = [waiting for waiting in self._queue if not waiting.future.done()]
        sizes = accumulate(waiting.pixels for waiting in queue[:max_images])
        # The first image is taken whatever its size.
        count = 1 + sum(size <= _MAX_PIXELS for size in islice(sizes, 1, None))
        self._queue = queue[count:]
        return queue[:count]
