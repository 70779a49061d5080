"""Images that come at the same time are recognized together."""

import asyncio
from itertools import accumulate, islice

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed
from inknet.service.recognition.recognizer_process import RecognizerGoneError, RecognizerProcess
from inknet.service.recognition.worker import answers

__all__ = ["Batching"]

#: The most images in a batch, and bytes of them: others than those who wait for them want an answer, too. A drawing
#: has some two thousand bytes; the more there are, the longer it takes.
_MOST, _MOST_BYTES = 16, 64 * 1024
#: The most in a batch for a process of its own: while it works on these, the next ones can come.
_MOST_ELSEWHERE = 4


class Batching:
    """Recognizes small images, all those together that came while the ones before were recognized.

    Nobody waits for others to come: where one image comes alone, it is a batch. Under load, a batch takes less than
    its images would one by one; see `Recognizer.recognize_each`.

    Parameters
    ----------
    process : RecognizerProcess, optional
        What recognizes whenever it is ready; else the event loop does.
    """

    def __init__(self, process: RecognizerProcess | None = None) -> None:
        self._process = process
        self._waiting: list[tuple[bytes, asyncio.Future[Timed]]] = []
        self._task: asyncio.Task[None] | None = None

    async def recognize(self, recognizer: Recognizer, image: bytes) -> Timed:
        """Recognize an image as `Recognizer.recognize_timed` does, and raise what it raises.

        Raises
        ------
        RecognizerGoneError
            If the process ends while it recognizes it.
        """
        answer: asyncio.Future[Timed] = asyncio.get_running_loop().create_future()
        self._waiting.append((image, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._recognize_waiting(recognizer))
        return await answer

    async def _recognize_waiting(self, recognizer: Recognizer) -> None:
        """Recognize batch after batch, until nobody waits any more."""
        try:
            while True:
                process = self._process if self._process is not None and self._process.is_ready else None
                batch = self._next_batch(_MOST_ELSEWHERE if process else _MOST)
                if not batch:
                    return
                images = [image for image, _ in batch]
                try:
                    found = await process.recognize_each(images) if process else answers(recognizer, images)
                except RecognizerGoneError:
                    found = [RecognizerGoneError() for _ in images]
                for (_, waiting), answer in zip(batch, found, strict=True):
                    # Who waited may have gone away meanwhile.
                    if waiting.done():
                        continue
                    if isinstance(answer, Exception):
                        waiting.set_exception(answer)
                    else:
                        waiting.set_result(answer)
                if not process:
                    # Who came meanwhile can be heard only now.
                    await asyncio.sleep(0)
        finally:
            self._task = None

    def _next_batch(self, most: int) -> list[tuple[bytes, asyncio.Future[Timed]]]:
        """Take those who have waited longest, and still wait."""
        still = [one for one in self._waiting if not one[1].done()]
        sizes = accumulate(len(image) for image, _ in still[:most])
        # The first is always among them.
        count = 1 + sum(size <= _MOST_BYTES for size in islice(sizes, 1, None))
        self._waiting = still[count:]
        return still[:count]
