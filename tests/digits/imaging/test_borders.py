"""Frames around a canvas: found, taken away, and never taken for what they are not."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inknet.digits import PenDigit, normalize, read_ink
from inknet.digits.drawing.canvas import place_on_canvas
from inknet.digits.imaging.borders import Border, crop_frame


def drawn(digit: PenDigit, ink: int, paper: int) -> Image.Image:
    """Return a drawing in the middle of a page."""
    share = place_on_canvas(digit.strokes).astype(np.float64) / 255
    return Image.fromarray(np.rint(share * ink + (1 - share) * paper).astype(np.uint8))


def framed(image: Image.Image, width: int, color: int) -> Image.Image:
    image = image.copy()
    ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=color, width=width)
    return image


@pytest.mark.parametrize("width", [1, 2, 5, 14])
@pytest.mark.parametrize(("ink", "paper", "color"), [(0, 255, 0), (0, 255, 180), (255, 0, 255), (60, 230, 255 - 60)])
def test_a_frame_changes_nothing(width: int, ink: int, paper: int, color: int, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        image = drawn(digit, ink, paper)
        plain, with_frame = (normalize(read_ink(one)) for one in (image, framed(image, width, color)))
        assert np.abs(plain - with_frame).max() < 0.02


def test_a_frame_in_a_jpeg(held_out: list[PenDigit]) -> None:
    image = drawn(held_out[0], 0, 255)
    buffer = io.BytesIO()
    framed(image, 3, 0).save(buffer, "JPEG", quality=80)
    assert np.abs(normalize(read_ink(image)) - normalize(read_ink(buffer.getvalue()))).mean() < 0.02


def test_a_frame_on_a_large_image_that_is_made_smaller(held_out: list[PenDigit]) -> None:
    large = drawn(held_out[0], 0, 255).resize((1500, 1500), Image.Resampling.BICUBIC)
    plain, with_frame = (normalize(read_ink(one)) for one in (large, framed(large, 2, 0)))
    assert np.abs(plain - with_frame).mean() < 0.02


def test_a_ring_of_pixels() -> None:
    plane = np.arange(20, dtype=np.float32).reshape(4, 5)
    border = Border(plane)
    assert border.values.tolist() == [0, 1, 2, 3, 4, 15, 16, 17, 18, 19, 0, 5, 10, 15, 4, 9, 14, 19]
    assert border.color == 9.5
    assert border.share(0.5) == 2 / 18
    assert border.share(5.5) == 8 / 18
    assert Border(plane, 1).values.tolist() == [6, 7, 8, 11, 12, 13, 6, 11, 8, 13]


def test_what_is_no_frame_stays(held_out: list[PenDigit]) -> None:
    page = np.asarray(drawn(held_out[0], 0, 255), dtype=np.float32) / np.float32(255)
    assert crop_frame(page, Border(page)) is page
    # A line along two sides only, and a frame too wide to be one.
    half = page.copy()
    half[0], half[:, 0] = 0, 0
    assert crop_frame(half, Border(half)) is half
    wide = np.asarray(framed(drawn(held_out[0], 0, 255), 30, 0), dtype=np.float32) / np.float32(255)
    assert crop_frame(wide, Border(wide)) is wide
    small = np.ones((10, 300), dtype=np.float32)
    assert crop_frame(small, Border(small)) is small


def test_ink_across_the_border_stays() -> None:
    page = np.ones((100, 100), dtype=np.float32)
    page[45:55] = 0
    assert crop_frame(page, Border(page)) is page


def test_only_the_frame_is_taken() -> None:
    page = np.ones((100, 120), dtype=np.float32)
    page[:3], page[-3:], page[:, :3], page[:, -3:] = 0.2, 0.2, 0.2, 0.2
    page[50, 60] = 0
    inside = crop_frame(page, Border(page))
    assert inside.shape == (94, 114)
    assert inside[47, 57] == 0
    assert (inside == 1).sum() == inside.size - 1


@pytest.mark.parametrize(("width", "is_frame"), [(1, True), (5, True), (6, False)])
def test_a_frame_is_at_most_a_twentieth_of_the_shorter_side_wide(width: int, is_frame: bool) -> None:
    page = np.ones((100, 150), dtype=np.float32)
    page[width:-width, width:-width] = 0.5
    assert (crop_frame(page, Border(page)).shape == (100 - 2 * width, 150 - 2 * width)) == is_frame


def _framed(frame: float, width: int = 2) -> NDArray[np.float32]:
    """Return white paper of 100×100 in a frame."""
    page = np.full((100, 100), frame, dtype=np.float32)
    page[width:-width, width:-width] = 1
    return page


@pytest.mark.parametrize(("frame", "is_frame"), [(0.89, True), (0.91, False)])
def test_a_frame_has_another_color_than_the_paper(frame: float, is_frame: bool) -> None:
    page = _framed(frame)
    assert (crop_frame(page, Border(page)) is not page) == is_frame


@pytest.mark.parametrize(("length", "is_frame"), [(39, True), (41, False)])
def test_nine_tenths_of_a_frame_have_its_color(length: int, is_frame: bool) -> None:
    # The border has 400 pixels.
    page = _framed(0.5)
    page[0, 10 : 10 + length] = 0.56
    assert (crop_frame(page, Border(page)) is not page) == is_frame
    page[0, 10 : 10 + length] = 0.54
    assert crop_frame(page, Border(page)).shape == (96, 96)


@pytest.mark.parametrize(("length", "width"), [(38, 2), (39, 3)])
def test_three_fifths_of_the_paper_beside_a_frame_have_its_color(length: int, width: int) -> None:
    # The ring inside the frame has 384 pixels, the next one 376; ink on all four sides may have 153 of them.
    page = _framed(0.2)
    for side in (page, page[::-1], page.T, page.T[::-1]):
        side[2, 20 : 20 + length] = 0.7
    assert crop_frame(page, Border(page)).shape == (100 - 2 * width, 100 - 2 * width)


def test_a_thin_line_inside_the_border_is_no_frame() -> None:
    page = np.ones((100, 100), dtype=np.float32)
    page[2], page[-3], page[:, 2], page[:, -3] = 0, 0, 0, 0
    assert crop_frame(page, Border(page)) is page


def test_paper_fills_three_fifths_of_the_ring_inside_a_frame() -> None:
    # The ring inside the frame has 4 × 25 pixels; the rest of it is ink.
    page = np.zeros((27, 27), dtype=np.float32)
    page[1:-1, 1:-1] = 1
    page[1, 1:-1], page[2:-2, 1] = 0.5, 0.5
    page[1, 1:12] = 1
    ring = Border(page, 1)
    ink = int(np.count_nonzero(ring.values == 0.5))
    assert ring.values.size == 100
    page[-2, 2 : 2 + 40 - ink] = 0.5
    assert Border(page, 1).share(0) == 0.6
    assert crop_frame(page, Border(page)).shape == (25, 25)
    page[-2, 2 + 40 - ink] = 0.5
    assert Border(page, 1).share(0) == 0.59
    assert crop_frame(page, Border(page)) is page
