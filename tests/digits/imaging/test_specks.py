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


def _sheet(*marks: tuple[int, int, int, int], side: int = 64) -> Ink:
    """Return a bar of 20×10 at (22, 27) and marks (top, left, height, width), each pixel a cell at a side of 64."""
    sheet = np.zeros((side, side), dtype=np.float32)
    for top, left, height, width in ((22, 27, 20, 10), *marks):
        sheet[top : top + height, left : left + width] = 1
    return sheet


def _is_removed(*marks: tuple[int, int, int, int]) -> bool:
    sheet = _sheet(*marks)
    cleaned = remove_specks(sheet)
    if cleaned is sheet:
        return False
    assert (cleaned == _sheet()).all()
    return True


@pytest.mark.parametrize(
    ("height", "width", "reach"),
    [
        (20, 1, 20),  # a tenth of the bar's ink: as far as the bar is long
        (19, 1, 5),
        (4, 4, 5),
        (5, 1, 5),  # a fortieth of it: a quarter of that
        (2, 2, 1),
        (1, 1, 1),
    ],
)
@pytest.mark.parametrize("side", ["above", "below", "left", "right"])
def test_the_larger_a_mark_the_farther_away_it_belongs_to_the_drawing(
    height: int, width: int, reach: int, side: str
) -> None:
    def mark(distance: int) -> tuple[int, int, int, int]:
        match side:
            case "above":
                return 22 - distance - width, 30, width, height
            case "below":
                return 42 + distance, 30, width, height
            case "left":
                return 30, 27 - distance - width, height, width
        return 30, 37 + distance, height, width

    assert not _is_removed(mark(reach))
    assert _is_removed(mark(reach + 1))


def test_distances_are_euclidean() -> None:
    assert not _is_removed((46, 40, 4, 4))  # 4 down and 3 across: 5
    assert _is_removed((46, 41, 4, 4))


def test_a_mark_near_a_stroke_of_the_drawing_belongs_to_it() -> None:
    assert _is_removed((22, 3, 4, 4))
    # The stroke between belongs to the bar, and the mark to the stroke.
    assert not _is_removed((22, 3, 4, 4), (22, 10, 10, 5))
    assert not _is_removed((22, 10, 10, 5), (22, 3, 4, 4), (28, 3, 4, 4))


@pytest.mark.parametrize(("ink", "removed"), [(0.24, False), (0.26, True)])
@pytest.mark.parametrize("peak", [0.5, 1.0])
def test_faint_marks_are_not_looked_at(ink: float, removed: bool, peak: float) -> None:
    sheet = _sheet((2, 2, 2, 2)) * np.float32(peak)
    sheet[2:4, 2:4] = ink * peak
    assert (remove_specks(sheet) is not sheet) == removed


def test_without_a_main_component_everything_is_the_drawing() -> None:
    # Of all ink, the bar has 200 of 488 pixels, or of 504.
    marks = [(top, left, 4, 4) for left in (0, 5, 10, 15) for top in range(0, 60, 5)]
    assert _is_removed(*marks[:18])
    assert not _is_removed(*marks[:19])


@pytest.mark.parametrize(("length", "removed"), [(4, False), (5, True)])
def test_a_drawing_of_dots_stays(length: int, removed: bool) -> None:
    sheet = np.zeros((64, 64), dtype=np.float32)
    sheet[30, 20 : 20 + length], sheet[5, 60] = 1, 1
    assert (remove_specks(sheet) is not sheet) == removed


def test_soft_edges_go_with_their_mark_but_not_those_of_the_drawing() -> None:
    sheet = _sheet((2, 2, 2, 2))
    sheet[1:5, 1:5] = np.maximum(sheet[1:5, 1:5], 0.1)
    sheet[21:43, 26:38] = np.maximum(sheet[21:43, 26:38], 0.1)
    cleaned = remove_specks(sheet)
    assert not cleaned[:10, :10].any()
    assert (cleaned[10:] == sheet[10:]).all()
    # A mark that is nearly beside the drawing: the cells between are the drawing's.
    near = _sheet((10, 30, 10, 1))
    near[20, 30], near[21, 30] = 0.2, 0.2
    cut = remove_specks(np.where(near == 1, near, near))
    assert cut is near or (cut[21:] == near[21:]).all()


@pytest.mark.parametrize(("side", "cell"), [(64, 1), (65, 2), (128, 2), (129, 3)])
def test_the_grid_has_at_most_64_cells(side: int, cell: int) -> None:
    sheet = _sheet(side=side)
    sheet[0, 0] = 1
    sheet[cell, cell], sheet[2 * cell, 2 * cell] = 0.2, 0.2
    cleaned = remove_specks(sheet)
    assert cleaned[0, 0] == cleaned[cell, cell] == 0
    assert cleaned[2 * cell, 2 * cell] == np.float32(0.2), "two cells away is another cell's"
