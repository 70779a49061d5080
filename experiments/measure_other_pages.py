"""Measure a model on digits as other people's pages and devices would send them, as a Markdown table.

Each condition is a function that draws one digit of a held-out writer, or one of MNIST's training images (the first
ones, which the network has seen; it has not seen them so). The choice is the same for every condition and every run.

Usage: python -m experiments.measure_other_pages [--count 300] [--only WORD] [--model MODEL]
"""

import argparse
import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from inknet import Recognizer
from inknet.digits import ImageError, load_mnist, load_pen_digits, split_by_writer
from inknet.digits.drawing.non_digits import trace
from inknet.digits.drawing.stroke_variation import vary_strokes

Strokes = Sequence[NDArray[np.float64]]
Chance = np.random.Generator
#: What is sent: a file, a picture, or an array.
Sent = bytes | Image.Image | NDArray[np.uint8]
Rows = NDArray[np.uint8]

#: Conditions by name: on strokes, on strokes of a style of writing and its label, and on MNIST's images.
OF_STROKES: dict[str, Callable[[Strokes, Chance], Sent]] = {}
OF_MNIST: dict[str, Callable[[Rows, Chance], Sent]] = {}
#: Ways of writing that MNIST's and the pen digits' writers hardly have, in the notation of `non_digits.trace`.
STYLES = {
    "7 with a bar": (7, "00 40 16|03 33"),
    "7 with a hook and a bar": (7, "01 00 40 16|03 33"),
    "7 with a curved stem": (7, "00 40|~40 32 24 16"),
    "1 with a hook": (1, "02 20 26"),
    "1 with a hook and a foot": (1, "02 20 26|06 46"),
    "1 with a small hook": (1, "11 20 26"),
    "1 as a line": (1, "20 26"),
    "4 open": (4, "10 04 44|32 36"),
    "4 closed": (4, "36 30 04 44"),
    "4 like a lightning": (4, "20 13 43|31 26"),
    "9 like a g": (9, "~40 10 01 03 14 33 41 40|~40 44 46 26 06 05"),
    "9 with a straight stem": (9, "~41 30 10 01 02 13 33 41|40 46"),
    "0 with a slash": (0, "~20 00 01 05 06 46 45 41 40 20|31 15"),
    "2 with a loop": (2, "~01 10 30 41 43 06 04 16 26 46"),
    "2 with a flat foot": (2, "~01 10 30 41 42 24 06|06 46"),
    "3 with a flat top": (3, "00 40 22|~22 42 44 46 16 05"),
    "5 in two strokes": (5, "00 02|~02 32 43 45 36 06|00 40"),
    "6 like a b": (6, "00 05|~05 06 36 46 43 33 03 04"),
    "8 of two circles": (8, "~20 00 01 03 43 41 40 20|~23 03 04 06 46 44 43 23"),
}


def of_strokes(function: Callable[[Strokes, Chance], Sent]) -> Callable[[Strokes, Chance], Sent]:
    """Take a function as a condition on strokes."""
    OF_STROKES[function.__name__.replace("_", " ").strip()] = function
    return function


def of_mnist(function: Callable[[Rows, Chance], Sent]) -> Callable[[Rows, Chance], Sent]:
    """Take a function as a condition on MNIST's images."""
    OF_MNIST["MNIST " + function.__name__.replace("_", " ").strip()] = function
    return function


# What a canvas holds -------------------------------------------------------------------------------------------------


def drawn(
    strokes: Strokes,
    rng: Chance,
    *,
    canvas: tuple[int, int] = (280, 280),
    pen: float | None = None,
    size: float | None = None,
    place: tuple[float, float] | None = None,
    brush: str = "round",
    finer: int = 3,
    spacing: float = 0.0,
) -> Rows:
    """Draw strokes on a canvas, (height, width), 255 is ink.

    The digit is of 30 % to 80 % of the shorter side, and anywhere; the pen of 6 % to 14 % of the digit. At `finer` 1
    the edges are hard. With a spacing only points are marked, so many pens apart.
    """
    width, height = canvas
    shorter = min(canvas) * finer
    length = (rng.uniform(0.3, 0.8) if size is None else size) * shorter
    wide = min(rng.uniform(0.06, 0.14) * length if pen is None else pen * finer, length / 3)
    every = np.concatenate(strokes)
    low, span = every.min(axis=0), np.ptp(every, axis=0)
    scale = (length - wide) / max(float(span.max()), 1e-9)
    room = np.array([width, height]) * finer - span * scale - wide
    corner = wide / 2 + room * (rng.random(2) if place is None else place)
    placed = [(stroke - low) * scale + corner for stroke in strokes]
    image = Image.new("L", (width * finer, height * finer))
    pencil = ImageDraw.Draw(image)
    for points in placed:
        _mark(pencil, _spaced(points, spacing * wide) if spacing else points, wide, brush, line=not spacing)
    return np.asarray(image.reduce(finer) if finer > 1 else image)


def _mark(pencil: ImageDraw.ImageDraw, points: NDArray[np.float64], wide: float, brush: str, line: bool) -> None:
    """Draw one stroke."""
    if brush == "round":
        if line and len(points) > 1:
            pencil.line([tuple(point) for point in points.tolist()], fill=255, width=max(1, round(wide)))
        if wide > 2:
            for x, y in points.tolist():
                pencil.ellipse([x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2], fill=255)
        return
    # A square, or a broad nib, which is a line of 45°, moved along the stroke.
    nib = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) if brush == "square" else np.array([[-1, 1], [1, -1]])
    corners = nib * wide / 2
    for a, b in zip(points, points[1:] if len(points) > 1 else points, strict=False):
        for x, y in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            pencil.polygon([tuple(p) for p in (a + x, a + y, b + y, b + x)], fill=255, outline=255, width=2)


def _spaced(points: NDArray[np.float64], apart: float) -> NDArray[np.float64]:
    """Return points of a stroke that are so far apart along it."""
    traveled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.arange(0, traveled[-1] + 1e-9, apart)
    return np.stack([np.interp(at, traveled, axis) for axis in points.T], axis=1)


def painted(ink: Rows, color: object = (0, 0, 0), paper: object = (255, 255, 255)) -> Image.Image:
    """Return ink of one color on paper of another, or on a picture."""
    background = paper if isinstance(paper, Image.Image) else Image.new("RGB", ink.shape[::-1], paper)  # type: ignore[arg-type]
    picture = background.copy()
    picture.paste(color, mask=Image.fromarray(ink))  # type: ignore[arg-type]
    return picture


def png(picture: Image.Image, **options: object) -> bytes:
    return encoded(picture, "PNG", compress_level=1, **options)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def transparent(ink: Rows, color: tuple[int, int, int]) -> Image.Image:
    """Return ink on nothing."""
    picture = Image.new("RGBA", ink.shape[::-1], (*color, 0))
    picture.putalpha(Image.fromarray(ink))
    return picture


# Canvases, colors and file formats -----------------------------------------------------------------------------------


@of_strokes
def black_on_white(strokes: Strokes, rng: Chance) -> Sent:
    return png(painted(drawn(strokes, rng)))


@of_strokes
def a_tenth_of_the_side_in_a_corner(strokes: Strokes, rng: Chance) -> Sent:
    corner = (float(rng.choice([0.03, 0.97])), float(rng.choice([0.03, 0.97])))
    return png(painted(drawn(strokes, rng, canvas=(400, 400), size=0.1, pen=4, place=corner, finer=2)))


@of_strokes
def colored_on_colored(strokes: Strokes, rng: Chance) -> Sent:
    """Draw with colors of the same kinds of page: their luminances differ by at least a tenth."""
    while True:
        ink, paper = rng.integers(0, 256, (2, 3))
        if abs(float((ink - paper) @ [0.299, 0.587, 0.114])) > 25:
            return png(painted(drawn(strokes, rng), tuple(ink.tolist()), tuple(paper.tolist())))


@of_strokes
def gradient_paper(strokes: Strokes, rng: Chance) -> Sent:
    paper = Image.merge("RGB", [Image.linear_gradient("L").resize((280, 280)).point(lambda v: 130 + v // 3)] * 3)
    return png(painted(drawn(strokes, rng), (20, 20, 90), paper))


@of_strokes
def gradient_ink(strokes: Strokes, rng: Chance) -> Sent:
    """Draw with a rainbow pen."""
    hue = Image.linear_gradient("L").resize((280, 280))
    full = Image.new("L", (280, 280), 255)
    picture = Image.new("RGB", (280, 280), "white")
    picture.paste(Image.merge("HSV", [hue, full, full]).convert("RGB"), mask=Image.fromarray(drawn(strokes, rng)))
    return png(picture)


@of_strokes
def transparent_rainbow_ink(strokes: Strokes, rng: Chance) -> Sent:
    hue = Image.linear_gradient("L").resize((280, 280))
    full = Image.new("L", (280, 280), 255)
    picture = Image.merge("HSV", [hue, full, full]).convert("RGB")
    picture.putalpha(Image.fromarray(drawn(strokes, rng)))
    return png(picture)


@of_strokes
def transparent_thick_pen_two_tones(strokes: Strokes, rng: Chance) -> Sent:
    """Draw with a fat pen that has a lighter core: most of the box is opaque, of two luminances."""
    ink = drawn(strokes, rng, pen=45, size=0.9)
    core = Image.fromarray(ink).filter(ImageFilter.MinFilter(15))
    picture = transparent(ink, (20, 20, 120))
    picture.paste((120, 160, 255, 255), mask=core)
    return png(picture)


@of_strokes
def black_matte_under_white_ink(strokes: Strokes, rng: Chance) -> Sent:
    """Draw white ink whose edges were mixed with black before the alpha was kept, too."""
    ink = Image.fromarray(drawn(strokes, rng))
    return png(Image.merge("RGBA", [ink, ink, ink, ink]))


@of_strokes
def constant_alpha(strokes: Strokes, rng: Chance) -> Sent:
    picture = painted(drawn(strokes, rng))
    picture.putalpha(128)
    return png(picture)


@of_strokes
def painted_half_of_a_transparent_canvas(strokes: Strokes, rng: Chance) -> Sent:
    """Draw on a white page that covers the canvas but for its transparent margin."""
    page = Image.new("RGBA", (340, 340), (0, 0, 0, 0))
    page.paste(painted(drawn(strokes, rng)), (30, 30))
    return png(page)


@of_strokes
def translucent_ink(strokes: Strokes, rng: Chance) -> Sent:
    """Draw with a highlighter: where strokes of alpha 0.4 lie upon each other, they are darker."""
    whole = np.concatenate(strokes)
    anchors = whole.min(axis=0), whole.max(axis=0)
    seed = int(rng.integers(2**31))
    clear = np.ones((280, 280))
    for stroke in strokes:
        # The corners of the whole drawing keep each stroke in its place; they are not marked.
        ink = _in_place(stroke, anchors, np.random.default_rng(seed))
        clear *= 1 - 0.4 * ink / 255
    return png(transparent(np.rint(255 * (1 - clear)).astype(np.uint8), (0, 0, 0)))


def _in_place(stroke: NDArray[np.float64], anchors: Sequence[NDArray[np.float64]], rng: Chance) -> Rows:
    """Draw one stroke where it would be in the whole drawing."""
    size, pen = rng.uniform(0.5, 0.8), rng.uniform(11, 28)
    low, span = anchors[0], anchors[1] - anchors[0]
    scale = (280 * size - pen) / max(float(span.max()), 1e-9)
    points = (stroke - low) * scale + pen / 2 + (280 - span * scale - pen) * rng.random(2)
    image = Image.new("L", (840, 840))
    _mark(ImageDraw.Draw(image), points * 3, pen * 3, "round", line=True)
    return np.asarray(image.reduce(3))


@of_strokes
def screenshot_at_a_pixel_ratio(strokes: Strokes, rng: Chance) -> Sent:
    ratio = float(rng.choice([1.5, 2, 3]))
    side = round(280 * ratio)
    return png(painted(drawn(strokes, rng)).resize((side, side), Image.Resampling.BILINEAR))


OF_STROKES |= {
    "white on black": lambda strokes, rng: png(painted(drawn(strokes, rng), (255, 255, 255), (0, 0, 0))),
    "canvas 100": lambda strokes, rng: png(painted(drawn(strokes, rng, canvas=(100, 100)))),
    "canvas 1000": lambda strokes, rng: png(painted(drawn(strokes, rng, canvas=(1000, 1000), finer=1))),
    "canvas 600 by 300": lambda strokes, rng: png(painted(drawn(strokes, rng, canvas=(600, 300), finer=2))),
    "canvas 300 by 500": lambda strokes, rng: png(painted(drawn(strokes, rng, canvas=(300, 500), finer=2))),
    "beyond the edges": lambda strokes, rng: png(painted(drawn(strokes, rng, size=1.06, place=(0.5, 0.5)))),
    "colors of one luminance": lambda strokes, rng: png(painted(drawn(strokes, rng), (230, 20, 20), (20, 136, 20))),
    "low contrast": lambda strokes, rng: png(painted(drawn(strokes, rng), (215, 215, 215), (240, 240, 240))),
    "transparent black ink": lambda strokes, rng: png(transparent(drawn(strokes, rng), (0, 0, 0))),
    "transparent white ink": lambda strokes, rng: png(transparent(drawn(strokes, rng), (255, 255, 255))),
    "transparent colored ink": lambda strokes, rng: png(transparent(drawn(strokes, rng), (200, 30, 60))),
    "palette png": lambda strokes, rng: png(painted(drawn(strokes, rng), (10, 60, 160), (250, 250, 210)).quantize(8)),
    "one bit png": lambda strokes, rng: png(painted(drawn(strokes, rng)).convert("1", dither=Image.Dither.NONE)),
    "sixteen bit png": lambda strokes, rng: png(Image.fromarray(drawn(strokes, rng).astype(np.uint16) * 257)),
    "gray and alpha png": lambda strokes, rng: png(transparent(drawn(strokes, rng), (0, 0, 0)).convert("LA")),
    "jpeg quality 30": lambda strokes, rng: encoded(painted(drawn(strokes, rng)), "JPEG", quality=30),
    "jpeg quality 10 of red ink": lambda strokes, rng: encoded(
        painted(drawn(strokes, rng), (220, 0, 0)), "JPEG", quality=10
    ),
    "webp quality 50": lambda strokes, rng: encoded(painted(drawn(strokes, rng)), "WEBP", quality=50),
}


# Pens -----------------------------------------------------------------------------------------------------------------


@of_strokes
def soft_brush(strokes: Strokes, rng: Chance) -> Sent:
    pen = rng.uniform(14, 28)
    ink = Image.fromarray(drawn(strokes, rng, pen=pen)).filter(ImageFilter.GaussianBlur(pen / 3))
    return png(painted(np.asarray(ink)))


@of_strokes
def glowing_pen(strokes: Strokes, rng: Chance) -> Sent:
    """Draw a neon line: a white core in a wide glow, on black."""
    ink = Image.fromarray(drawn(strokes, rng))
    glow = np.asarray(ink.filter(ImageFilter.GaussianBlur(12))).astype(float) * 1.2
    both = np.maximum(np.asarray(ink), np.minimum(glow, 255).astype(np.uint8))
    return png(painted(both, (255, 255, 255), (0, 0, 0)))


@of_strokes
def pixels_of_a_coarse_grid(strokes: Strokes, rng: Chance) -> Sent:
    """Draw on a page of 28×28 cells that are switched on."""
    cells = (drawn(strokes, rng, canvas=(28, 28), pen=2, size=0.75) > 100).astype(np.uint8) * 255
    return png(painted(np.kron(cells, np.ones((10, 10), np.uint8))))


@of_strokes
def few_points(strokes: Strokes, rng: Chance) -> Sent:
    few = [stroke[np.unique(np.linspace(0, len(stroke) - 1, 10).astype(int))] for stroke in strokes]
    return png(painted(drawn(few, rng)))


@of_strokes
def jittery_touch(strokes: Strokes, rng: Chance) -> Sent:
    size = float(np.ptp(np.concatenate(strokes), axis=0).max())
    return png(painted(drawn([stroke + rng.normal(0, 0.02 * size, stroke.shape) for stroke in strokes], rng)))


@of_strokes
def pen_lifted_within_strokes(strokes: Strokes, rng: Chance) -> Sent:
    """Lose a twelfth of the longest stroke, somewhere in its middle."""
    longest = max(range(len(strokes)), key=lambda i: len(strokes[i]))
    points = strokes[longest]
    gap = max(1, len(points) // 12)
    start = int(rng.integers(len(points) // 4, max(len(points) // 4 + 1, 3 * len(points) // 4 - gap)))
    parts = [part for part in (points[:start], points[start + gap :]) if len(part)]
    return png(painted(drawn([*strokes[:longest], *parts, *strokes[longest + 1 :]], rng)))


@of_strokes
def slanted_by_30_degrees(strokes: Strokes, rng: Chance) -> Sent:
    shear = np.array([[1.0, 0.0], [float(rng.choice([-1, 1])) * np.tan(np.radians(30)), 1.0]])
    return png(painted(drawn([stroke @ shear for stroke in strokes], rng)))


@of_strokes
def turned_by_20_degrees(strokes: Strokes, rng: Chance) -> Sent:
    angle = np.radians(20) * float(rng.choice([-1, 1]))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return png(painted(drawn([stroke @ turn for stroke in strokes], rng)))


OF_STROKES |= {
    "hard pen of 1 pixel": lambda strokes, rng: png(painted(drawn(strokes, rng, pen=1, finer=1))),
    "hard pen of 3 pixels": lambda strokes, rng: png(painted(drawn(strokes, rng, pen=3, finer=1))),
    "pen of 2 pixels on 1000": lambda strokes, rng: png(
        painted(drawn(strokes, rng, canvas=(1000, 1000), pen=2, finer=1))
    ),
    "hard pen of 40 pixels": lambda strokes, rng: png(painted(drawn(strokes, rng, pen=40, size=0.85, finer=1))),
    "hard pen of 60 pixels": lambda strokes, rng: png(painted(drawn(strokes, rng, pen=60, size=0.95, finer=1))),
    "square brush": lambda strokes, rng: png(painted(drawn(strokes, rng, brush="square", finer=2))),
    "broad nib": lambda strokes, rng: png(painted(drawn(strokes, rng, brush="nib", pen=rng.uniform(14, 34), finer=2))),
    "dots of a fast mouse": lambda strokes, rng: png(
        painted(drawn(strokes, rng, pen=rng.uniform(14, 24), spacing=rng.uniform(1.2, 1.7)))
    ),
    "dots far apart": lambda strokes, rng: png(
        painted(drawn(strokes, rng, pen=rng.uniform(8, 14), spacing=rng.uniform(2, 2.5)))
    ),
    "square dots": lambda strokes, rng: png(painted(drawn(strokes, rng, brush="square", pen=14, spacing=1.4))),
    "tall and thin": lambda strokes, rng: png(painted(drawn([stroke * [0.6, 1] for stroke in strokes], rng))),
    "wide and flat": lambda strokes, rng: png(painted(drawn([stroke * [1.6, 1] for stroke in strokes], rng))),
}


# What else is on a page -----------------------------------------------------------------------------------------------


def page_with(
    draw: Callable[[ImageDraw.ImageDraw, Chance], None], strokes: Strokes, rng: Chance, **how: object
) -> bytes:
    """Return a page of 280×280 with something under the drawing."""
    page = Image.new("RGB", (280, 280), "white")
    draw(ImageDraw.Draw(page), rng)
    return png(painted(drawn(strokes, rng, **how), paper=page))  # type: ignore[arg-type]


@of_strokes
def border_inside_a_margin(strokes: Strokes, rng: Chance) -> Sent:
    def draw(pencil: ImageDraw.ImageDraw, rng: Chance) -> None:
        margin = int(rng.integers(2, 12))
        pencil.rectangle((margin, margin, 279 - margin, 279 - margin), outline="black", width=int(rng.integers(1, 4)))

    return page_with(draw, strokes, rng, size=rng.uniform(0.3, 0.7), place=(0.5, 0.5))


@of_strokes
def card_with_round_corners_on_nothing(strokes: Strokes, rng: Chance) -> Sent:
    page = painted(drawn(strokes, rng, size=0.6))
    mask = Image.new("L", (280, 280))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 279, 279), 30, fill=255)
    page.putalpha(mask)
    return png(page)


@of_strokes
def card_with_a_shadow_on_a_page(strokes: Strokes, rng: Chance) -> Sent:
    page = Image.new("RGB", (340, 340), (238, 240, 244))
    pencil = ImageDraw.Draw(page)
    pencil.rounded_rectangle((32, 36, 312, 316), 12, fill=(190, 192, 198))
    page = page.filter(ImageFilter.GaussianBlur(8))
    ImageDraw.Draw(page).rounded_rectangle((28, 28, 312, 312), 12, fill="white")
    page.paste(painted(drawn(strokes, rng)), (30, 30))
    return png(page)


@of_strokes
def dark_page_round_a_white_canvas(strokes: Strokes, rng: Chance) -> Sent:
    page = Image.new("RGB", (360, 360), (40, 44, 52))
    page.paste(painted(drawn(strokes, rng)), (40, 40))
    return png(page)


@of_strokes
def white_page_round_a_black_canvas(strokes: Strokes, rng: Chance) -> Sent:
    page = Image.new("RGB", (360, 360), "white")
    page.paste(painted(drawn(strokes, rng), (255, 255, 255), (0, 0, 0)), (40, 40))
    return png(page)


def _grid(pencil: ImageDraw.ImageDraw, step: int, color: object, both: bool = True) -> None:
    for at in range(step, 280, step):
        pencil.line((0, at, 279, at), fill=color)  # type: ignore[arg-type]
        if both:
            pencil.line((at, 0, at, 279), fill=color)  # type: ignore[arg-type]


@of_strokes
def dashed_guides(strokes: Strokes, rng: Chance) -> Sent:
    """Draw over the box and the cross that show where to write, dashed in light gray."""

    def draw(pencil: ImageDraw.ImageDraw, _: Chance) -> None:
        for at in range(0, 280, 12):
            for line in (40, 140, 240):
                pencil.line((at, line, at + 6, line), fill=(200, 200, 200))
                pencil.line((line, at, line, at + 6), fill=(200, 200, 200))

    return page_with(draw, strokes, rng)


@of_strokes
def faint_placeholder_digit(strokes: Strokes, rng: Chance) -> Sent:
    def draw(pencil: ImageDraw.ImageDraw, rng: Chance) -> None:
        digit = str(int(rng.integers(10)))
        pencil.text((140, 140), digit, font=ImageFont.load_default(200), fill=(225, 225, 225), anchor="mm")

    return page_with(draw, strokes, rng)


@of_strokes
def placeholder_text(strokes: Strokes, rng: Chance) -> Sent:
    def draw(pencil: ImageDraw.ImageDraw, _: Chance) -> None:
        pencil.text((140, 140), "Draw a digit here", font=ImageFont.load_default(18), fill=(190, 190, 190), anchor="mm")

    return page_with(draw, strokes, rng)


@of_strokes
def clear_button_in_a_corner(strokes: Strokes, rng: Chance) -> Sent:
    def draw(pencil: ImageDraw.ImageDraw, _: Chance) -> None:
        pencil.rounded_rectangle((222, 6, 272, 26), 4, fill=(225, 225, 225), outline=(120, 120, 120))
        pencil.text((247, 16), "Clear", font=ImageFont.load_default(12), fill=(40, 40, 40), anchor="mm")

    return page_with(draw, strokes, rng, size=rng.uniform(0.3, 0.6), place=(rng.random(), 0.8))


@of_strokes
def title_line(strokes: Strokes, rng: Chance) -> Sent:
    def draw(pencil: ImageDraw.ImageDraw, _: Chance) -> None:
        pencil.text((140, 14), "Draw a digit (0-9)", font=ImageFont.load_default(14), fill=(60, 60, 60), anchor="mm")

    return page_with(draw, strokes, rng, size=rng.uniform(0.3, 0.65), place=(rng.random(), 0.85))


@of_strokes
def arrow_of_the_mouse(strokes: Strokes, rng: Chance) -> Sent:
    """Leave the mouse where the last stroke ended or, as often, anywhere."""
    ink = drawn(strokes, rng)
    page = painted(ink)
    x, y = rng.integers(0, 260, 2).tolist()
    arrow = [(x, y), (x, y + 16), (x + 4, y + 12), (x + 7, y + 19), (x + 10, y + 18), (x + 7, y + 11), (x + 12, y + 11)]
    ImageDraw.Draw(page).polygon(arrow, fill="white", outline="black")
    return png(page)


@of_strokes
def paper_erased_with_another_white(strokes: Strokes, rng: Chance) -> Sent:
    """Rub out something drawn before, in pure white on paper that is not quite."""
    page = Image.new("RGB", (280, 280), (248, 249, 250))
    pencil = ImageDraw.Draw(page)
    for _ in range(4):
        pencil.line([tuple(point) for point in rng.integers(20, 260, (3, 2)).tolist()], fill="white", width=24)
    return png(painted(drawn(strokes, rng), paper=page))


@of_strokes
def rests_of_what_was_erased(strokes: Strokes, rng: Chance) -> Sent:
    """Leave slivers of an earlier drawing that the eraser missed."""

    def draw(pencil: ImageDraw.ImageDraw, rng: Chance) -> None:
        for _ in range(int(rng.integers(2, 6))):
            x, y = rng.integers(5, 270, 2).tolist()
            dx, dy = rng.integers(-6, 7, 2).tolist()
            pencil.line((x, y, x + dx, y + dy), fill="black", width=int(rng.integers(1, 3)))

    return page_with(draw, strokes, rng)


@of_strokes
def a_touch_of_the_pen(strokes: Strokes, rng: Chance) -> Sent:
    """Touch the canvas once by mistake, away from the digit."""
    ink = drawn(strokes, rng, pen=16, size=rng.uniform(0.4, 0.6), place=(0.5, 0.5))
    page = painted(ink)
    x, y = rng.choice([14, 266], 2).tolist()
    ImageDraw.Draw(page).ellipse((x - 8, y - 8, x + 8, y + 8), fill="black")
    return png(page)


def _specks(pencil: ImageDraw.ImageDraw, rng: Chance, count: int, side: int) -> None:
    for x, y in rng.integers(0, 278, (count, 2)).tolist():
        pencil.rectangle((x, y, x + side - 1, y + side - 1), fill="black")


OF_STROKES |= {
    "border": lambda strokes, rng: page_with(
        lambda pencil, _: pencil.rectangle((0, 0, 279, 279), outline="black", width=2), strokes, rng
    ),
    "grid of light lines": lambda strokes, rng: page_with(
        lambda pencil, _: _grid(pencil, 10, (221, 221, 221)), strokes, rng
    ),
    "grid of clear lines": lambda strokes, rng: page_with(
        lambda pencil, _: _grid(pencil, 28, (160, 190, 220)), strokes, rng
    ),
    "ruled lines": lambda strokes, rng: page_with(
        lambda pencil, _: _grid(pencil, 40, (150, 180, 230), both=False), strokes, rng
    ),
    "five specks": lambda strokes, rng: page_with(lambda pencil, rng: _specks(pencil, rng, 5, 2), strokes, rng),
    "thirty specks": lambda strokes, rng: page_with(lambda pencil, rng: _specks(pencil, rng, 30, 2), strokes, rng),
}


# Scans and photographs ------------------------------------------------------------------------------------------------


def noisy(picture: Image.Image, spread: float, rng: Chance) -> Image.Image:
    values = np.asarray(picture.convert("L")).astype(float) + rng.normal(0, spread, picture.size[::-1])
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


@of_strokes
def salt_and_pepper(strokes: Strokes, rng: Chance) -> Sent:
    values = np.asarray(painted(drawn(strokes, rng)).convert("L")).copy()
    where = rng.random(values.shape)
    values[where < 0.005], values[where > 0.995] = 0, 255
    return png(Image.fromarray(values))


@of_strokes
def hard_shadow(strokes: Strokes, rng: Chance) -> Sent:
    """Photograph paper with the hard edge of a shadow across it."""
    y, x = np.mgrid[-1:1:280j, -1:1:280j]
    angle = rng.uniform(0, 2 * np.pi)
    light = np.where(np.cos(angle) * x + np.sin(angle) * y > rng.uniform(-0.5, 0.5), 1.0, 0.65)
    values = np.asarray(painted(drawn(strokes, rng), (40, 40, 60), (225, 222, 215)).convert("L")) * light
    return encoded(noisy(Image.fromarray(values.astype(np.uint8)), 3, rng), "JPEG", quality=80)


@of_strokes
def uneven_light(strokes: Strokes, rng: Chance) -> Sent:
    y, x = np.mgrid[-1:1:280j, -1:1:280j]
    light = 0.75 + 0.25 * (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)) - 0.1 * (x * x + y * y)
    values = np.asarray(painted(drawn(strokes, rng), (40, 40, 60), (225, 222, 215)).convert("L")) * light
    return encoded(noisy(Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)), 3, rng), "JPEG", quality=80)


@of_strokes
def scan_of_a_marker(strokes: Strokes, rng: Chance) -> Sent:
    """Scan a fat marker that covers a good part of grainy paper."""
    ink = drawn(strokes, rng, pen=36, size=0.9, place=(0.5, 0.5))
    return encoded(noisy(painted(ink, (40, 40, 40), (235, 232, 225)), 4, rng), "JPEG", quality=85)


OF_STROKES |= {
    "noise of 5": lambda strokes, rng: png(noisy(painted(drawn(strokes, rng), (30, 30, 30), (225, 225, 225)), 5, rng)),
    "noise of 10": lambda strokes, rng: png(
        noisy(painted(drawn(strokes, rng), (30, 30, 30), (225, 225, 225)), 10, rng)
    ),
    "noise of 25": lambda strokes, rng: png(
        noisy(painted(drawn(strokes, rng), (30, 30, 30), (225, 225, 225)), 25, rng)
    ),
    "noise of 10 on pure white": lambda strokes, rng: png(noisy(painted(drawn(strokes, rng)), 10, rng)),
}


# 28×28 as others make it ----------------------------------------------------------------------------------------------


def small(ink: Rows, side: int = 28, how: Image.Resampling = Image.Resampling.BILINEAR) -> Image.Image:
    return Image.fromarray(ink).resize((side, side), how)


def _cropped(ink: Rows) -> Image.Image:
    image = Image.fromarray(ink)
    return image.crop(image.getbbox())


@of_strokes
def eight_by_eight(strokes: Strokes, rng: Chance) -> Sent:
    image = _cropped(drawn(strokes, rng, pen=30))
    square = Image.new("L", (max(image.size),) * 2)
    square.paste(image, ((square.width - image.width) // 2, (square.height - image.height) // 2))
    return png(square.resize((8, 8), Image.Resampling.BOX))


@of_mnist
def moved(rows: Rows, rng: Chance) -> Sent:
    image = Image.fromarray(rows)
    page = Image.new("L", (28, 28))
    left, top, right, bottom = image.getbbox() or (0, 0, 28, 28)
    corner = rng.integers(0, (29 - right + left, 29 - bottom + top))
    page.paste(image.crop((left, top, right, bottom)), tuple(corner.tolist()))
    return png(page)


@of_mnist
def of_half_the_size(rows: Rows, rng: Chance) -> Sent:
    page = Image.new("L", (28, 28))
    page.paste(Image.fromarray(rows).resize((16, 16), Image.Resampling.BOX), tuple(rng.integers(0, 13, 2).tolist()))
    return png(page)


OF_STROKES |= {
    "canvas resized to 28": lambda strokes, rng: png(small(drawn(strokes, rng, pen=20))),
    "canvas resized to 28 and inverted": lambda strokes, rng: png(small(255 - drawn(strokes, rng, pen=20))),
    "canvas resized to 28 by nearest": lambda strokes, rng: png(
        small(drawn(strokes, rng, pen=20), how=Image.Resampling.NEAREST)
    ),
    "canvas resized to 28 of a thin pen": lambda strokes, rng: png(small(drawn(strokes, rng, pen=5))),
    "small in 28": lambda strokes, rng: png(small(drawn(strokes, rng, pen=14, size=0.4))),
    "cropped to 20 without margins": lambda strokes, rng: png(
        _cropped(drawn(strokes, rng, pen=20)).resize((20, 20), Image.Resampling.BOX)
    ),
    "cropped and stretched to 28": lambda strokes, rng: png(
        _cropped(drawn(strokes, rng, pen=20)).resize((28, 28), Image.Resampling.BOX)
    ),
}

OF_MNIST |= {
    "MNIST as it is": lambda rows, _: png(Image.fromarray(rows)),
    "MNIST inverted": lambda rows, _: png(Image.fromarray(255 - rows)),
    "MNIST thresholded": lambda rows, _: png(Image.fromarray((rows > 127).astype(np.uint8) * 255)),
    "MNIST thresholded low": lambda rows, _: png(Image.fromarray((rows > 20).astype(np.uint8) * 255)),
    "MNIST blurred": lambda rows, _: png(Image.fromarray(rows).filter(ImageFilter.GaussianBlur(1))),
    "MNIST blown up by nearest": lambda rows, _: png(
        Image.fromarray(rows).resize((280, 280), Image.Resampling.NEAREST)
    ),
    "MNIST blown up smoothly": lambda rows, _: png(
        Image.fromarray(255 - rows).resize((500, 500), Image.Resampling.BICUBIC)
    ),
    "MNIST with noise of 20": lambda rows, rng: png(noisy(Image.fromarray(rows), 20, rng)),
    "MNIST of low contrast": lambda rows, _: png(Image.fromarray((100 + rows * 0.2).astype(np.uint8))),
    "MNIST cropped to 20": lambda rows, _: png(Image.fromarray(rows[4:24, 4:24])),
    "MNIST resized to 32 and back": lambda rows, _: png(
        Image.fromarray(rows).resize((32, 32), Image.Resampling.BICUBIC)
    ),
    "MNIST jpeg quality 50": lambda rows, _: encoded(Image.fromarray(rows), "JPEG", quality=50),
}


# Measuring ------------------------------------------------------------------------------------------------------------


def measure(recognizer: Recognizer, sent: Iterable[tuple[Sent, int]]) -> tuple[float, float]:
    """Return the share that is read right, and the share that is taken for digits."""
    answers = []
    for image, label in sent:
        try:
            prediction = recognizer.recognize(image)
            answers.append((prediction.digit == label, prediction.certain))
        except ImageError:
            answers.append((False, False))
    right, certain = np.mean(answers, axis=0).tolist()
    return right, certain


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a model on what other pages and devices would send.")
    parser.add_argument("--count", type=int, default=300, help="drawings of each condition (300)")
    parser.add_argument("--only", default="", help="conditions whose name has this in it")
    parser.add_argument("--model", help="a model file (the shipped one)")
    options = parser.parse_args()
    recognizer = Recognizer.load(options.model)
    held_out = split_by_writer(load_pen_digits())[1]
    chosen = [held_out[i] for i in np.random.default_rng(0).permutation(len(held_out))[: options.count]]
    images, labels = load_mnist("train")
    pictures = np.rint(images[: options.count] * 255).astype(np.uint8).reshape(-1, 28, 28)
    print("| condition | read right | certain |\n|---|---|---|")

    def row(name: str, sent: Iterable[tuple[Sent, int]]) -> None:
        if options.only in name:
            right, certain = measure(recognizer, sent)
            print(f"| {name} | {right:.1%} | {certain:.1%} |", flush=True)

    for name, send in OF_STROKES.items():
        rng = np.random.default_rng(1)
        row(name, ((send(digit.strokes, rng), digit.label) for digit in chosen))
    for name, (label, text) in STYLES.items():
        rng = np.random.default_rng(1)
        strokes = [trace(stroke) for stroke in text.split("|")]
        row(name, ((black_on_white(vary_strokes(strokes, rng), rng), label) for _ in chosen))
    for name, picture in OF_MNIST.items():
        rng = np.random.default_rng(1)
        row(name, ((picture(rows, rng), int(number)) for rows, number in zip(pictures, labels, strict=False)))


if __name__ == "__main__":
    main()
