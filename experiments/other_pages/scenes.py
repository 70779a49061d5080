"""Photographs and scans of paper whose edge is in view: a sheet on a table, a card, a sticky note."""

import numpy as np
from experiments.other_pages.canvas import draw, encode, paint
from experiments.other_pages.conditions import Generator, Gray, Sent, Strokes, on_strokes
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Picture = NDArray[np.float64]
Color = tuple[int, int, int]

#: Height and width of a photograph.
SIZE = (600, 800)
#: Ballpoint, fineliner, marker, red pen and pencil.
INKS = ((38, 52, 140), (35, 35, 40), (22, 22, 24), (165, 30, 40), (95, 95, 98))
#: Oak, walnut, cherry, pine and beech.
WOODS = ((158, 116, 74), (92, 64, 46), (140, 78, 52), (205, 170, 122), (184, 142, 104))
NOTES = ((250, 234, 110), (250, 165, 190), (165, 225, 150), (150, 210, 240), (250, 185, 100))


@on_strokes
def sheet_on_a_wooden_table(strokes: Strokes, rng: Generator) -> Sent:
    """Photograph a sheet at an angle; all of its edges are in view."""
    sheet = _sheet(strokes, rng, (430, 600), (238, 237, 232))
    height = rng.uniform(0.62, 0.95) * SIZE[0]
    return _photograph(_wood(rng), rng, sheet, _placed(sheet, height, rng, turn=15, tilt=0.12))


@on_strokes
def sheet_beyond_the_picture(strokes: Strokes, rng: Generator) -> Sent:
    """Photograph a sheet on a wooden table from so near that one or two of its corners are in view."""
    sheet = _sheet(
        strokes,
        rng,
        (700, 600),
        (238, 237, 232),
        size=rng.uniform(0.2, 0.45),
        position=(rng.uniform(0.35, 0.65), rng.uniform(0.35, 0.65)),
    )
    corners = _placed(sheet, 700, rng, turn=8, tilt=0.06)
    corners += rng.choice([-1, 1], 2) * rng.uniform([60, 40], [130, 90])
    return _photograph(_wood(rng), rng, sheet, corners)


@on_strokes
def desk_in_a_corner(strokes: Strokes, rng: Generator) -> Sent:
    """Photograph paper whose edge cuts off a corner of the picture."""
    height, width = SIZE
    sheet = _sheet(strokes, rng, (width, height), (238, 237, 232), size=rng.uniform(0.25, 0.5), position=(0.5, 0.5))
    along, down = rng.uniform(0.15, 0.42) * width, rng.uniform(0.15, 0.42) * height
    cut = np.array([[0, 0], [along, 0], [0, down]])
    flip = rng.choice([0, 1], 2)
    cut = np.abs(cut - flip * [width, height])
    desk = Image.new("L", (width, height))
    ImageDraw.Draw(desk).polygon([tuple(point) for point in cut.tolist()], fill=255)
    background = _wood(rng) if rng.random() < 0.5 else _plain(tuple(rng.integers(30, 150, 3).tolist()), rng)
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    return _photograph(background, rng, sheet, whole, missing=np.asarray(desk) / 255)


@on_strokes
def dark_edge_of_a_scanner(strokes: Strokes, rng: Generator) -> Sent:
    """Scan a page that was laid on slanted or is too small: one or two sides show the dark lid."""
    width, height = 480, 640
    ink = draw(strokes, rng, canvas=(width, height), size=rng.uniform(0.25, 0.6), position=(0.5, 0.5), finer=2)
    paper = int(rng.integers(235, 256))
    page = paint(ink, INKS[rng.integers(len(INKS))], (paper, paper, paper))
    pencil = ImageDraw.Draw(page)
    level = int(rng.integers(15, 80))
    for side in rng.permutation(4)[: rng.integers(1, 3)].tolist():
        here, there = (rng.uniform(0.015, 0.1, 2) * min(width, height)).tolist()
        band = {
            0: [(0, 0), (width, 0), (width, here), (0, there)],
            1: [(0, height), (width, height), (width, height - here), (0, height - there)],
            2: [(0, 0), (0, height), (here, height), (there, 0)],
            3: [(width, 0), (width, height), (width - here, height), (width - there, 0)],
        }[side]
        pencil.polygon(band, fill=(level, level, level))
    if rng.random() < 0.3:
        return encode(page, "PNG", compress_level=1)
    values = np.asarray(page) + rng.normal(0, rng.uniform(1, 3), (height, width, 1))
    return encode(_as_image(values), "JPEG", quality=85)


@on_strokes
def card_on_a_light_desk(strokes: Strokes, rng: Generator) -> Sent:
    level = int(rng.integers(165, 205))
    return _card(strokes, rng, (level, level - 4, level - 12), (246, 245, 240))


@on_strokes
def card_on_a_dark_desk(strokes: Strokes, rng: Generator) -> Sent:
    level = int(rng.integers(25, 80))
    return _card(strokes, rng, (level, level, level + 5), (240, 238, 230))


@on_strokes
def sticky_note(strokes: Strokes, rng: Generator) -> Sent:
    """Photograph a sticky note on a wall, a table or a sheet of paper."""
    note = _sheet(strokes, rng, (300, 300), NOTES[rng.integers(len(NOTES))], size=rng.uniform(0.4, 0.75))
    level = int(rng.choice([60, 120, 170, 238]))
    background = _wood(rng) if rng.random() < 0.4 else _plain((level, level, level - 6), rng)
    return _photograph(background, rng, note, _placed(note, rng.uniform(0.4, 0.75) * SIZE[0], rng, turn=12, tilt=0.08))


@on_strokes
def yellow_highlighter(strokes: Strokes, rng: Generator) -> Sent:
    """Photograph a fluorescent yellow, which is hardly darker than the paper."""
    ink = _ink(strokes, rng, sizes=(0.3, 0.6), pens=(0.1, 0.18), finer=1)
    page = paint(ink, (246, int(rng.integers(228, 246)), int(rng.integers(60, 130))), (240, 239, 235))
    return _photograph(np.asarray(page, dtype=np.float64), rng)


@on_strokes
def faint_pencil_on_ruled_paper_in_shadow(strokes: Strokes, rng: Generator) -> Sent:
    height, width = SIZE
    ink = _ink(strokes, rng, sizes=(0.25, 0.6), pens=(0.05, 0.09), finer=2)
    page = Image.new("RGB", (width, height), (234, 232, 227))
    pencil = ImageDraw.Draw(page)
    step = int(rng.integers(30, 60))
    for at in range(int(rng.integers(step)), height, step):
        pencil.line((0, at, width, at), fill=(188, 204, 224), width=int(rng.integers(1, 3)))
    level = int(rng.integers(150, 176))
    picture = np.asarray(paint(ink, (level, level - 1, level - 3), page), dtype=np.float64)
    return _photograph(picture * _shadow(rng, rng.uniform(0.25, 0.45))[..., np.newaxis], rng)


def _card(strokes: Strokes, rng: Generator, desk: Color, paper: Color) -> Sent:
    card = _sheet(strokes, rng, (480, 300), paper, size=rng.uniform(0.45, 0.8))
    return _photograph(
        _plain(desk, rng), rng, card, _placed(card, rng.uniform(0.35, 0.6) * SIZE[0], rng, turn=15, tilt=0.1)
    )


def _ink(strokes: Strokes, rng: Generator, sizes: tuple[float, float], pens: tuple[float, float], finer: int) -> Gray:
    """Draw strokes anywhere on a picture: sizes are shares of its height, pens shares of the size."""
    size = rng.uniform(*sizes)
    pen = rng.uniform(*pens) * size * SIZE[0]
    return draw(strokes, rng, canvas=SIZE[::-1], size=size, pen=pen, finer=finer)


def _sheet(
    strokes: Strokes,
    rng: Generator,
    canvas: tuple[int, int],
    paper: Color,
    size: float | None = None,
    position: tuple[float, float] | None = None,
) -> Image.Image:
    """Return a sheet of paper, seen from above, with a digit that keeps away from its edge."""
    inside = (0.1 + 0.8 * rng.random(), 0.1 + 0.8 * rng.random()) if position is None else position
    size = rng.uniform(0.3, 0.7) if size is None else size
    pen = rng.uniform(0.05, 0.12) * size * min(canvas)
    ink = draw(strokes, rng, canvas=canvas, size=size, pen=pen, position=inside, finer=2)
    return paint(ink, INKS[rng.integers(len(INKS))], paper)


def _placed(sheet: Image.Image, height: float, rng: Generator, turn: float, tilt: float) -> Picture:
    """Return where the sheet's corners are in the picture, (4, 2) from the upper left clockwise, in perspective."""
    half = np.array([sheet.width / sheet.height, 1]) * height / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    angle = np.radians(rng.uniform(-turn, turn))
    corners = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners /= 1 + (corners / half.max()) @ rng.uniform(-tilt, tilt, (2, 1))
    low, high = corners.min(axis=0), corners.max(axis=0)
    room = np.array(SIZE[::-1]) - (high - low)
    return corners - low + room * (0.5 + np.where(room > 0, rng.uniform(-0.4, 0.4, 2), 0))


def _photograph(
    background: Picture,
    rng: Generator,
    sheet: Image.Image | None = None,
    corners: Picture | None = None,
    missing: Picture | None = None,
) -> bytes:
    """Return a JPEG photograph of a background, and of a sheet that lies on it and casts a shadow."""
    height, width = SIZE
    picture = background
    if sheet is not None and corners is not None:
        seen, cover = _project(sheet, corners)
        if missing is not None:
            cover *= 1 - missing
        shift = rng.integers(-6, 7, 2).tolist()
        cast = Image.fromarray((cover * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(rng.uniform(2, 8)))
        cast_cover = np.roll(np.asarray(cast) / 255, shift, (0, 1))[..., np.newaxis]
        picture = picture * (1 - rng.uniform(0.1, 0.45) * cast_cover)
        picture = picture * (1 - cover[..., np.newaxis]) + seen * cover[..., np.newaxis]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 - rng.uniform(0.02, 0.2) * (1 + np.cos(angle) * x + np.sin(angle) * y) / 2
    light *= 1 - rng.uniform(0, 0.2) * (x * x + y * y) / 2
    if rng.random() < 0.3:
        light *= _shadow(rng, rng.uniform(0.1, 0.3))
    blurred = _as_image(picture * light[..., np.newaxis]).filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.3)))
    noisy = np.asarray(blurred) + rng.normal(0, rng.uniform(1, 4), (height, width, 3))
    return encode(_as_image(noisy), "JPEG", quality=int(rng.integers(70, 93)))


def _project(sheet: Image.Image, corners: Picture) -> tuple[Picture, Picture]:
    """Return the sheet as it is seen, and its share of each pixel."""
    width, height = sheet.size
    own = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    rows = [
        [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        for (x, y), (u, v) in zip(corners.tolist(), own.tolist(), strict=True)
    ]
    size = SIZE[::-1]
    to_own = np.linalg.solve(np.reshape(rows, (8, 8)), own.ravel())
    mask = Image.new("L", (2 * size[0], 2 * size[1]))
    ImageDraw.Draw(mask).polygon([(2 * x, 2 * y) for x, y in corners.tolist()], fill=255)
    # Pixels at the edge take the color of the paper, which covers a share of them.
    paper = Image.new("RGB", (width + 40, height + 40), sheet.getpixel((0, 0)))
    paper.paste(sheet, (20, 20))
    to_own[:6] += 20 * np.tile([to_own[6], to_own[7], 1], 2)
    seen = paper.transform(size, Image.Transform.PERSPECTIVE, to_own.tolist(), Image.Resampling.BICUBIC)
    return np.asarray(seen, dtype=np.float64), np.asarray(mask.reduce(2)) / 255


def _wood(rng: Generator) -> Picture:
    """Return planks with a grain along them."""
    height, width = SIZE if rng.random() < 0.6 else SIZE[::-1]
    fibers = np.asarray(_enlarged(rng.normal(0, 1, (height, width // 50)), width, height))
    wobble = np.asarray(_enlarged(rng.normal(0, 1, (height // 60, width // 120)), width, height))
    y = np.arange(height)[:, np.newaxis]
    rings = np.sin(2 * np.pi * (y / rng.uniform(10, 35) + rng.uniform(0.3, 1.2) * wobble))
    shade = 1 + rng.uniform(0.02, 0.05) * fibers + rng.uniform(0.01, 0.06) * rings
    plank = int(rng.integers(90, 260))
    start = int(rng.integers(plank))
    shade *= 1 + 0.08 * rng.normal(0, 1, 12)[(y + start) // plank]
    shade[np.flatnonzero((np.arange(height) + start) % plank < 2)] *= 0.5
    wood = shade[..., np.newaxis] * WOODS[rng.integers(len(WOODS))]
    return wood if height == SIZE[0] else wood.transpose(1, 0, 2)


def _enlarged(values: Picture, width: int, height: int) -> Image.Image:
    return Image.fromarray(values.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)


def _plain(color: Color, rng: Generator) -> Picture:
    """Return a surface of one color with a fine texture."""
    texture = rng.normal(0, rng.uniform(0, 5), (*SIZE, 1))
    return np.array(color, dtype=np.float64) + texture


def _shadow(rng: Generator, depth: float) -> Picture:
    """Return the light, (height, width), where a shadow with a soft edge lies across the picture."""
    height, width = SIZE
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle, softness = rng.uniform(0, 2 * np.pi), rng.uniform(0.03, 0.3)
    distance = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.6, 0.6)
    return 1 - depth / (1 + np.exp(-distance / softness))


def _as_image(values: Picture) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
