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


@pytest.mark.parametrize(("side", "width", "is_line"), [(80, 2, True), (80, 3, False), (200, 4, True), (200, 5, False)])
def test_lines_are_thin(side: int, width: int, is_line: bool) -> None:
    # Two pixels, or 2 % of the shorter side.
    ink = np.zeros((side, side + 20), dtype=np.float32)
    ink[30:50, 30:50] = 1
    ink[10 : 10 + width], ink[60 : 60 + width] = 0.5, 0.5
    for page in (ink, ink.T):
        assert (remove_ruled_lines(page) is not page) == is_line


@pytest.mark.parametrize(("length", "is_line"), [(84, False), (85, True)])
def test_85_of_100_pixels_are_a_line(length: int, is_line: bool) -> None:
    ink = np.zeros((100, 100), dtype=np.float32)
    ink[40:60, 20:30] = 1
    ink[[10, 80], :length] = 0.5
    for page in (ink, ink.T):
        assert (remove_ruled_lines(page) is not page) == is_line


def test_beneath_a_line_lies_the_fainter_ink_beside_it() -> None:
    # Lines of two pixels in the middle, and of one right beside the border.
    ink = np.zeros((100, 100), dtype=np.float32)
    ink[:, 40:44] = 1
    ink[28:30, 40], ink[32:34, 40] = [0.9, 0.6], [0.8, 0.9]
    ink[28:30, 41], ink[32:34, 41] = [0.9, 0.8], [0.6, 0.9]
    ink[29, 42], ink[32, 43] = 0, 0
    ink[[30, 31]], ink[1], ink[98] = 0.7, 0.7, 0.7
    ink[0, 40:42], ink[99, 40:42] = [0.3, 0.4], [0.4, 0.3]
    for page in (ink, ink.T):
        cleaned = remove_ruled_lines(page)
        cleaned = cleaned if page is ink else cleaned.T
        assert cleaned[[30, 31], 40:44].tolist() == [[np.float32(0.6), np.float32(0.6), 0, 0]] * 2
        assert cleaned[[1, 98], 40:44].tolist() == [
            [np.float32(0.3), np.float32(0.4), 1, 1],
            [np.float32(0.4), np.float32(0.3), 1, 1],
        ]
        assert not cleaned[[1, 30, 31, 98], :40].any()
        # All else stays.
        others = [row for row in range(100) if row not in {1, 30, 31, 98}]
        assert (cleaned[others] == ink[others]).all()


def test_a_line_along_the_border_leaves_nothing() -> None:
    ink = np.zeros((100, 100), dtype=np.float32)
    ink[:, 40:44] = 1
    ink[0], ink[98:] = 0.7, 0.7
    for page in (ink, ink.T):
        cleaned = remove_ruled_lines(page)
        cleaned = cleaned if page is ink else cleaned.T
        assert not cleaned[[0, 98, 99]].any()
        assert (cleaned[1:98] == ink[1:98]).all()
