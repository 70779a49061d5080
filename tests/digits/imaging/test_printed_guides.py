"""Faint print under a drawing."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFont

from inknet.digits import PenDigit
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.imaging.printed_guides import remove_printed_guides
from tests.digits.helpers import difference_in_ink, draw_on_paper


@pytest.mark.parametrize("shade", [200, 225])
def test_a_faint_digit_to_write_over(shade: int, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        page = draw_on_paper(digit)
        printed = Image.new("L", page.size, 255)
        ImageDraw.Draw(printed).text((140, 140), "8", font=ImageFont.load_default(200), fill=shade, anchor="mm")
        assert difference_in_ink(ImageChops.darker(printed, page), page) < 0.02


def test_soft_edges_are_no_print(held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(0)
    for digit in held_out[::30]:
        ink = draw_on_canvas(digit.strokes, rng).astype(np.float32) / np.float32(255)
        assert remove_printed_guides(ink) is ink


PEAK = 0.5
#: How much of the peak a guide in the next tests has: 4 of 20 rows.
LEVEL = 0.2


def _guided(level: float = LEVEL, width: int = 100) -> NDArray[np.float32]:
    """Return a bar of ink above a guide of `level`, as a share of the ink, and one pixel of half as much ink."""
    ink = np.zeros((100, 100), dtype=np.float32)
    ink[40:60, 45:55] = 1
    ink[70, 50] = 0.5
    ink[10:14, :width] = level
    return ink * np.float32(PEAK)


def test_a_guide_goes_and_ink_keeps_its_scale() -> None:
    cleaned = remove_printed_guides(_guided())
    assert not cleaned[10:14].any()
    assert cleaned[40:60, 45:55] == pytest.approx(PEAK)
    # Ink is measured from 0.03 above the guide on.
    assert cleaned[70, 50] == pytest.approx(PEAK * (0.5 - 0.23) / (1 - 0.23))


@pytest.mark.parametrize(("level", "is_guide"), [(0.07, False), (0.09, True), (0.39, True), (0.41, False)])
def test_a_guide_is_faint(level: float, is_guide: bool) -> None:
    ink = _guided(level)
    assert (remove_printed_guides(ink) is not ink) == is_guide


@pytest.mark.parametrize(("width", "is_guide"), [(4, False), (5, True)])
def test_a_guide_covers_some_of_the_image(width: int, is_guide: bool) -> None:
    # 16 and 20 pixels, of 10,000.
    ink = _guided(width=width)
    assert (remove_printed_guides(ink) is not ink) == is_guide


@pytest.mark.parametrize(("columns", "is_guide"), [(24, True), (26, False)])
@pytest.mark.parametrize("away", [-0.04, 0.04])
def test_most_of_a_guide_has_one_value(columns: int, away: float, is_guide: bool) -> None:
    ink = _guided()
    # Half of 400 pixels are near the median; what is beyond 0.03 of the peak is not.
    ink[10:14, : 2 * columns : 2] = PEAK * (LEVEL + away)
    ink[10:14, 1 : 2 * columns : 2] = PEAK * (LEVEL - 2 * away)
    assert (remove_printed_guides(ink) is not ink) == is_guide
    ink = _guided()
    ink[10:14, : 4 * columns] += np.float32(PEAK * 0.7 * away)
    assert remove_printed_guides(ink) is not ink
