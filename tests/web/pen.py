"""What a person does on the page: draw, press, read the answer."""

import io
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

Stroke = Sequence[tuple[float, float]]

#: An L, in the pad's own 280 × 280, which no digit is: for tests that need some drawing, whatever it is.
CORNER: list[Stroke] = [[(70, 60), (70, 200), (180, 200)]]


def wait_until(page: Page, holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what a busy machine takes its time for; that nothing more happens is for `wait_for_timeout`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it has not come to hold"
        page.wait_for_timeout(20)


def hold_time(page: Page) -> None:
    """Let the page's time, of its frames too, stand still until `page.clock.run_for` lets it go on."""
    page.clock.install()
    page.clock.pause_at(time.time() + 60)


def pad_of(page: Page) -> Locator:
    return page.get_by_role("img", name="Drawing area")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def draw(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw with real mouse events; the coordinates are the pad's own, 280 × 280."""
    box = pad_of(page).bounding_box()
    assert box is not None
    scale = box["width"] / 280
    for stroke in strokes:
        (x, y), *others = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(x, y)
        page.mouse.up()


def on_pad(strokes: Sequence[NDArray[np.float64]], points: int) -> list[Stroke]:
    """Scale a digit to 70 % of the pad, and keep about so many points, evenly, with each stroke's last."""
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    scale = 196 / float((high - low).max())
    step = max(1, round(len(every) / points))
    placed = [(stroke - (low + high) / 2) * scale + 140 for stroke in strokes]
    return [[(float(x), float(y)) for x, y in [*stroke[:-1:step], stroke[-1]]] for stroke in placed]


def status_of(page: Page) -> Locator:
    return page.get_by_role("status")


def words_of(page: Page) -> Locator:
    """What the status region says in words, without the numeral that follows the pen."""
    return status_of(page).locator(".words")


def read_digit(page: Page) -> int:
    """The first digit character of the status region, as soon as what was sent has been answered."""
    expect(status_of(page)).to_have_attribute("data-kind", re.compile("^(answer|unsure)$"))
    found = re.search(r"\d", status_of(page).inner_text())
    assert found is not None
    return int(found.group())


def alpha_of(png: bytes) -> list[int]:
    """The 784 values that an image carries in its alpha channel."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.mode, image.size) == ("LA", (28, 28))
        values: list[int] = np.asarray(image)[..., 1].ravel().tolist()
        return values


def send(page: Page) -> bytes:
    """Press Send; the PNG that went to the service.

    While the pen moves there are requests, too: the one by Send has the numbers that the console then tells.
    """
    requests: list[Request] = []

    def note(request: Request) -> None:
        requests.append(request)

    page.on("request", note)
    with page.expect_console_message(lambda message: message.text.startswith("Its numbers")) as told:
        press(page, "Send")
    numbers = [int(number) for number in told.value.text.split("\n", 1)[1].split()]
    found: list[bytes] = []

    def is_sent() -> bool:
        bodies = [request.post_data_buffer for request in requests if request.url.endswith("/predict")]
        found[:] = [body for body in bodies if body is not None and alpha_of(body) == numbers]
        return bool(found)

    wait_until(page, is_sent)
    page.remove_listener("request", note)
    return found[0]


@contextmanager
def recorded(page: Page) -> Iterator[list[str]]:
    """Notes what Send has sent, as the console tells it; what is asked while the pen moves is not told there."""
    sent: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.text.startswith("The image sent"):
            sent.append(message.text)

    page.on("console", note)
    yield sent
    page.remove_listener("console", note)
