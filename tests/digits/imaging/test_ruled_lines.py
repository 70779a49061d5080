"""What else is on a page than the drawing: the page round the canvas, lines, and faint print."""

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from inknet.digits import NoInkError, PenDigit, normalize, read_ink
from inknet.digits.drawing.canvas import draw_on_canvas, place_on_canvas
from inknet.digits.imaging.borders import Border
from inknet.digits.imaging.ruled_lines import crop_to_canvas, remove_printed_guides, remove_ruled_lines
from tests.digits.helpers import encode


def _picture(digit: PenDigit, ink: int = 0, paper: int = 255) -> Image.Image:
    share = place_on_canvas(digit.strokes, size=0.5, pen=14).astype(np.float64) / 255
    return Image.fromarray(np.rint(share * ink + (1 - share) * paper).astype(np.uint8))


def _differ(one: Image.Image | bytes, other: Image.Image) -> float:
    return float(np.abs(normalize(read_ink(one)) - normalize(read_ink(other))).mean())


@pytest.mark.parametrize(("ink", "paper", "page"), [(0, 255, 40), (255, 0, 255), (30, 255, 238), (0, 200, 120)])
def test_a_canvas_on_a_page(ink: int, paper: int, page: int, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        canvas = _picture(digit, ink, paper)
        whole = Image.new("L", (420, 360), page)
        whole.paste(canvas, (90, 35))
        assert _differ(whole, canvas) < 0.02
        assert _differ(encode(whole, "JPEG", quality=70), canvas) < 0.02


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


@pytest.mark.parametrize(("step", "shade", "both"), [(10, 221, True), (28, 160, True), (40, 90, False), (28, 0, True)])
def test_ruled_lines(step: int, shade: int, both: bool, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        page = _picture(digit)
        ruled = Image.new("L", page.size, 255)
        pencil = ImageDraw.Draw(ruled)
        for at in range(step, 280, step):
            pencil.line((0, at, 279, at), fill=shade)
            if both:
                pencil.line((at, 0, at, 279), fill=shade)
        assert _differ(ImageChops.darker(ruled, page), page) < 0.02


def test_a_box_inside_a_margin(held_out: list[PenDigit]) -> None:
    page = _picture(held_out[0])
    boxed = page.copy()
    ImageDraw.Draw(boxed).rectangle((9, 9, 270, 270), outline=0, width=3)
    assert _differ(boxed, page) == 0


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


@pytest.mark.parametrize("shade", [200, 225])
def test_a_faint_digit_to_write_over(shade: int, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        page = _picture(digit)
        printed = Image.new("L", page.size, 255)
        ImageDraw.Draw(printed).text((140, 140), "8", font=ImageFont.load_default(200), fill=shade, anchor="mm")
        assert _differ(ImageChops.darker(printed, page), page) < 0.02


def test_soft_edges_are_no_print(held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(0)
    for digit in held_out[::30]:
        ink = draw_on_canvas(digit.strokes, rng).astype(np.float32) / np.float32(255)
        assert remove_printed_guides(ink) is ink


@pytest.mark.parametrize("seed", range(120))
def test_any_page_is_read_or_blank(seed: int) -> None:
    # Boxes, stripes and noise in the sizes in which furniture is looked for.
    rng = np.random.default_rng(seed)
    height, width = (64, int(rng.integers(64, 1500))) if seed % 5 == 0 else rng.integers(60, 140, 2).tolist()
    page = np.full((height, width), rng.integers(256), dtype=np.uint8)
    for _ in range(rng.integers(0, 6)):
        row, column = rng.integers(0, height), rng.integers(0, width)
        page[row : row + rng.integers(1, height), column : column + rng.integers(1, width)] = rng.integers(256)
    if rng.random() < 0.3:
        page = np.clip(page + rng.normal(0, rng.uniform(0, 60), page.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        page[:: int(rng.integers(2, 30))] = rng.integers(256)
    if rng.random() < 0.3:
        page = np.stack([np.roll(page, rng.integers(-9, 9), axis=1) for _ in range(rng.integers(3, 5))], axis=2)
    try:
        image = normalize(read_ink(page))
    except NoInkError:
        return
    assert image.max() == 1
    assert (normalize(image) == image).all()
