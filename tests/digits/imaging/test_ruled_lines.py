"""Ruled lines."""

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from inknet.digits import PenDigit
from inknet.digits.imaging.ruled_lines import remove_ruled_lines
from tests.digits.helpers import difference_in_ink, draw_on_paper


@pytest.mark.parametrize(("step", "shade", "both"), [(10, 221, True), (28, 160, True), (40, 90, False), (28, 0, True)])
def test_ruled_lines(step: int, shade: int, both: bool, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        page = draw_on_paper(digit)
        ruled = Image.new("L", page.size, 255)
        pencil = ImageDraw.Draw(ruled)
        for at in range(step, 280, step):
            pencil.line((0, at, 279, at), fill=shade)
            if both:
                pencil.line((at, 0, at, 279), fill=shade)
        assert difference_in_ink(ImageChops.darker(ruled, page), page) < 0.02


def test_a_box_inside_a_margin(held_out: list[PenDigit]) -> None:
    page = draw_on_paper(held_out[0])
    boxed = page.copy()
    ImageDraw.Draw(boxed).rectangle((9, 9, 270, 270), outline=0, width=3)
    assert difference_in_ink(boxed, page) == 0


def test_a_line_that_crosses_ink_is_taken_out_of_the_paper_only() -> None:
    ink = np.zeros((100, 100), dtype=np.float32)
    ink[20:80, 45:55] = 1
    crossed = ink.copy()
    crossed[[30, 60]] = 0.5
    crossed[[30, 60], 45:55] = 1
    assert (remove_ruled_lines(crossed) == ink).all()


def test_a_single_bar_and_bars_that_are_all_stay() -> None:
    seven = np.zeros((100, 100), dtype=np.float32)
    seven[10:12], seven[10:90, 95:97] = 1, 1
    assert remove_ruled_lines(seven) is seven
    bars = np.zeros((100, 100), dtype=np.float32)
    bars[10:12], bars[90:92] = 1, 1
    assert remove_ruled_lines(bars) is bars


@pytest.mark.parametrize("peak", [0.5, 1.0])
@pytest.mark.parametrize(("length", "is_line"), [(101, False), (103, True)])
def test_lines_cross_most_of_a_wide_page(length: int, is_line: bool, peak: float) -> None:
    # 85 % of 120 columns are 102; lines fainter than 0.08 of the ink are not looked at.
    ink = np.zeros((100, 120), dtype=np.float32)
    ink[40:60, 50:60] = 1
    ink[[10, 80], :length] = 0.1
    for page in (ink * np.float32(peak), ink.T * np.float32(peak)):
        assert (remove_ruled_lines(page) is not page) == is_line
    ink[[10, 80]] = 0.07
    assert remove_ruled_lines(ink) is ink
