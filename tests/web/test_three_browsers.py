"""Chromium, Firefox and WebKit: the same strokes give the same bytes, and a person can draw, send and undo."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from inknet.digits import ink_strokes, load_pen_digits, split_by_writer
from tests.web.browsers import SCRIPT, Result, missing, visit_in_firefox, visit_in_webkit
from tests.web.conftest import Visit
from tests.web.pen import Stroke, on_pad

pytestmark = [pytest.mark.browser, pytest.mark.slow]

needs_firefox = pytest.mark.skipif("firefox" in missing(), reason=missing().get("firefox", ""))
needs_webkit = pytest.mark.skipif("webkit" in missing(), reason=missing().get("webkit", ""))


@pytest.fixture(scope="module")
def drawings() -> list[Any]:
    """Three hundred digits as somebody drew them, a third of them moved by what no double holds exactly."""
    chance = random.Random(7)
    digits = [[stroke.tolist() for stroke in digit.strokes] for digit in chance.sample(load_pen_digits(), 300)]
    return digits[:200] + [[[[x / 3 + 0.1, y / 7] for x, y in stroke] for stroke in digit] for digit in digits[200:]]


@pytest.fixture(scope="module")
def expected(drawings: list[Any]) -> list[bytes]:
    return [ink_strokes(drawing).tobytes() for drawing in drawings]


def digits_to_draw() -> tuple[list[list[Stroke]], list[int]]:
    """Ten digits, one of each, by writers never learnt from."""
    held_out = split_by_writer(load_pen_digits())[1]
    random.Random(8).shuffle(held_out)
    chosen = [next(digit for digit in held_out if digit.label == label) for label in range(10)]
    return [on_pad(digit.strokes, points=14) for digit in chosen], [digit.label for digit in chosen]


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
def test_the_same_bytes_in_chromium(visit: Visit, drawings: list[Any], expected: list[bytes], ratio: float) -> None:
    page = visit(scale=ratio)
    page.evaluate(SCRIPT)
    images = page.evaluate("(drawings) => window.inkAll(drawings)", drawings)
    assert [bytes.fromhex(image) for image in images] == expected
    assert page.evaluate("devicePixelRatio") == ratio


@needs_firefox
@pytest.mark.parametrize(("ratio", "resist"), [(1.5, False), (2, False), (3, False), (1, True)])
def test_the_same_bytes_in_firefox(
    server: str, drawings: list[Any], expected: list[bytes], ratio: float, resist: bool
) -> None:
    result = visit_in_firefox(server, drawings, [], ratio, resist)
    assert result.images == expected
    # Who hides from fingerprinting hides this, too.
    assert result.ratio == ratio or resist


@needs_webkit
@pytest.mark.parametrize("ratio", [2, 3])
def test_the_same_bytes_in_webkit(server: str, drawings: list[Any], expected: list[bytes], ratio: int) -> None:
    """Its screens have whole ratios only."""
    result = visit_in_webkit(server, drawings, [], ratio)
    assert result.images == expected
    assert result.ratio == ratio


@pytest.mark.parametrize(
    "visit_in",
    [pytest.param(visit_in_firefox, marks=needs_firefox), pytest.param(visit_in_webkit, marks=needs_webkit)],
    ids=["firefox", "webkit"],
)
def test_draw_send_and_undo(
    server: str, drawings: list[Any], expected: list[bytes], visit_in: Callable[..., Result]
) -> None:
    digits, labels = digits_to_draw()
    result = visit_in(server, drawings, digits)
    assert result.images == expected
    assert result.ratio == 1
    right = sum(answer == label for answer, label in zip(result.answers, labels, strict=True))
    assert right >= 9, (result.answers, labels)
    assert result.undone is not None
    assert result.undone["before"] == result.undone["after"] != result.undone["changed"]
