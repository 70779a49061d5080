"""The actions of a user on the page: drawing, pressing buttons, reading the answer, storing drawings."""

import io
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import CDPSession, ConsoleMessage, Locator, Page, Request, expect

Stroke = Sequence[tuple[float, float]]

#: Drawings in the area's units, 280 × 280. The corner is an L, for tests that need any drawing.
CORNER: list[Stroke] = [[(70, 60), (70, 200), (180, 200)]]
SEVEN: list[Stroke] = [[(90, 70), (190, 70), (130, 220)]]
ONE: list[Stroke] = [[(140, 60), (140, 140), (140, 220)]]


def wait_until(page: Page, holds: Callable[[], bool], seconds: float = 30) -> None:
    """Poll until the condition holds. To check that nothing more happens, use `wait_for_timeout` instead."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the condition did not come to hold"
        page.wait_for_timeout(20)


def hold_time(page: Page) -> None:
    """Stop the page's clock and frames; `page.clock.run_for` advances them."""
    page.clock.install()
    page.clock.pause_at(time.time() + 60)


def area_of(page: Page) -> Locator:
    return page.get_by_role("img", name="Drawing area")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def draw(page: Page, strokes: Sequence[Stroke]) -> None:
    """Draw with real mouse events; the coordinates are the area's units, 280 × 280."""
    box = area_of(page).bounding_box()
    assert box is not None
    scale = box["width"] / 280
    for stroke in strokes:
        (x, y), *others = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in others:
            page.mouse.move(x, y)
        page.mouse.up()


def in_area(strokes: Sequence[NDArray[np.float64]], points: int) -> list[Stroke]:
    """Scale a digit to 70 % of the area and thin it to about that many points, with the last of each stroke."""
    all_points = np.concatenate(strokes)
    low, high = all_points.min(axis=0), all_points.max(axis=0)
    scale = 196 / float((high - low).max())
    step = max(1, round(len(all_points) / points))
    placed = [(stroke - (low + high) / 2) * scale + 140 for stroke in strokes]
    return [[(float(x), float(y)) for x, y in [*stroke[:-1:step], stroke[-1]]] for stroke in placed]


def status_of(page: Page) -> Locator:
    return page.get_by_role("status")


def words_of(page: Page) -> Locator:
    """The sentence of the status region, without the numeral that follows the pen."""
    return status_of(page).locator(".words")


def read_digit(page: Page) -> int:
    """Wait for the answer, and return the first digit character of the status region."""
    expect(status_of(page)).to_have_attribute("data-kind", re.compile("^(answer|unsure)$"))
    found = re.search(r"\d", status_of(page).inner_text())
    assert found is not None
    return int(found.group())


def alpha_of(png: bytes) -> list[int]:
    """Return the 784 values in the alpha channel of an image."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.mode, image.size) == ("LA", (28, 28))
        values: list[int] = np.asarray(image)[..., 1].ravel().tolist()
        return values


def send(page: Page) -> bytes:
    """Press Send, and return the PNG that went to the service.

    Live recognition sends requests too; the one by Send has the numbers that the console logs.
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
    """Record the images that Send logs to the console; live recognition logs nothing."""
    sent: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.text.startswith("The image sent"):
            sent.append(message.text)

    page.on("console", note)
    yield sent
    page.remove_listener("console", note)


def touch(finger: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    touch_points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touch_points})


def drag(finger: CDPSession, path: list[tuple[float, float]]) -> None:
    touch(finger, "touchStart", path[0])
    for point in path[1:]:
        touch(finger, "touchMove", point)
    touch(finger, "touchEnd")


def middle_of_area(page: Page) -> tuple[float, float]:
    box = area_of(page).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def cards(page: Page) -> Locator:
    return page.locator("#drawings > li")


def store(page: Page, *drawings: Sequence[Stroke]) -> None:
    """Draw and send these drawings, and wait until they are stored."""
    for number, strokes in enumerate(drawings, start=cards(page).count() + 1):
        press(page, "Clear")
        draw(page, strokes)
        send(page)
        read_digit(page)
        expect(cards(page)).to_have_count(number)


def import_lines(page: Page, file: Path) -> None:
    """Import a file once the button is enabled."""
    expect(page.get_by_role("button", name="Import strokes")).to_be_enabled()
    page.locator("#import-file").set_input_files(file)


def exported(page: Page, folder: Path) -> list[dict[str, object]]:
    with page.expect_download() as download:
        press(page, "Export strokes")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
