"""Digits drawn with the mouse and recognized by the shipped model."""

import random

import pytest

from inknet.digits import PenDigit, load_pen_digits, split_by_writer
from tests.web.conftest import Visit
from tests.web.helpers import draw, in_area, press, read_digit

pytestmark = pytest.mark.browser


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
    # Animations, which other tests look at, would cost a quarter of the time.
    page = visit(still=True)
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
