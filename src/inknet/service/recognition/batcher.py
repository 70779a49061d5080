"""Dynamic batching: images that arrive at the same time are recognized together."""

import asyncio
from itertools import accumulate, islice

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed
from inknet.service.recognition.recognizer_process import RecognizerProcess, RecognizerProcessError
from inknet.service.recognition.worker import recognize_images

__all__ = ["Batcher"]

#: The maximum number of images in a batch, and of their bytes: bounds how long the event loop is blocked. A drawing has
#: about 2,000 bytes.
_MAX_IMAGES, _MAX_BYTES = 16, 64 * 1024
#: The maximum number of images in a batch for the recognizer process, so that the next batch is collected meanwhile.
_MAX_IMAGES_FOR_PROCESS = 4


class Batcher:
    """Recognizes small images in batches: each batch is the images that arrived during the one before.

    No image waits for others: one that arrives alone is a batch of its own. Under load, a batch takes less time than
    its images would one by one; see `Recognizer.recognize_each`. Without a process that is ready, images are recognized
    in the event loop.
    """

    def __init__(self, process: RecognizerProcess | None = None) -> None:
        self._process = process
        self._queue: list[tuple[bytes, asyncio.Future[Timed]]] = []
        self._task: asyncio.Task[None] | None = None

    async def recognize(self, recognizer: Recognizer, image: bytes) -> Timed:
        """Recognize an image as `Recognizer.recognize_timed` does, with the same exceptions.

        Raises
        ------
        RecognizerProcessError
            If the recognizer process ends with this image in its batch.
        """
        future: asyncio.Future[Timed] = asyncio.get_running_loop().create_future()
        self._queue.append((image, future))
        if self._task is None:
            self._task = asyncio.create_task(self._recognize_queue(recognizer))
        return await future

    async def _recognize_queue(self, recognizer: Recognizer) -> None:
        """Recognize batch after batch until the queue is empty."""
        try:
            while True:
                process = self._process if self._process is not None and self._process.is_ready else None
                batch = self._next_batch(_MAX_IMAGES_FOR_PROCESS if process else _MAX_IMAGES)
                if not batch:
                    return
                images = [image for image, _ in batch]
                try:
                    results = await process.recognize_each(images) if process else recognize_images(recognizer, images)
                except RecognizerProcessError:
                    results = [RecognizerProcessError() for _ in images]
                for (_, future), result in zip(batch, results, strict=True):
                    # Cancelled if the client disconnected in the meantime.
                    if future.done():
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
                if not process:
                    # Let the event loop read the requests that arrived in the meantime.
                    await asyncio.sleep(0)
        finally:
            self._task = None

    def _next_batch(self, max_images: int) -> list[tuple[bytes, asyncio.Future[Timed]]]:
        """Take the oldest images from the queue, without those whose requests were cancelled."""
        queue = [(image, future) for image, future in self._queue if not future.done()]
        sizes = accumulate(len(image) for image, _ in queue[:max_images])
        # The first image is taken whatever its size.
        count = 1 + sum(size <= _MAX_BYTES for size in islice(sizes, 1, None))
        self._queue = queue[count:]
        return queue[:count]
