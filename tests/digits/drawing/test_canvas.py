"""Drawing on a canvas: the pen, the size, the slant and the place are those that were asked for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import PenDigit
from inknet.digits.drawing.canvas import draw_on_canvas, place_on_canvas
from tests.digits.helpers import SEVEN

CROSS = [np.array([[0.0, 0.0], [4.0, 4.0]]), np.array([[0.0, 4.0], [4.0, 0.0]])]
UPRIGHT = [np.array([[0.0, 0.0], [0.0, 10.0]])]


def box(plane: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return the first and last row, and the first and last column, with more than half ink."""
    rows, columns = np.flatnonzero((plane > 127).any(axis=1)), np.flatnonzero((plane > 127).any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def test_the_shipped_model_learned_from_these() -> None:
    # Other numbers mean another shipped model: it would no longer come out of its recipe bit for bit.
    rng = np.random.default_rng(3)
    ink = [int(draw_on_canvas(SEVEN, rng).sum()) for _ in range(12)]
    expected = [1278479, 1101744, 1745484, 858968, 912330, 1339775, 1893896, 868678, 1422119, 1503072, 2687028, 1256224]
    assert ink == pytest.approx(expected, rel=1e-4)


def test_the_pen_is_at_most_a_third_of_the_drawing() -> None:
    # A pen of 8 to 32 pixels on drawings of 70 to 266: some would be blots.
    rng = np.random.default_rng(3)
    for _ in range(60):
        plane = draw_on_canvas(UPRIGHT, rng)
        height, width = (np.ptp(np.flatnonzero(plane.any(axis=axis))) + 1 for axis in (1, 0))
        assert width <= height / 3 + height * np.tan(np.radians(15)) + 3


@pytest.mark.parametrize("size", [0.25, 0.5, 0.95])
@pytest.mark.parametrize("position", [(0, 0), (1, 0), (0.5, 1)])
def test_size_and_position(size: float, position: tuple[float, float]) -> None:
    top, bottom, left, right = box(place_on_canvas(CROSS, pen=10, size=size, position=position))
    assert bottom - top + 1 == pytest.approx(280 * size, abs=1)
    assert right - left + 1 == pytest.approx(280 * size, abs=1)
    free = 280 * (1 - size)
    assert [left, top] == pytest.approx([position[0] * free, position[1] * free], abs=1)


def test_where_a_drawing_began_does_not_matter() -> None:
    moved = [stroke * 3 + np.array([50.0, -7.0]) for stroke in CROSS]
    assert (place_on_canvas(moved, position=(0.2, 0.9)) == place_on_canvas(CROSS, position=(0.2, 0.9))).all()
    # A dot has no size to be scaled to.
    assert (place_on_canvas([np.full((2, 2), 9.0)]) == place_on_canvas([np.zeros((1, 2))])).all()


def test_without_options_a_drawing_is_upright_whole_and_in_the_middle() -> None:
    stated = place_on_canvas(CROSS, pen=20, size=0.7, slant=0, position=(0.5, 0.5), beyond=0, dots=False)
    assert (place_on_canvas(CROSS) == stated).all()


@pytest.mark.parametrize("pen", [8.0, 20.0, 32.0])
def test_pen(pen: float) -> None:
    plane = place_on_canvas(UPRIGHT, pen=pen, size=0.5)
    # Across the middle of an upright line there is the pen's diameter of ink.
    assert plane[140].sum() / 255 == pytest.approx(pen, abs=0.1)


def test_slant_leans_the_upper_end_to_the_left() -> None:
    plane = place_on_canvas(UPRIGHT, pen=4, size=0.5, slant=np.radians(20))
    top, bottom, left, right = box(plane)
    assert (right - left - 3) / (bottom - top - 3) == pytest.approx(np.tan(np.radians(20)), abs=0.02)
    assert np.flatnonzero(plane[top])[0] < np.flatnonzero(plane[bottom])[0]


def test_beyond_the_border_ink_is_cut_off() -> None:
    whole = place_on_canvas(CROSS, pen=10, size=0.5, position=(0, 0))
    cut = place_on_canvas(CROSS, pen=10, size=0.5, position=(0, 0), beyond=0.1)
    # A tenth of 140 pixels is out of sight, to the left and above; the rest is as it was.
    assert (cut[:266, :266] == whole[14:, 14:]).all()
    assert cut[0].any()


def test_dots_are_the_points_and_nothing_between(held_out: list[PenDigit]) -> None:
    plane = place_on_canvas([np.array([[0.0, 0.0], [10.0, 0.0]])], pen=20, size=0.9, dots=True)
    assert plane[140, 140] == 0
    assert plane[140, 24] == plane[140, 280 - 25] == 255
    strokes = held_out[0].strokes
    assert (place_on_canvas(strokes, dots=True) <= place_on_canvas(strokes)).all()
