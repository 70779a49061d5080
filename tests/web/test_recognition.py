"""Digits drawn in the browser and recognized by the shipped model."""

import json
import random
from pathlib import Path

import pytest

from inknet.digits import PenDigit, load_pen_digits, split_by_writer
from tests.web.conftest import Visit
from tests.web.helpers import alpha_of, draw, in_area, press, read_digit, send

pytestmark = pytest.mark.browser

#: Inks drawings that are centered in the area.
INK_WHOLE = """async (drawings) => {
    const { inkStrokes } = await import("./recognition/rasterize.js");
    const { centerInArea } = await import("./page/handwriting.js");
    return drawings.map((strokes) => [...inkStrokes(centerInArea(strokes, 280))]);
}"""
HANDWRITING = Path(__file__).resolve().parents[2] / "web" / "page" / "handwriting.json"


def choose(labels: range) -> list[PenDigit]:
    """Ten digits per class, five of them by writers that no training has seen."""
    digits = load_pen_digits()
    random.Random(1).shuffle(digits)
    seen, unseen = split_by_writer(digits)
    return [
        digit
        for label in labels
        for part in (seen, unseen)
        for digit in [digit for digit in part if digit.label == label][:5]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("labels", [range(5), range(5, 10)], ids=str)
def test_pen_digits_drawn_with_the_mouse(visit: Visit, labels: range) -> None:
    page = visit()
    digits = choose(labels)
    assert len(digits) == 50
    wrong: list[str] = []
    for digit in digits:
        draw(page, in_area(digit.strokes, points=14))
        press(page, "Send")
        answer = read_digit(page)
        if answer != digit.label:
            wrong.append(f"{digit.label} read as {answer} ({digit.writer})")
        press(page, "Clear")
    assert len(wrong) <= 6, wrong


@pytest.mark.slow
@pytest.mark.parametrize("label", range(10))
def test_every_sample_of_every_digit_button(visit: Visit, label: int) -> None:
    """Send follows at once, during the replay: the whole digit must be sent."""
    samples = json.loads(HANDWRITING.read_text(encoding="utf-8"))["digits"][label]
    page = visit()
    wrong = 0
    # A button repeats no sample before it has shown them all.
    sent = set()
    for _ in samples:
        press(page, f"Draw a {label}")
        sent.add(tuple(alpha_of(send(page))))
        wrong += read_digit(page) != label
    assert len(sent) == len(samples), "a sample was repeated before every sample was shown"
    assert sent == set(map(tuple, page.evaluate(INK_WHOLE, [sample["strokes"] for sample in samples])))
    assert wrong <= 0.1 * len(samples)
