"""The page around a canvas."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inknet.digits import PenDigit, read_ink
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.imaging.borders import Border
from inknet.digits.imaging.page import crop_to_canvas
from tests.digits.helpers import difference_in_ink, draw_on_paper, encode

Plane = NDArray[np.float32]


@pytest.mark.parametrize(("ink", "paper", "page"), [(0, 255, 40), (255, 0, 255), (30, 255, 238), (0, 200, 120)])
def test_a_canvas_on_a_page(ink: int, paper: int, page: int, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        canvas = draw_on_paper(digit, ink, paper)
        whole = Image.new("L", (420, 360), page)
        whole.paste(canvas, (90, 35))
        assert difference_in_ink(whole, canvas) < 0.02
        assert difference_in_ink(encode(whole, "JPEG", quality=70), canvas) < 0.02


@pytest.mark.slow
def test_what_is_no_canvas_stays(held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(0)
    for digit in held_out[::5]:
        page = 1 - draw_on_canvas(digit.strokes, rng).astype(np.float32) / np.float32(255)
        assert crop_to_canvas(page, Border(page)) is page
    # Thick ones.
    one = np.ones((200, 200), dtype=np.float32)
    one[20:180, 80:120] = 0
    assert crop_to_canvas(one, Border(one)) is one
    bar = np.ones((200, 60), dtype=np.float32)
    bar[5:195, 5:55] = 0
    assert crop_to_canvas(bar, Border(bar)) is bar


def _page(height: int = 100, width: int = 120, canvas: tuple[int, int, int, int] = (20, 80, 30, 90)) -> Plane:
    """Return a gray page with a white canvas (top, bottom, left, right), and a dot in its middle."""
    top, bottom, left, right = canvas
    page = np.full((height, width), 0.5, dtype=np.float32)
    page[top:bottom, left:right] = 1
    page[(top + bottom) // 2, (left + right) // 2] = 0
    return page


def _crop(page: Plane) -> Plane:
    return crop_to_canvas(page, Border(page))


def test_the_canvas_without_its_outermost_pixels() -> None:
    page = _page()
    assert (_crop(page) == page[21:79, 31:89]).all()
    assert _crop(page).shape == (58, 58)
    # At 70 samples or more per side, every second pixel is looked at.
    large = np.kron(page, np.ones((2, 2), dtype=np.float32))
    assert _crop(large).shape == (115, 115)
    assert _crop(large)[0, 0] == 1


def test_paper_of_any_luminance() -> None:
    for level in (0.0, 0.25, 0.75, 0.9):
        page = _page()
        page[page == 1], page[50, 60] = level, 0.3
        assert _crop(page).shape == (58, 58)
    page[page == np.float32(0.9)] = 0.51
    assert _crop(page) is page, "too near to the page's own color"


@pytest.mark.parametrize(
    ("canvas", "found"),
    [
        ((10, 50, 10, 47), True),
        ((10, 40, 10, 48), False),  # 9.5 % of the page
        ((10, 90, 10, 46), True),
        ((10, 90, 10, 45), False),  # 29 % of its width
        ((10, 39, 10, 100), False),  # 29 % of its height
        ((10, 40, 10, 100), True),
    ],
)
def test_a_canvas_has_a_size(canvas: tuple[int, int, int, int], found: bool) -> None:
    page = _page(100, 120, canvas)
    assert (_crop(page) is not page) == found


@pytest.mark.parametrize(("length", "found"), [(16, True), (20, False)])
@pytest.mark.parametrize("edge", range(4))
def test_most_of_each_edge_is_paper(edge: int, length: int, found: bool) -> None:
    # A quarter or a third of the 58 pixels of an edge are ink.
    page = _page()
    sides = [page[20:22, 40:80], page[78:80, 40:80], page[30:70, 30:32].T, page[30:70, 88:90].T]
    sides[edge][:, :length] = 0
    assert (_crop(page) is not page) == found


@pytest.mark.parametrize(("rows", "found"), [(9, True), (11, False)])
@pytest.mark.parametrize("left", [5, 100])
@pytest.mark.parametrize("top", [2, 86])
def test_nearly_all_of_its_color_is_inside(rows: int, found: bool, left: int, top: int) -> None:
    # 5 % of the canvas are 189 pixels.
    page = _page()
    page[top : top + rows, left : left + 18] = 1
    assert (_crop(page) is not page) == found


def test_an_empty_canvas_stays() -> None:
    page = _page()
    page[50, 60] = 1
    assert _crop(page) is page


def test_stripes_are_not_a_canvas() -> None:
    page = np.full((100, 100), 0.5, dtype=np.float32)
    page[40:80:30], page[:, 40:80:30] = 1, 1
    page[::2, 10:22] = 0
    assert _crop(page) is page


@pytest.mark.parametrize("edge", range(4))
def test_the_outermost_pixels_of_a_canvas_need_not_be_paper(edge: int) -> None:
    # A third of an outermost row or column has another color.
    page = _page()
    (page[20, 30:90], page[79, 30:90], page[20:80, 30], page[20:80, 89])[edge][:20] = 0.7
    assert _crop(page).shape == (58, 58)


@pytest.mark.parametrize("edge", range(4))
@pytest.mark.parametrize(("beyond", "found"), [(0.0, False), (0.35, False), (0.45, True), (0.5, True)])
def test_no_stroke_crosses_the_edge_of_a_canvas(edge: int, beyond: float, found: bool) -> None:
    """It ends there; where paper lies half in a shadow, it goes on, in the luminance of ink in the shadow."""
    page = _page()
    page[(slice(0, 20), slice(80, 100), slice(45, 51), slice(45, 51))[edge], :][
        :, (slice(45, 51), slice(45, 51), slice(0, 30), slice(90, 120))[edge]
    ] = beyond
    page[(slice(20, 40), slice(60, 80), slice(45, 51), slice(45, 51))[edge], :][
        :, (slice(45, 51), slice(45, 51), slice(30, 50), slice(70, 90))[edge]
    ] = 0
    assert (_crop(page) is not page) == found


def _turned(page: Plane) -> list[Plane]:
    """Return a page with each of its sides above, and mirrored."""
    return [plane for turned in (page, page[::-1]) for plane in (turned, turned.T, turned[:, ::-1], turned.T[:, ::-1])]


def test_where_a_stroke_ends_the_edge_of_a_canvas_may_be_soft() -> None:
    page = _page()
    page[20:40, 45:51], page[19, 45:51] = 0, 0.25
    for turned in _turned(page):
        assert _crop(turned) is not turned
    page[18, 45:51] = 0.25
    for turned in _turned(page):
        assert _crop(turned) is turned


def test_beyond_a_canvas_at_the_edge_of_the_image_nothing_is_crossed() -> None:
    # On the other side of the page, where the stroke points to, there is a mark.
    page = _page(canvas=(1, 80, 30, 90))
    page[1:40, 45:51], page[99, 45:51] = 0, 0.2
    for turned in _turned(page):
        assert _crop(turned) is not turned
    page = _page(canvas=(2, 80, 30, 90))
    page[2:40, 45:51], page[:2, 45:51] = 0, 0.2
    for turned in _turned(page):
        assert _crop(turned) is turned


def test_a_stroke_along_one_edge_crosses_another() -> None:
    page = _page()
    page[79, 80:90], page[79, 90:] = 0, 0.2
    for turned in _turned(page):
        assert _crop(turned) is turned


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("at", [100, 150, 200])
@pytest.mark.parametrize("spread", [0, 3])
def test_paper_half_in_a_shadow_is_read_whole(axis: int, at: int, spread: int) -> None:
    paper = Image.new("L", (300, 300), 225)
    ImageDraw.Draw(paper).line([(70, 70), (210, 70), (120, 230)], fill=40, width=16)
    light = np.where(np.arange(300) < at, 1, 0.65)
    shadow = np.asarray(paper) * np.expand_dims(light, axis)
    noise = np.random.default_rng(0).normal(0, 1, shadow.shape) * spread
    page = np.clip(shadow + noise, 0, 255).astype(np.uint8)
    ink = read_ink(page) > 0.5
    rows, columns = (np.flatnonzero(ink.any(axis=other)) for other in (1, 0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == pytest.approx((62, 230, 70, 216), abs=12)
