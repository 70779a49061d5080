"""Ink that is as light as its paper, but of another color."""

import numpy as np
import pytest
from PIL import Image

from inknet.digits import PenDigit, normalize, read_ink
from inknet.digits.drawing.canvas import place_on_canvas
from inknet.digits.imaging.color_difference import color_difference
from tests.digits.helpers import encode

Color = tuple[int, int, int]


def _painted(digit: PenDigit, ink: Color | Image.Image, paper: Color) -> Image.Image:
    mask = Image.fromarray(place_on_canvas(digit.strokes))
    picture = Image.new("RGB", mask.size, paper)
    picture.paste(ink, mask=mask) if isinstance(ink, Image.Image) else picture.paste(ink, (0, 0), mask)
    return picture


@pytest.mark.parametrize(
    ("ink", "paper"),
    [((230, 20, 20), (20, 136, 20)), ((255, 255, 0), (255, 255, 255)), ((0, 90, 255), (120, 90, 60))],
)
def test_colors_of_one_luminance(ink: Color, paper: Color, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        black = normalize(read_ink(_painted(digit, (0, 0, 0), (255, 255, 255))))
        picture = _painted(digit, ink, paper)
        opaque = picture.convert("RGBA")
        for image in (picture, opaque, np.asarray(picture), np.asarray(opaque), encode(picture, "JPEG", quality=90)):
            assert np.abs(normalize(read_ink(image)) - black).mean() < 0.03


def test_a_rainbow_pen(held_out: list[PenDigit]) -> None:
    hue = Image.linear_gradient("L").resize((280, 280))
    full = Image.new("L", (280, 280), 255)
    rainbow = Image.merge("HSV", [hue, full, full]).convert("RGB")
    for digit in held_out[::300]:
        black = normalize(read_ink(_painted(digit, (0, 0, 0), (255, 255, 255))))
        assert np.abs(normalize(read_ink(_painted(digit, rainbow, (255, 255, 255)))) - black).mean() < 0.02


def test_luminance_will_do_where_it_tells_them_apart(held_out: list[PenDigit]) -> None:
    white, cream = (255, 255, 255), (250, 240, 200)
    for ink, paper in [((0, 0, 0), white), ((200, 30, 60), white), ((20, 20, 120), cream)]:
        assert color_difference(_painted(held_out[0], ink, paper)) is None
    assert color_difference(Image.new("RGB", (5, 5), (7, 7, 7))) is None
    assert color_difference(Image.new("RGB", (5, 5), cream)) is None


def test_differences_of_single_pixels() -> None:
    colors = np.full((9, 9, 3), [20, 136, 20], dtype=np.uint8)
    colors[4, 4] = [230, 20, 20]
    away = color_difference(Image.fromarray(colors))
    assert away is not None
    assert away[4, 4] == 255 - 210
    assert np.count_nonzero(away != 255) == 1


def test_shades_of_paper_are_one_color() -> None:
    # 64 shades of green, each rarer than the red ink, of the same luminance.
    rows, columns = np.mgrid[:20, :20] % 8
    colors = np.stack([16 + rows, 128 + columns, np.full((20, 20), 12)], axis=2).astype(np.uint8)
    colors[5:15, 8:12] = [230, 20, 12]
    away = color_difference(Image.fromarray(colors))
    assert away is not None
    assert (away[5:15, 8:12] == 255 - (230 - 19)).all()
    assert away[0].min() >= 255 - 4


@pytest.mark.parametrize(
    ("ink", "paper", "difference"), [((200, 23, 23), (20, 100, 100), 180), ((76, 76, 210), (100, 100, 20), 190)]
)
def test_two_equal_channels_are_not_gray(ink: Color, paper: Color, difference: int) -> None:
    picture = Image.new("RGB", (20, 20), paper)
    picture.paste(ink, (8, 5, 12, 15))
    away = color_difference(picture)
    assert away is not None
    assert away[10, 10] == 255 - difference
    assert away[0, 0] == 255


@pytest.mark.parametrize("shadow", [0, 30, 60, 90])
@pytest.mark.parametrize("light", [0.6, 0.75])
def test_a_highlighter_on_paper_in_a_shadow(shadow: int, light: float) -> None:
    # The shadow covers none or most of the paper, and hides a part of the ink.
    colors = np.full((100, 100, 3), [240, 239, 235], dtype=np.float64)
    colors[20:80, 45:52] = [246, 236, 95]
    colors[:, :shadow] *= light
    away = color_difference(Image.fromarray(colors.astype(np.uint8)))
    assert away is not None
    paper = np.where(np.arange(100) < shadow, away[5], away[95])
    assert (away[20:80, 45:52].astype(np.int16) < paper[45:52].astype(np.int16) - 70).all()


@pytest.mark.parametrize("shadow", [30, 60, 90])
def test_gray_and_black_ink_on_paper_in_a_shadow(shadow: int) -> None:
    for ink in ([160, 159, 157], [30, 30, 34]):
        colors = np.full((100, 100, 3), [240, 239, 235], dtype=np.float64)
        colors[20:80, 45:52] = ink
        colors[:, :shadow] *= 0.6
        assert color_difference(Image.fromarray(colors.astype(np.uint8))) is None


def _mosaic(paper: Color, *others: tuple[Color, int]) -> Image.Image:
    """Return 100 pixels, 10×10: so many of each other color, and paper for the rest."""
    colors = np.full((100, 3), paper, dtype=np.uint8)
    start = 0
    for color, count in others:
        colors[start : start + count] = color
        start += count
    return Image.fromarray(colors.reshape(10, 10, 3))


#: Green paper of luminance 129.35, ink of nearly the same, and ink that luminance shows.
GREEN, HIDDEN, SHOWN = (100, 150, 100), (190, 104, 100), (0, 0, 0)


@pytest.mark.parametrize(
    ("others", "is_hidden"),
    [
        ([(HIDDEN, 1), (SHOWN, 2)], True),
        ([(HIDDEN, 1), (SHOWN, 3)], False),  # a quarter
        ([((148, 126, 100), 9)], False),  # differs by 48 only
        ([((149, 126, 100), 9)], True),
        ([((130, 50, 100), 9)], True),  # 49.7 darker, of a difference of 100
        ([((129, 50, 100), 9)], False),  # 50.03
        ([((70, 250, 100), 9)], True),  # 49.7 lighter
        ([((71, 250, 100), 9)], False),
    ],
)
def test_where_luminance_hides_more_than_a_quarter(others: list[tuple[Color, int]], is_hidden: bool) -> None:
    assert (color_difference(_mosaic(GREEN, *others)) is not None) == is_hidden


@pytest.mark.parametrize(
    ("paper", "shade", "is_paper"),
    [
        ((100, 200, 60), (51, 102, 31), True),
        ((100, 200, 60), (50, 100, 30), False),  # half of the light
        ((50, 100, 30), (99, 198, 59), True),
        ((50, 100, 30), (100, 200, 60), False),  # twice the light
        ((200, 200, 200), (120, 120, 147), True),  # 23.9 more blue than a gray of the same luminance
        ((200, 200, 200), (120, 120, 148), False),
        ((200, 200, 200), (147, 120, 120), True),  # 18.9 more red
        ((200, 200, 200), (155, 120, 120), False),
    ],
)
def test_paper_in_another_light_has_nearly_the_same_color(paper: Color, shade: Color, is_paper: bool) -> None:
    # Ink of the paper's luminance is all ink there is, or a quarter of it.
    red, green, blue = paper
    hidden = (red + 55, green - 28, blue)
    assert (color_difference(_mosaic(paper, (hidden, 1), (shade, 3))) is not None) == is_paper


@pytest.mark.parametrize(("count", "is_lit"), [(2, False), (3, True)])
def test_differences_are_from_the_paper_that_the_light_falls_on(count: int, is_lit: bool) -> None:
    lit, shadow, ink = (150, 225, 150), GREEN, HIDDEN
    away = color_difference(_mosaic(shadow, (lit, count), (ink, 5)))
    assert away is not None
    # From the lit paper the shadow differs by 75; from the shadow, the lit paper.
    assert (away[0, 0], away[9, 9]) == ((255, 180) if is_lit else (180, 255))
    # Paper that is hardly lighter is in the same light.
    away = color_difference(_mosaic(shadow, ((132, 198, 132), 20), (ink, 5)))
    assert away is not None
    assert away[9, 9] == 255


def test_ink_on_black_paper() -> None:
    # Blue of 255 has a luminance of 29 only.
    away = color_difference(_mosaic((0, 0, 0), ((0, 0, 255), 10)))
    assert away is not None
    assert (away[0, 0], away[9, 9]) == (0, 255)


@pytest.mark.parametrize(("first", "is_seen"), [(0, False), (1, True)])
def test_every_second_column_of_192_is_looked_at(first: int, is_seen: bool) -> None:
    for axes in ((0, 1, 2), (1, 0, 2)):
        colors = np.full((8, 192, 3), GREEN, dtype=np.uint8)
        colors[:, first::4] = HIDDEN
        picture = Image.fromarray(np.ascontiguousarray(colors.transpose(axes)))
        assert (color_difference(picture) is not None) == is_seen
