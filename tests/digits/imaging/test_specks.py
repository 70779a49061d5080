"""Marks beside a drawing: taken away, and never taken for what belongs to it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import PenDigit, normalize, read_ink
from inknet.digits.drawing.canvas import place_on_canvas
from inknet.digits.imaging.specks import remove_specks

Ink = NDArray[np.float32]


def _ink(digit: PenDigit, **how: float) -> Ink:
    return place_on_canvas(digit.strokes, **how).astype(np.float32) / np.float32(255)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 5, 30])
def test_specks_change_nothing(count: int, held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(count)
    for digit in held_out[::300]:
        drawn = _ink(digit, size=0.35, pen=10)
        specked = drawn.copy()
        for row, column in rng.integers(0, 278, (count, 2)).tolist():
            # Away from the digit, which is in the middle.
            if max(abs(row - 140), abs(column - 140)) > 70:
                specked[row : row + 2, column : column + 2] = 1
        assert (remove_specks(specked) == drawn).all()


def test_an_accidental_touch_in_a_corner_is_taken_away(held_out: list[PenDigit]) -> None:
    drawn = _ink(held_out[0], size=0.5, pen=14)
    touched = drawn.copy()
    y, x = np.mgrid[:280, :280]
    # Its edge is soft.
    touched += np.clip(7.5 - np.hypot(x - 265, y - 15), 0, 1).astype(np.float32)
    assert (remove_specks(touched) == drawn).all()


def test_what_belongs_together_stays(held_out: list[PenDigit]) -> None:
    for digit in held_out[::40]:
        drawn = _ink(digit, size=0.6)
        assert remove_specks(drawn) is drawn
        dots = place_on_canvas(digit.strokes, size=0.8, pen=8, dots=True).astype(np.float32)
        assert np.count_nonzero(remove_specks(dots)) > 0.97 * np.count_nonzero(dots)


def test_the_bar_of_a_five_and_a_dot_below_a_line_stay() -> None:
    five = np.zeros((200, 200), dtype=np.float32)
    five[80:160, 60:70], five[150:160, 60:120], five[110:160, 110:120] = 1, 1, 1
    five[50:60, 80:130] = 1
    assert remove_specks(five) is five
    # An exclamation mark is no 1.
    mark = np.zeros((200, 200), dtype=np.float32)
    mark[40:120, 95:105], mark[130:142, 94:106] = 1, 1
    assert remove_specks(mark) is mark


def test_parts_that_meet_only_below_are_one() -> None:
    # A U, whose arms have two numbers until its last row: all of it is one part, and the speck is not of it.
    u = np.zeros((64, 64), dtype=np.float32)
    u[20:40, 10], u[20:40, 30], u[40, 10:31] = 1, 1, 1
    specked = u.copy()
    specked[5, 60] = 1
    assert (remove_specks(specked) == u).all()


def test_a_title_above_a_drawing(held_out: list[PenDigit]) -> None:
    page = 255 - place_on_canvas(held_out[3].strokes, size=0.5, pen=14, position=(0.5, 0.8))
    titled = page.copy()
    for column in range(40, 240, 9):
        titled[8:18, column : column + 2] = 60
    assert (normalize(read_ink(titled)) == normalize(read_ink(page))).all()


def test_gaps_narrower_than_a_cell() -> None:
    # Ink everywhere but in one row: on the coarse grid there is no paper at all.
    stripes = np.ones((150, 150), dtype=np.float32)
    stripes[100] = 0
    assert remove_specks(stripes) is stripes
