"""Images that come at the same time are recognised together."""

import asyncio

from inknet.digits import ImageError, Recognizer
from inknet.digits.recognizer import Timed

__all__ = ["Batching"]

#: The most images in a batch: others than those who wait for them want an answer, too.
_MOST = 16


class Batching:
    """Recognises small images in the event loop, all those together that came by its next turn.

    Nobody waits for others to come: where one image comes alone, it is a batch. Under load, a batch takes less than
    its images would one by one; see `Recognizer.recognize_each`.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[bytes, asyncio.Future[Timed]]] = []

    async def recognize(self, recognizer: Recognizer, image: bytes) -> Timed:
        """Recognise an image as `Recognizer.recognize_timed` does, and raise what it raises."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._recognize_batch, recognizer)
        answer: asyncio.Future[Timed] = loop.create_future()
        self._waiting.append((image, answer))
        return await answer

    def _recognize_batch(self, recognizer: Recognizer) -> None:
        batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._recognize_batch, recognizer)
        try:
            answers = recognizer.recognize_each([image for image, _ in batch])
        except Exception as error:
            for _, waiting in batch:
                _fail(waiting, error)
            return
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if isinstance(answer, ImageError):
                _fail(waiting, answer)
            elif not waiting.done():
                waiting.set_result(answer)


def _fail(waiting: "asyncio.Future[Timed]", error: Exception) -> None:
    # Whoever waited may have been cancelled meanwhile.
    if not waiting.done():
        waiting.set_exception(error)
