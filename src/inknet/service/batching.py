"""Images that come at the same time are recognised together."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate, islice

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed

__all__ = ["Batching"]

#: The most images in a batch, and bytes of them: others than those who wait for them want an answer, too. A drawing
#: has some two thousand bytes; the more there are, the longer it takes.
_MOST, _MOST_BYTES = 16, 64 * 1024


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
        batch = self._next_batch()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._recognize_batch, recognizer)
        answers = _answers(recognizer, [image for image, _ in batch])
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    def _next_batch(self) -> list[tuple[bytes, asyncio.Future[Timed]]]:
        """Take those who have waited longest, and still wait."""
        # Whoever waited may have been cancelled meanwhile.
        still = [one for one in self._waiting if not one[1].done()]
        sizes = accumulate(len(image) for image, _ in still[:_MOST])
        # The first is always among them.
        count = 1 + sum(size <= _MOST_BYTES for size in islice(sizes, 1, None))
        self._waiting = still[count:]
        return still[:count]


def _answers(recognizer: Recognizer, images: Sequence[bytes]) -> Sequence[Timed | Exception]:
    """Recognise some images; where an error is raised, this is the answer."""
    try:
        return recognizer.recognize_each(images)
    except Exception as error:
        if len(images) == 1:
            return [error]
        # One image that nobody reckoned with shall not cost the others their answers.
        return [answer for image in images for answer in _answers(recognizer, [image])]
