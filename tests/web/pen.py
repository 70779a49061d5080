"""What a person does on the page: draw, press, read the answer."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, Request, expect

Stroke = Sequence[tuple[float, float]]

#: An L, in the pad's own 280 × 280, which no digit is: for tests that need some drawing, whatever it is.
CORNER: list[Stroke] = [[(70, 60), (70, 200), (180, 200)]]


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


def read_digit(page: Page) -> int:
    """The first digit character of the status region, as soon as there is one."""
    expect(status_of(page)).to_contain_text(re.compile(r"\d"))
    found = re.search(r"\d", status_of(page).inner_text())
    assert found is not None
    return int(found.group())


def sent_by(request: Request) -> bytes:
    body = request.post_data_buffer
    assert body is not None
    return body


def send(page: Page) -> bytes:
    """Press Send; the PNG that went to the service."""
    with page.expect_request("**/predict") as info:
        press(page, "Send")
    return sent_by(info.value)


@contextmanager
def recorded(page: Page) -> Iterator[list[Request]]:
    """Notes the requests to /predict."""
    requests: list[Request] = []

    def note(request: Request) -> None:
        if request.url.endswith("/predict"):
            requests.append(request)

    page.on("request", note)
    yield requests
    page.remove_listener("request", note)
