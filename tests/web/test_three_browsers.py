"""Chromium, Firefox and WebKit: the same strokes give the same bytes, and drawing, sending and undoing work."""

import json
import random
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import pytest

from inknet.digits import PenDigit, ink_strokes, load_pen_digits, split_by_writer
from tests.programs import leave_out
from tests.web.conftest import Visit
from tests.web.engines import Engine, firefox, lacking_for_firefox, lacking_for_webkit, webkit
from tests.web.helpers import Stroke, in_area

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Inks many drawings with the page's module, as hexadecimal digits.
INK = """async (drawings) => {
    const { inkStrokes } = await import("/recognition/rasterize.js");
    const hex = (byte) => byte.toString(16).padStart(2, "0");
    return drawings.map((strokes) => Array.from(inkStrokes(strokes), hex).join(""));
}"""
PIXELS = "() => [window.devicePixelRatio, window.innerWidth]"
#: The values that a canvas returns for a uniform gray.
GRAYS = """() => {
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = "rgb(136, 136, 136)";
    context.fillRect(0, 0, 100, 100);
    return [...new Set(context.getImageData(0, 0, 100, 100).data)].sort();
}"""
#: Records each image for the service, and counts the handled clicks.
LISTEN = """() => {
    window.clicks = 0;
    window.sent = [];
    document.addEventListener("click", () => window.clicks++);
    const { fetch } = window;
    window.fetch = (address, options) => {
        if (String(address).endsWith("/predict")) window.sent.push(Array.from(options.body));
        return fetch(address, options);
    };
}"""
READY = "() => document.querySelectorAll('.handwriting button:enabled').length === 10"
ANSWERED = "() => [window.clicks, document.querySelector('[role=status]').dataset.kind]"
LAST_SENT = "() => window.sent.at(-1)"

#: An additional stroke.
ROOF: list[Stroke] = [[(20, 20), (140, 30), (260, 20)]]

Start = Callable[..., AbstractContextManager[Engine]]


@cache
def drawings() -> list[list[list[list[float]]]]:
    """Return 300 pen digits, 100 of them with coordinates that no double holds exactly."""
    chance = random.Random(5)
    chosen = [[stroke.tolist() for stroke in digit.strokes] for digit in chance.sample(load_pen_digits(), 300)]
    turned = [[[[x / 3 - y / 7, x / 7 + y / 3] for x, y in stroke] for stroke in digit] for digit in chosen[:100]]
    return turned + chosen[100:]


@cache
def expected() -> list[str]:
    return [ink_strokes(drawing).tobytes().hex() for drawing in drawings()]


def different(images: list[str]) -> list[int]:
    """Return the indices of the drawings whose bytes differ from Python's."""
    return [i for i, (image, other) in enumerate(zip(images, expected(), strict=True)) if image != other]


def wait_for(engine: Engine, function: str, done: Callable[[Any], bool]) -> None:
    deadline = time.monotonic() + 20
    while not done(value := engine.evaluate(function)):
        assert time.monotonic() < deadline, value
        time.sleep(0.02)


@pytest.fixture
def start_firefox() -> Start:
    if lacking := lacking_for_firefox():
        leave_out(lacking)
    return firefox


@pytest.fixture
def start_webkit() -> Start:
    if lacking := lacking_for_webkit():
        leave_out(lacking)
    return webkit


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3, 0.67, 1.1])
def test_bytes_in_chromium(visit: Visit, ratio: float) -> None:
    """The last two are the ratios of a zoomed page."""
    page = visit(scale=ratio)
    assert page.evaluate(PIXELS)[0] == pytest.approx(ratio)
    assert different(page.evaluate(INK, drawings())) == []


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
def test_bytes_in_firefox(server: str, start_firefox: Start, ratio: float) -> None:
    with start_firefox(ratio=ratio) as engine:
        engine.open(server)
        assert engine.evaluate(PIXELS)[0] == ratio
        assert engine.evaluate(GRAYS) == [136, 255]
        assert different(engine.evaluate(INK, drawings())) == []


def test_bytes_in_firefox_that_resists_fingerprinting(server: str, start_firefox: Start) -> None:
    with start_firefox(hides=True) as engine:
        engine.open(server)
        assert len(engine.evaluate(GRAYS)) > 2, "its canvases have no noise"
        assert different(engine.evaluate(INK, drawings())) == []


@pytest.mark.parametrize(("ratio", "zoom"), [(1, 1), (1, 1.5), (2, 1), (3, 1)])
def test_bytes_in_webkit(server: str, start_webkit: Start, ratio: int, zoom: float) -> None:
    with start_webkit(ratio=ratio, zoom=zoom) as engine:
        engine.open(server)
        seen, width = engine.evaluate(PIXELS)
        assert seen == ratio
        assert width == int(1024 / zoom), "the page is not zoomed as it should be"
        assert different(engine.evaluate(INK, drawings())) == []


@pytest.fixture(params=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest, server: str) -> Iterator[Engine]:
    """The page in another browser, with its requests recorded."""
    start: Start = request.getfixturevalue(f"start_{request.param}")
    with start() as browser:
        browser.open(server)
        wait_for(browser, READY, bool)
        browser.evaluate(LISTEN)
        yield browser


def send(engine: Engine) -> tuple[int, bytes]:
    """Press Send, and return the digit that the status region shows and the PNG that went to the service."""
    before = engine.evaluate(ANSWERED)[0]
    engine.press("Send")
    # A live answer may be shown already; wait for the one that follows the click.
    wait_for(engine, ANSWERED, lambda found: found[0] > before and found[1] in ("answer", "unsure"))
    digit = next(character for character in engine.text("status") if character.isdigit())
    return int(digit), bytes(engine.evaluate(LAST_SENT))


def ask(server: str, png: bytes) -> int:
    request = urllib.request.Request(server + "predict", data=png, headers={"Content-Type": "image/png"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return int(json.load(response)["digit"])


def choose() -> list[PenDigit]:
    """Return one of each digit, by writers that no training has seen."""
    unseen = split_by_writer(load_pen_digits())[1]
    random.Random(2).shuffle(unseen)
    return [next(digit for digit in unseen if digit.label == label) for label in range(10)]


def test_drawing_sending_and_undoing(engine: Engine, server: str) -> None:
    wrong: list[str] = []
    for digit in choose():
        engine.draw(in_area(digit.strokes, points=14))
        answer, png = send(engine)
        assert answer == ask(server, png)
        if answer != digit.label:
            wrong.append(f"{digit.label} read as {answer} ({digit.writer})")
        if digit.label < 2:
            engine.draw(ROOF)
            _, other = send(engine)
            assert other != png
            engine.press("Undo")
            assert send(engine) == (answer, png)
        engine.press("Clear")
    assert len(wrong) <= 1, wrong
