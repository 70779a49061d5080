import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from inknet.digits.raster.quadrilateral import convex_hull, cosines, enclosing_quadrilateral, fill_polygon, rectify

Points = NDArray[np.float64]


def _area(polygon: Points) -> float:
    """Return the area, positive if the corners go clockwise on the screen."""
    (x, y), (u, v) = polygon.T, np.roll(polygon, -1, axis=0).T
    return float((x * v - u * y).sum() / 2)


def _in_order(polygon: Points, first: tuple[float, float]) -> list[list[float]]:
    """Return the corners from one on."""
    start = int(np.abs(polygon - first).sum(axis=1).argmin())
    return np.roll(polygon, -start, axis=0).round(6).tolist()


def test_the_hull_of_an_l() -> None:
    mask = np.zeros((6, 7), dtype=np.bool_)
    mask[1:5, 2] = True
    mask[4, 2:6] = True
    assert _in_order(convex_hull(mask), (2, 1)) == [[2, 1], [3, 1], [6, 4], [6, 5], [2, 5]]


@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(1, 12), st.floats(0.05, 1))
def test_a_hull_is_convex_and_holds_every_pixel(seed: int, height: int, width: int, density: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < density
    mask[height // 2, width // 2] = True
    hull = convex_hull(mask)
    y, x = np.nonzero(mask)
    corners = np.concatenate([np.stack([x + i, y + j], axis=1) for i in (0, 1) for j in (0, 1)])
    sides = np.roll(hull, -1, axis=0) - hull
    for corner, side in zip(hull, sides, strict=True):
        away = corners - corner
        assert (side[0] * away[:, 1] - side[1] * away[:, 0] >= 0).all()
    assert {tuple(corner) for corner in hull.tolist()} <= {tuple(corner) for corner in corners.tolist()}


def test_cut_corners_come_back() -> None:
    # A rectangle whose corners were cut off by 1, 2, 3 and 4.
    cut = [[11, 10], [48, 10], [50, 12], [50, 37], [47, 40], [14, 40], [10, 36], [10, 11]]
    quad = enclosing_quadrilateral(np.array(cut, dtype=np.float64), (60, 60))
    assert _in_order(quad, (10, 10)) == [[10, 10], [50, 10], [50, 40], [10, 40]]


def test_a_corner_beyond_the_image_comes_back() -> None:
    # Cut off by the right edge of the image; the cut is longer than the upper side.
    cut = [[20, 20], [30, 12], [60, 36], [60, 47], [52, 56]]
    quad = enclosing_quadrilateral(np.array(cut, dtype=np.float64), (60, 60))
    assert len(quad) == 4
    assert quad[:, 0].max() > 60
    assert _area(quad) > _area(np.array(cut, dtype=np.float64))


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
@pytest.mark.parametrize(("distance", "is_cut_off"), [(2, True), (3, False)])
def test_an_edge_along_that_of_the_image_is_where_it_was_cut_off(side: str, distance: int, is_cut_off: bool) -> None:
    # A rectangle of 100×80 without a corner, at the left and above or at the right and below, and far from other sides.
    hull = np.array([[30.0, 0], [100, 0], [100, 80], [0, 80], [0, 20]])
    if side in {"right", "bottom"}:
        hull = [100, 80] - hull
    left, top, right, bottom = (distance if name == side else 9 for name in ("left", "top", "right", "bottom"))
    corner = np.array([left, top])
    quad = enclosing_quadrilateral(hull + corner, (80 + top + bottom, 100 + left + right)) - corner
    is_rectangle = sorted(quad.round(6).tolist()) == [[0, 0], [0, 80], [100, 0], [100, 80]]
    assert is_rectangle != is_cut_off
    assert len(quad) == 4
    assert _area(quad) > 0


@pytest.mark.parametrize(("rise", "meets"), [(0.36, False), (0.39, True)])
def test_edges_that_are_nearly_parallel_do_not_meet(rise: float, meets: bool) -> None:
    # A strip of paper, cut off at the right edge of the image, whose sides enclose an angle of 0.0096 or 0.0104.
    hull = np.array([[30, 10], [100, 10 + rise], [100, 50 - rise], [20, 50], [20, 20]])
    quad = enclosing_quadrilateral(hull, (60, 100))
    assert len(quad) == 4
    assert quad[:, 0].max() == 100 if not meets else quad[:, 0].max() > 1000


def test_a_sliver_whose_edges_never_meet_stays() -> None:
    sliver = np.array([[0, 0], [250, -0.3], [500, -0.4], [750, -0.3], [1000, 0]])
    assert (enclosing_quadrilateral(sliver, (60, 1000)) == sliver).all()


def test_a_desk_in_a_corner_of_the_image_stays_out() -> None:
    # Less would be added at the corner than beyond the image, but there it costs nothing.
    cut = np.array([[30, 0], [100, 0], [100, 80], [0, 80], [0, 20]], dtype=np.float64)
    quad = enclosing_quadrilateral(cut, (80, 100))
    assert len(quad) == 4
    assert not fill_polygon(quad, (80, 100))[:6, :6].any()
    assert np.abs(cosines(quad)).max() > 0.5


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=40))
def test_a_quadrilateral_holds_its_hull(pixels: list[tuple[int, int]]) -> None:
    mask = np.zeros((31, 41), dtype=np.bool_)
    mask[[y for _, y in pixels], [x for x, _ in pixels]] = True
    hull = convex_hull(mask)
    quad = enclosing_quadrilateral(hull, mask.shape)
    sides = np.roll(quad, -1, axis=0) - quad
    for corner, side in zip(quad, sides, strict=True):
        away = (hull - corner) / max(1, np.hypot(*side))
        assert (side[0] * away[:, 1] - side[1] * away[:, 0] >= -1e-6).all()
    assert np.isfinite(quad).all()


def test_the_mask_of_a_polygon() -> None:
    mask = fill_polygon(np.array([[2.0, 1], [6, 1], [6, 4], [2, 4]]), (8, 9))
    expected = np.zeros((8, 9), dtype=np.bool_)
    expected[1:4, 2:6] = True
    assert (mask == expected).all()
    # The centers of pixels above the diagonal, and on it.
    assert (fill_polygon(np.array([[0.0, 0], [5, 0], [5, 5]]), (5, 5)) == np.triu(np.ones((5, 5)))).all()
    assert fill_polygon(np.array([[-50.0, -50], [90, -50], [90, 90], [-50, 90]]), (8, 9)).all()


def test_cosines_of_the_corners() -> None:
    assert cosines(np.array([[0.0, 0], [2, 0], [2, 1], [0, 1]])) == pytest.approx([0, 0, 0, 0])
    # 90°, 135°, 45° and 90°.
    corners = np.array([[0.0, 0], [1, 0], [2, 1], [0, 1]])
    assert cosines(corners) == pytest.approx([0, -np.sqrt(0.5), np.sqrt(0.5), 0])


def test_a_rectangle_is_cropped() -> None:
    values = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    corners = np.array([[10.0, 5], [30, 5], [30, 35], [10, 35]])
    # Wherever the corners begin.
    for first in range(4):
        cropped = np.asarray(rectify(Image.fromarray(values), np.roll(corners, first, axis=0)))
        assert (cropped == values[5:35, 10:30]).all()


def test_perspective_is_undone() -> None:
    # Half as large, so twice as far away, at the upper side. Halfway, at 3/2 of the distance, it appears 80 / (3/2)
    # wide, which is a third of the way down.
    shade = np.zeros((120, 120), dtype=np.uint8)
    shade[40:] = 200
    corners = np.array([[40.0, 0], [80, 0], [100, 120], [20, 120]])
    sheet = np.asarray(rectify(Image.fromarray(shade), corners))
    height, width = sheet.shape
    assert width == 60
    assert height == round(np.hypot(20, 120))
    edge = int((sheet[:, 30] > 100).argmax()) / height
    assert edge == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    "corners", [[[15, 10], [90, 25], [100, 110], [5, 80]], [[5, 5], [110, 40], [100, 80], [10, 115]]], ids=str
)
def test_the_diagonals_meet_in_the_middle(corners: list[list[int]]) -> None:
    # A homography keeps straight lines, and so where they meet.
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    along = ((bx - ax) * (dy - by) - (by - ay) * (dx - bx)) / ((cx - ax) * (dy - by) - (cy - ay) * (dx - bx))
    x, y = ax + along * (cx - ax), ay + along * (cy - ay)
    rows, columns = np.mgrid[:120, :120] + 0.5
    dot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)
    sheet = np.asarray(rectify(Image.fromarray(dot.astype(np.float32)), np.array(corners, dtype=np.float64)))
    height, width = sheet.shape
    middle = np.unravel_index(sheet.argmax(), sheet.shape)
    assert np.add(middle, 0.5) == pytest.approx([height / 2, width / 2], abs=1.5)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_turned_square(mode: str) -> None:
    picture = Image.new(mode, (100, 100))
    corners = np.array([[50.0, 10], [90, 50], [50, 90], [10, 50]])
    assert rectify(picture, corners).size == (57, 57)
    assert rectify(picture, corners).mode == mode
