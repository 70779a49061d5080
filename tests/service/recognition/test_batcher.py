import asyncio
from collections.abc import Iterable

import pytest
from PIL import Image

from inknet.digits import ImageError, NoInkError, Prediction, Recognizer
from inknet.digits.imaging.decode import ImageLike
from inknet.digits.recognizer import Timed
from inknet.mlp import Network
from inknet.service.recognition.batcher import Batcher
from tests.service.conftest import SEVEN, draw_seven, encode

BLANK = encode(Image.new("L", (28, 28), "white"))
LARGER = encode(draw_seven(60))
PIXELS = 784


class CountingRecognizer(Recognizer):
    """Records the size of each batch; fails on the image `poison`."""

    def __init__(self, poison: bytes = b"") -> None:
        super().__init__(Network([784, 10], seed=1), "counting")
        self.poison = poison
        self.batches: list[int] = []

    def recognize_each(self, images: Iterable[ImageLike]) -> list[Timed | ImageError]:
        images = list(images)
        self.batches.append(len(images))
        if self.poison in images:
            raise RuntimeError("poisoned")
        return super().recognize_each(images)


def ask(recognizer: Recognizer, images: list[bytes]) -> list[Timed | BaseException]:
    """Request all images at once."""

    async def together() -> list[Timed | BaseException]:
        batcher = Batcher(recognizer, None, deadline=5)
        return await asyncio.gather(*(batcher.recognize(image, PIXELS) for image in images), return_exceptions=True)

    return asyncio.run(together())


def test_simultaneous_images_form_one_batch_with_separate_answers() -> None:
    recognizer = CountingRecognizer()
    answers = ask(recognizer, [SEVEN, b"no image", LARGER, BLANK, SEVEN])
    assert recognizer.batches == [5]
    assert [type(answer) for answer in answers] == [tuple, ImageError, tuple, NoInkError, tuple]
    seven, larger = recognizer.recognize(SEVEN), recognizer.recognize(LARGER)
    predictions = [answer[0] for answer in answers if isinstance(answer, tuple)]
    # To the last bit: who else asks makes no difference.
    assert predictions == [seven, larger, seven]
    assert seven != larger
    assert isinstance(seven, Prediction)


def test_batch_has_at_most_sixteen_images() -> None:
    recognizer = CountingRecognizer()
    assert len(ask(recognizer, [SEVEN] * 37)) == 37
    assert recognizer.batches == [16, 16, 5]


def test_later_images_form_the_next_batch() -> None:
    recognizer = CountingRecognizer()

    async def one_after_the_other() -> None:
        batcher = Batcher(recognizer, None, deadline=5)
        for _ in range(3):
            await batcher.recognize(SEVEN, PIXELS)

    asyncio.run(one_after_the_other())
    assert recognizer.batches == [1, 1, 1]


def test_batch_is_limited_in_pixels() -> None:
    recognizer = CountingRecognizer()

    async def together(sizes: list[int]) -> None:
        batcher = Batcher(recognizer, None, deadline=5)
        await asyncio.gather(*(batcher.recognize(SEVEN, pixels) for pixels in sizes))

    asyncio.run(together([200 * 200] * 5))
    # 320×320 pixels hold two; what is larger than that is a batch of its own.
    assert recognizer.batches == [2, 2, 1]
    recognizer.batches.clear()
    asyncio.run(together([320 * 320 + 1, 784, 784]))
    assert recognizer.batches == [1, 2]


def test_unexpected_error_fails_only_the_image_that_caused_it() -> None:
    recognizer = CountingRecognizer(poison=LARGER)
    answers = ask(recognizer, [SEVEN, LARGER, SEVEN, LARGER])
    assert [answer[0] for answer in answers if isinstance(answer, tuple)] == [recognizer.recognize(SEVEN)] * 2
    first, second = answers[1], answers[3]
    assert str(first) == str(second) == "poisoned"
    # Each its own, for each is raised where it is waited for, and grows its traceback there.
    assert first is not second


def test_error_does_not_affect_the_next_batch() -> None:
    recognizer = CountingRecognizer(poison=LARGER)

    async def twice() -> Timed:
        batcher = Batcher(recognizer, None, deadline=5)
        with pytest.raises(RuntimeError, match="poisoned"):
            await batcher.recognize(LARGER, PIXELS)
        return await batcher.recognize(SEVEN, PIXELS)

    assert asyncio.run(twice())[0] == recognizer.recognize(SEVEN)


@pytest.mark.parametrize("image", [SEVEN, BLANK], ids=["an answer", "an error"])
def test_cancelled_request_does_not_affect_others(image: bytes) -> None:
    recognizer = CountingRecognizer()

    async def leave() -> Timed:
        batcher = Batcher(recognizer, None, deadline=5)
        leaving = asyncio.create_task(batcher.recognize(image, PIXELS))
        staying = asyncio.create_task(batcher.recognize(SEVEN, PIXELS))
        # Both have begun to wait; the batch is next.
        await asyncio.sleep(0)
        leaving.cancel()
        answer = await staying
        assert leaving.cancelled()
        return answer

    answer = asyncio.run(leave())
    # For who went away, nothing was worked out.
    assert recognizer.batches == [1]
    assert answer[0] == recognizer.recognize(SEVEN)


def test_next_batch_follows_a_cancelled_one() -> None:
    recognizer = CountingRecognizer()

    async def leave() -> Timed:
        batcher = Batcher(recognizer, None, deadline=5)
        leaving = [asyncio.create_task(batcher.recognize(SEVEN, PIXELS)) for _ in range(20)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        return await asyncio.wait_for(batcher.recognize(SEVEN, PIXELS), 10)

    assert asyncio.run(leave())[0] == recognizer.recognize(SEVEN)
