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
    const [{ inkStrokes }, { placeOnPad }] = await Promise.all([import("./ink.js"), import("./hands.js")]);
    return drawings.map((strokes) => [...inkStrokes(placeOnPad(strokes, 280))]);
}"""
HANDS = Path(__file__).resolve().parents[2] / "web" / "hands.json"


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
def test_every_hand_of_every_digit_button(visit: Visit) -> None:
    """Send follows at once, so the digit is still being written: the whole of it must go."""
    hands = json.loads(HANDS.read_text(encoding="utf-8"))["digits"]
    page = visit()
    wrong: list[str] = []
    for label in range(10):
        # A button comes to a hand again only when it has shown them all.
        sent = set()
        for _ in hands[label]:
            press(page, f"Draw a {label}")
            sent.add(tuple(alpha_of(send(page))))
            answer = read_digit(page)
            if answer != label:
                wrong.append(f"{label} read as {answer}")
        assert len(sent) == len(hands[label]), "a hand came twice before each had come once"
        whole = page.evaluate(INK_WHOLE, [hand["strokes"] for hand in hands[label]])
        assert sent == set(map(tuple, whole))
    count = sum(map(len, hands))
    assert len(wrong) <= 0.1 * count, wrong
