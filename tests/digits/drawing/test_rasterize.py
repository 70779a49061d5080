import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inknet.digits import ImageError, NoInkError, PenDigit, ink_strokes, normalize
from inknet.digits.drawing.rasterize import fit_points, rasterize
from tests.digits.helpers import center_of_mass, extent, one_sentence

Points = list[tuple[float, float]]

coordinates = st.integers(-500, 500).map(float)
drawings = st.lists(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=8), min_size=1, max_size=4)


def _arrays(drawing: list[Points]) -> list[NDArray[np.float64]]:
    return [np.array(stroke) for stroke in drawing]


def test_a_single_pixel_under_a_dot() -> None:
    # A pen of radius 13 at (20, 20). Along row 19 the center of the pixel x is at (x + ½, 19½): at x = 32 it is
    # √(12½² + ½²) = 12.50999… away, so 13 + ½ − 12.50999… = 0.99000… of it is inked, floor(0.99 × 255 + ½) = 252.
    plane = rasterize([np.array([[20.0, 20.0]])], 13)
    assert plane[19, 32] == math.floor((13.5 - math.sqrt(156.5)) * 255 + 0.5) == 252
    # One further, √(13½² + ½²) = 13.509 > 13½: nothing. Inside, all of it.
    assert plane[19, 33] == 0
    assert plane[19, 31] == 255
    # The circle around (20, 20) is symmetric: columns x and 39 − x.
    assert (plane[:40, :40] == plane[:40, :40][:, ::-1]).all()
    assert (plane[:40, :40] == plane[:40, :40].T).all()
    assert plane[40:].max() == plane[:, 40:].max() == 0


@pytest.mark.parametrize("at", [-8.0, -3.5, 0.0, 8.0])
def test_what_lies_beyond_an_edge_is_cut_off(at: float) -> None:
    # A quarter of a disc in one corner, and in the opposite one.
    first, last = (rasterize([np.array([[place, place]])], 13) for place in (at, 280 - at))
    inside = rasterize([np.array([[at + 100, at + 100]])], 13)
    assert (first[:180, :180] == inside[100:, 100:]).all()
    assert (last == first[::-1, ::-1]).all()
    assert first.any()


def test_a_dot_becomes_a_disc_in_the_middle() -> None:
    image = ink_strokes([[[3.7, -100.0]]])
    # Its center is at 13 of the plane, its mass at index 12½; floor((144½ − 12½) / 10 + ½) = 13 cells down and right:
    # 143 of the plane. So the disc reaches from 130 to 156: the cells 13, 14 and 15.
    assert extent(image) == (3, 3)
    assert (image[13:16, 13:16] == image[13:16, 13:16].T).all()
    # The cell in the middle, 140 to 150, is at most 7√2 = 9.9 from the center: full. The corner cell 150 to 160 begins
    # 7√2 away as well, and ends far outside.
    assert image[14, 14] == 255
    assert 0 < image[15, 15] < image[14, 15] < 255
    # All the ink is the disc's: π 13² of the plane, 100 to a cell, apart from rounding at the edge.
    assert image.sum() / 255 * 100 == pytest.approx(math.pi * 13**2, rel=0.01)


def test_a_horizontal_line() -> None:
    image = ink_strokes([[[0, 0], [50, 0], [200, 0]]])
    # 200 wide with the pen: 20 cells. Its mass is at column index 99½, so floor(45 / 10 + ½) = 5 cells right, exactly
    # 4½; at row index 12½, 13 cells down as above.
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (13, 15, 5, 24)
    # The line is 26 high, from 130 to 156: full in two cells; in the third 6 rows full, and none of the seventh, whose
    # center is half a pixel outside: 13.5 − 13.5 = 0. So floor(6/10 × 255 + ½) = 153.
    assert image[13, 15] == image[14, 15] == 255
    assert image[15, 15] == 153
    # The round ends are mirror images.
    assert (image[:, 5:25] == image[:, 5:25][:, ::-1]).all()


def test_a_line_drawn_back_over_itself_is_inked_once() -> None:
    once = ink_strokes([[[0, 0], [30, 80]]])
    assert (ink_strokes([[[0, 0], [30, 80], [0, 0]]]) == once).all()
    assert (ink_strokes([[[0, 0], [30, 80]], [[0, 0]]]) == once).all()


def test_points_are_rounded_to_sixteenths_and_repeated_ones_dropped() -> None:
    # The scale is (200 − 26) / 174 = 1, so the unit is the plane's; 1/33 is below 1/32, and rounds to nothing.
    (points,) = fit_points([np.array([[0, 0], [1 / 33, 0], [0.1, 0], [174, 0], [174, 0]])])
    assert points.tolist() == [[13, 13], [13 + 2 / 16, 13], [187, 13]]


def test_a_digit_wider_than_it_is_high_is_moved_no_further_than_the_border() -> None:
    # All the ink is at the left end, but for a long thin arm: the mass asks for more than the plane has.
    blob = [[x, y] for x in range(0, 41, 10) for y in (-200, 200)]
    image = ink_strokes([blob, [[0, 0], [400, 0]]])
    assert extent(image)[1] == 20
    assert image[:, -1].any()
    assert center_of_mass(image)[1] < 13.5


def test_a_drawing_whose_mass_is_at_its_far_end_is_not_moved_over_the_near_border() -> None:
    # A dot at the upper end, all the rest at the lower: the mass asks for a cell less than none.
    image = ink_strokes([[[0, 0]], [[0, 3], [4, 4]]])
    assert extent(image) == (20, 20)
    assert not image[20:].any()


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(drawings, st.sampled_from([2.0**power for power in (-20, -3, 1, 12)]), st.integers(-64, 64))
def test_where_and_how_large_it_was_drawn_changes_nothing(drawing: list[Points], scale: float, shift: int) -> None:
    strokes = _arrays(drawing)
    # Whole numbers and powers of two: no rounding, so exactly nothing.
    moved = [(stroke + shift) * scale for stroke in strokes]
    assert (ink_strokes(moved) == ink_strokes(strokes)).all()


@settings(deadline=None, max_examples=60)
@given(drawings, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_rounding_moves_a_point_by_at_most_a_sixteenth(drawing: list[Points], scale: float, shift: float) -> None:
    before = fit_points(_arrays(drawing))
    after = fit_points([stroke * scale + shift for stroke in _arrays(drawing)])
    # Points that have become equal are dropped; the ends of each stroke remain to compare.
    for old, new in zip(before, after, strict=True):
        assert np.abs(old[[0, -1]] - new[[0, -1]]).max() <= 1 / 16


@pytest.mark.parametrize(("scale", "shift"), [(0.37, 12.34), (3.1, -777.7), (97.3, 0.001)])
def test_a_real_digit_is_the_same_at_any_size_and_place(scale: float, shift: float, held_out: list[PenDigit]) -> None:
    for digit in held_out[::40]:
        moved = ink_strokes([stroke * scale + shift for stroke in digit.strokes])
        there = ink_strokes(digit.strokes).astype(int)
        assert np.abs(moved - there).max() <= 2
        assert np.abs(moved - there).mean() < 0.02


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(drawings)
def test_the_longer_side_is_20_and_the_center_of_mass_in_the_middle(drawing: list[Points]) -> None:
    image = ink_strokes(_arrays(drawing))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    points = np.concatenate(_arrays(drawing))
    height, width = extent(image)
    if np.ptp(points, axis=0).max() > 0:
        assert max(height, width) == 20
    for axis, size in enumerate((height, width)):
        start = int(np.flatnonzero(image.any(axis=1 - axis))[0])
        # Half a pixel of rounding to whole cells, and what rounding of cells to 255 steps adds; 14 is MNIST's center.
        limited = start == 0 or start + size == 28
        assert limited or abs(center_of_mass(image)[axis] - 14) <= 0.56


@pytest.mark.slow
def test_what_was_inked_is_normal_already(held_out: list[PenDigit]) -> None:
    for digit in held_out[:: len(held_out) // 300]:
        ink = ink_strokes(digit.strokes).astype(np.float32) / np.float32(255)
        assert (normalize(ink) == ink).all()


def test_a_wider_pen_leaves_more_ink_in_the_same_box(held_out: list[PenDigit]) -> None:
    thin, wide = ink_strokes(held_out[0].strokes, 18), ink_strokes(held_out[0].strokes, 36)
    assert max(extent(thin)) == max(extent(wide)) == 20
    assert wide.sum() > 1.5 * thin.sum()


@pytest.mark.parametrize("strokes", [[], [[]], [[], []], [np.empty((0, 2))]])
def test_no_points_is_no_ink(strokes: list[list[list[float]]]) -> None:
    with pytest.raises(NoInkError) as caught:
        ink_strokes(strokes)
    assert "no points" in one_sentence(caught.value)


@pytest.mark.parametrize(
    "stroke",
    [
        [[0, math.nan]],
        [[math.inf, 0], [1, 1]],
        [[-1.7e308, 0], [1.7e308, 0]],
        [["a", "b"]],
        [[1, 2, 3]],
        [1, 2],
        [[1, 2], [3]],
        [[[1, 2]]],
        [{"x": 1, "y": 2}],
        [None],
        [[1, None]],
        "line",
        5,
    ],
)
def test_what_is_no_list_of_points(stroke: object) -> None:
    with pytest.raises(ImageError) as caught:
        ink_strokes([[[0, 0], [1, 1]], stroke])  # type: ignore[list-item]
    assert "stroke" in one_sentence(caught.value)


@pytest.mark.parametrize("far", [1e-140, 1e9, 1e150])
def test_coordinates_of_any_size(far: float) -> None:
    assert (ink_strokes([[[-far, 0], [far, 0]]]) == ink_strokes([[[0, 0], [1, 0]]])).all()


def test_points_as_close_as_can_be_are_a_dot() -> None:
    assert (ink_strokes([np.array([[0, 0], [5e-324, 0]])]) == ink_strokes([[[0, 0]]])).all()
