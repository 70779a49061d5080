"""Digits drawn in the browser and read by the shipped model."""

import json
import random
from pathlib import Path

import pytest

from inknet.digits import PenDigit, load_pen_digits, split_by_writer
from tests.web.conftest import Visit
from tests.web.pen import alpha_of, draw, on_pad, press, read_digit, send

pytestmark = pytest.mark.browser

#: What the page makes of drawings in the middle of the pad.
INK_WHOLE = """async (drawings) => {
    const { inkStrokes } = await import("./recognition/rasterize.js");
    const { centerInArea } = await import("./page/handwriting.js");
    return drawings.map((strokes) => [...inkStrokes(centerInArea(strokes, 280))]);
}"""
HANDWRITING = Path(__file__).resolve().parents[2] / "web" / "page" / "handwriting.json"


def choose() -> list[PenDigit]:
    """Ten digits a class, five of them by the writers that no training has seen."""
    digits = load_pen_digits()
    random.Random(1).shuffle(digits)
    seen, unseen = split_by_writer(digits)
    chosen: list[PenDigit] = []
    for label in range(10):
        for part in (seen, unseen):
            chosen += [digit for digit in part if digit.label == label][:5]
    return chosen


@pytest.mark.slow
def test_pen_digits_drawn_with_the_mouse(visit: Visit, capsys: pytest.CaptureFixture[str]) -> None:
    page = visit()
    digits = choose()
    assert len(digits) == 100
    wrong: list[str] = []
    for digit in digits:
        draw(page, on_pad(digit.strokes, points=14))
        press(page, "Send")
        answer = read_digit(page)
        if answer != digit.label:
            wrong.append(f"{digit.label} read as {answer} ({digit.writer})")
        press(page, "Clear")
    with capsys.disabled():
        print(f"\n{100 - len(wrong)} of 100 drawn pen digits recognized; not: {', '.join(wrong)}")
    assert len(wrong) <= 12, wrong


@pytest.mark.slow
def test_every_sample_of_every_digit_button(visit: Visit) -> None:
    """Send follows at once, so the digit is still being written: the whole of it must go."""
    samples = json.loads(HANDWRITING.read_text(encoding="utf-8"))["digits"]
    page = visit()
    wrong: list[str] = []
    for label in range(10):
        # A button repeats no sample before it has shown them all.
        sent = set()
        for _ in samples[label]:
            press(page, f"Draw a {label}")
            sent.add(tuple(alpha_of(send(page))))
            answer = read_digit(page)
            if answer != label:
                wrong.append(f"{label} read as {answer}")
        assert len(sent) == len(samples[label]), "a sample was repeated before every sample was shown"
        whole = page.evaluate(INK_WHOLE, [sample["strokes"] for sample in samples[label]])
        assert sent == set(map(tuple, whole))
    count = sum(map(len, samples))
    assert len(wrong) <= 0.1 * count, wrong
