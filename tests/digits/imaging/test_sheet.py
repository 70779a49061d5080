"""Sheets of paper whose edge is in view."""

import io
from typing import Any

import numpy as np
import pytest
from experiments.measure_other_pages import measure
from experiments.other_pages import STROKE_CONDITIONS
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from inknet import Recognizer
from inknet.digits import PenDigit
from inknet.digits.imaging.sheet import _is_one_surface, crop_to_sheet

Corners = list[tuple[float, float]]
Color = tuple[int, int, int]

WHITE, DESK, INK = (240, 238, 232), (110, 80, 60), (40, 40, 60)
UPRIGHT: Corners = [(60, 40), (340, 40), (340, 260), (60, 260)]
TURNED: Corners = [(120, 30), (350, 90), (290, 270), (60, 210)]
TILTED: Corners = [(120, 40), (280, 40), (350, 260), (50, 260)]
SIDES = {"top": (0, 0, 399, 24), "bottom": (0, 275, 399, 299), "left": (0, 0, 24, 299), "right": (375, 0, 399, 299)}


def _scene(corners: Corners, paper: Color = WHITE, desk: Color = DESK, ink: Color = INK) -> Image.Image:
    """Return a sheet on a desk, 400×300, with a cross in the middle of the picture, and a sensor's noise."""
    picture = Image.new("RGB", (400, 300), desk)
    pencil = ImageDraw.Draw(picture)
    pencil.polygon(corners, fill=paper)
    pencil.line((170, 150, 230, 150), fill=ink, width=8)
    pencil.line((200, 120, 200, 180), fill=ink, width=8)
    return _with_noise(picture)


def _with_noise(picture: Image.Image) -> Image.Image:
    noise = np.random.default_rng(0).normal(0, 2, (picture.height, picture.width, 1))
    return Image.fromarray(np.clip(np.rint(np.asarray(picture) + noise), 0, 255).astype(np.uint8))


def _is_like(picture: Image.Image, color: Color, within: int = 30) -> NDArray[np.bool_]:
    """Return which pixels have a color."""
    return (np.abs(np.asarray(picture.convert("RGB"), dtype=np.int16) - color) < within).all(axis=2)


@pytest.mark.parametrize("corners", [UPRIGHT, TURNED, TILTED])
@pytest.mark.parametrize(
    ("paper", "desk", "ink"),
    [
        (WHITE, DESK, INK),
        (WHITE, (25, 25, 30), INK),
        (WHITE, (185, 182, 176), INK),
        ((45, 60, 50), WHITE, (225, 225, 220)),
    ],
)
def test_a_sheet_in_the_picture(corners: Corners, paper: Color, desk: Color, ink: Color) -> None:
    sheet = crop_to_sheet(_scene(corners, paper, desk, ink))
    is_ink = _is_like(sheet, ink, 60)
    # The cross is there, whole and upright; around it is paper and nothing else.
    assert 0.5 * 896 < np.count_nonzero(is_ink) < 1.3 * 896
    assert np.count_nonzero(_is_like(sheet, paper)) + np.count_nonzero(is_ink) > 0.985 * is_ink.size
    area = np.count_nonzero(_is_like(_scene(corners, paper, desk, ink), paper))
    assert is_ink.size == pytest.approx(area, rel=0.2)


@pytest.mark.parametrize("edge", [185, 200, 210])
@pytest.mark.parametrize("turned", [False, True])
def test_a_sheet_that_covers_the_edge_of_a_plank(edge: int, turned: bool) -> None:
    planks = np.where(np.arange(400) < edge, 0.85, 1.0)[:, np.newaxis] * DESK
    picture = Image.fromarray(np.tile(planks.astype(np.uint8), (300, 1, 1)))
    pencil = ImageDraw.Draw(picture)
    pencil.polygon([(180, 60), (320, 75), (305, 250), (170, 240)], fill=WHITE)
    pencil.line((220, 150, 280, 150), fill=INK, width=8)
    if turned:
        picture = picture.transpose(Image.Transpose.ROTATE_270)
    sheet = crop_to_sheet(_with_noise(picture))
    assert _is_like(sheet, WHITE).mean() > 0.9
    assert np.count_nonzero(_is_like(sheet, INK, 60)) > 0.7 * 61 * 8


def test_a_turned_sheet_is_set_upright() -> None:
    picture = Image.new("RGB", (400, 300), DESK)
    pencil = ImageDraw.Draw(picture)
    pencil.polygon(TURNED, fill=WHITE)
    # A line along the sheet's upper side, in its middle.
    pencil.line((120, 127, 280, 169), fill=INK, width=6)
    sheet = crop_to_sheet(_with_noise(picture))
    rows = np.flatnonzero(_is_like(sheet, INK, 60).any(axis=1))
    assert np.ptp(rows) < 16
    assert rows.mean() / sheet.height == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    "sides", [["top"], ["bottom"], ["left"], ["right"], ["top", "left"], ["bottom", "right"], list(SIDES)]
)
@pytest.mark.parametrize(("paper", "edge", "ink"), [(255, 40, 0), (255, 0, 90), (250, 170, 20), (20, 250, 200)])
@pytest.mark.parametrize("noise", [False, True])
def test_dark_and_light_edges_of_a_scan(sides: list[str], paper: int, edge: int, ink: int, noise: bool) -> None:
    picture = Image.new("RGB", (400, 300), (paper,) * 3)
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((150, 100, 250, 200), outline=(ink,) * 3, width=12)
    for side in sides:
        pencil.rectangle(SIDES[side], fill=(edge,) * 3)
    if noise:
        picture = _with_noise(picture)
    elif len(sides) == 4:
        pytest.skip("a frame of one color, which is even")
    sheet = crop_to_sheet(picture.convert("L"))
    values = np.asarray(sheet, dtype=np.int16)
    assert np.abs(values[[0, -1]] - paper).max() < 40
    assert np.abs(values[:, [0, -1]] - paper).max() < 40
    assert np.ptp(np.flatnonzero((np.abs(values - ink) < 40).any(axis=1))) == pytest.approx(100, abs=4)


@pytest.mark.parametrize("corner", range(4))
def test_a_desk_in_a_corner_is_hidden(corner: int) -> None:
    x, y = [(0, 0), (400, 0), (400, 300), (0, 300)][corner]
    picture = Image.new("RGB", (400, 300), WHITE)
    pencil = ImageDraw.Draw(picture)
    pencil.line((170, 150, 230, 150), fill=INK, width=8)
    pencil.polygon([(x, y), (abs(x - 120), y), (x, abs(y - 90))], fill=DESK)
    sheet = crop_to_sheet(_with_noise(picture))
    assert sheet.size == picture.size
    assert not _is_like(sheet, DESK, 60).any()
    assert np.count_nonzero(_is_like(sheet, INK, 60)) == pytest.approx(61 * 8, rel=0.1)
    assert _is_like(sheet, WHITE, 60)[[0, -1]].all()
    assert _is_like(sheet, WHITE, 60)[:, [0, -1]].all()


def test_a_sheet_with_a_corner_at_the_edge_of_the_picture_is_rectified() -> None:
    right, down = 220 * np.exp(0.35j), 150j * np.exp(0.35j)
    corner = complex(-3 - down.real, 40)
    corners = [(point.real, point.imag) for point in (corner, corner + right, corner + right + down, corner + down)]
    sheet = crop_to_sheet(_scene(corners))
    assert sheet.size == pytest.approx((220, 150), abs=12)


@pytest.mark.parametrize(
    "side", [(0, slice(20, 24)), (-1, slice(20, 24)), (slice(20, 24), 0), (slice(20, 24), -1)], ids=str
)
def test_an_edge_shows_at_any_side_of_the_border(side: Any) -> None:  # noqa: ANN401 - an index
    colors = np.full((60, 50, 1), 200, np.int16)
    colors[10:50, 24:26] = 40
    assert _is_one_surface(colors)
    colors[side] = 100
    assert not _is_one_surface(colors)


def test_a_sheet_that_extends_beyond_the_picture() -> None:
    sheet = crop_to_sheet(_scene([(50, -60), (480, 40), (420, 380), (-30, 240)]))
    assert (_is_like(sheet, WHITE) | _is_like(sheet, INK, 60)).mean() > 0.985


@pytest.mark.parametrize("y", [255, 265, 275, 285])
def test_a_sheet_that_leaves_the_picture_at_a_flat_angle(y: int) -> None:
    """Faint ink is lighter than the table, of which the outermost pixels at the bottom show some."""
    slope, faint = (300 - y) / 310, (110, 110, 112)
    picture = _scene([(20, -30), (430, -30), (430, y + 410 * slope), (20, y)], WHITE, (120, 70, 45), faint)
    sheet = crop_to_sheet(picture.filter(ImageFilter.GaussianBlur(1)))
    assert (_is_like(sheet, WHITE) | _is_like(sheet, faint, 60)).mean() > 0.97


@pytest.mark.parametrize(("at", "softness"), [(140, 6), (160, -12)])
def test_a_sheet_half_in_a_shadow_that_little_ink_crosses(at: int, softness: int) -> None:
    shadow = 1 - 0.3 / (1 + np.exp((np.arange(300) - at) / softness))
    picture = np.asarray(_scene(UPRIGHT), dtype=np.float64) * shadow[:, np.newaxis, np.newaxis]
    sheet = crop_to_sheet(Image.fromarray(picture.astype(np.uint8)))
    assert sheet.size == pytest.approx((280, 220), rel=0.1)


def test_a_soft_shadow_on_the_sheet_stays() -> None:
    picture = np.asarray(_scene(UPRIGHT), dtype=np.float64)
    shadow = 1 - 0.4 / (1 + np.exp((np.arange(400) - 250) / 25))
    sheet = crop_to_sheet(Image.fromarray((picture * shadow[:, np.newaxis]).astype(np.uint8)))
    assert sheet.size == pytest.approx((280, 220), rel=0.1)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK"])
def test_pictures_of_any_mode(mode: str) -> None:
    sheet = crop_to_sheet(_scene(UPRIGHT).convert(mode))
    assert sheet.size == pytest.approx((280, 220), rel=0.1)


@pytest.mark.parametrize(("scale", "reduced"), [(0.25, 1), (1, 1), (2, 1), (4, 2)])
def test_pictures_of_any_size(scale: float, reduced: int) -> None:
    picture = _scene(TURNED)
    size = round(400 * scale), round(300 * scale)
    sheet = crop_to_sheet(picture.resize(size, Image.Resampling.BICUBIC))
    assert np.array(sheet.size) * reduced / scale == pytest.approx(crop_to_sheet(picture).size, rel=0.12)


def _blank(color: Color = WHITE) -> Image.Image:
    return Image.new("RGB", (400, 300), color)


def _thick_ring() -> Image.Image:
    picture = _blank()
    ImageDraw.Draw(picture).ellipse((80, 20, 320, 280), outline=INK, width=60)
    return _with_noise(picture)


def _thick_bar() -> Image.Image:
    picture = _blank()
    ImageDraw.Draw(picture).rectangle((160, 20, 230, 280), fill=INK)
    return _with_noise(picture)


def _light_that_falls_off() -> Image.Image:
    light = 1 - 0.5 * np.arange(400) / 400
    return Image.fromarray(
        (np.asarray(_scene([(0, 0), (400, 0), (400, 300), (0, 300)])) * light[:, np.newaxis]).astype(np.uint8)
    )


def _sheet_without_a_mark() -> Image.Image:
    picture = _blank(DESK)
    ImageDraw.Draw(picture).polygon(TURNED, fill=WHITE)
    return _with_noise(picture)


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8))


NO_SHEET = {
    "even paper": _blank(),
    "noisy paper": _with_noise(_blank()),
    "paper all over": _scene([(0, 0), (400, 0), (400, 300), (0, 300)]),
    "a thick ring": _thick_ring(),
    "a thick bar": _thick_bar(),
    "light that falls off": _light_that_falls_off(),
    "a sheet without a mark": _sheet_without_a_mark(),
    "noise": _noise(),
    "a small image": _scene(UPRIGHT).resize((84, 63)),
}


@pytest.mark.parametrize("name", NO_SHEET)
def test_where_no_edge_is_in_view_nothing_changes(name: str) -> None:
    picture = NO_SHEET[name]
    assert crop_to_sheet(picture) is picture
    gray = picture.convert("L")
    assert crop_to_sheet(gray) is gray


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("width", [4, 20, 40])
@pytest.mark.parametrize("level", [0, 40, 100, 200])
def test_a_seven_beside_the_edge_of_a_scan(side: str, width: int, level: int) -> None:
    picture = Image.new("L", (300, 300), 255)
    pencil = ImageDraw.Draw(picture)
    pencil.line([(75, 60), (210, 60), (135, 225)], fill=0, width=14, joint="curve")
    boxes = {
        "top": (0, 0, 299, width - 1),
        "bottom": (0, 300 - width, 299, 299),
        "left": (0, 0, width - 1, 299),
        "right": (300 - width, 0, 299, 299),
    }
    pencil.rectangle(boxes[side], fill=level)
    file = io.BytesIO()
    picture.save(file, "PNG")
    pixels = np.asarray(picture)
    images: list[Any] = [picture, 255 - pixels, pixels, pixels / 255, np.dstack([pixels] * 3), file.getvalue()]
    for image in images:
        prediction = Recognizer.load().recognize(image)
        assert (prediction.digit, prediction.certain) == (7, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "sheet on a wooden table",
        "sheet beyond the picture",
        "desk in a corner",
        "dark edge of a scanner",
        "card on a light desk",
        "card on a dark desk",
        "sticky note",
        "yellow highlighter",
        "faint pencil on ruled paper in shadow",
    ],
)
def test_photographs_and_scans(name: str, held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(3)
    send = STROKE_CONDITIONS[name]
    # One in 50 of 1,498 held out: 30 drawings.
    right, _, misled = measure(Recognizer.load(), [(send(digit.strokes, rng), digit.label) for digit in held_out[::50]])
    assert right >= 0.85
    assert misled <= 0.07
