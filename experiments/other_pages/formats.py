"""Canvases, colors and file formats."""

from collections.abc import Sequence

import numpy as np
from experiments.other_pages.canvas import draw, encode, mark, paint, png, transparent
from experiments.other_pages.conditions import (
    STROKE_CONDITIONS,
    Generator,
    Gray,
    Sent,
    Strokes,
    on_strokes,
)
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter


@on_strokes
def black_on_white(strokes: Strokes, rng: Generator) -> Sent:
    return png(paint(draw(strokes, rng)))


@on_strokes
def a_tenth_of_the_side_in_a_corner(strokes: Strokes, rng: Generator) -> Sent:
    corner = (float(rng.choice([0.03, 0.97])), float(rng.choice([0.03, 0.97])))
    return png(paint(draw(strokes, rng, canvas=(400, 400), size=0.1, pen=4, position=corner, finer=2)))


@on_strokes
def colored_on_colored(strokes: Strokes, rng: Generator) -> Sent:
    """Draw with colors of the same kinds of page: their luminances differ by at least a tenth."""
    while True:
        ink, paper = rng.integers(0, 256, (2, 3))
        if abs(float((ink - paper) @ [0.299, 0.587, 0.114])) > 25:
            return png(paint(draw(strokes, rng), tuple(ink.tolist()), tuple(paper.tolist())))


@on_strokes
def gradient_paper(strokes: Strokes, rng: Generator) -> Sent:
    paper = Image.merge("RGB", [Image.linear_gradient("L").resize((280, 280)).point(lambda v: 130 + v // 3)] * 3)
    return png(paint(draw(strokes, rng), (20, 20, 90), paper))


@on_strokes
def gradient_ink(strokes: Strokes, rng: Generator) -> Sent:
    """Draw with a rainbow pen."""
    hue = Image.linear_gradient("L").resize((280, 280))
    full = Image.new("L", (280, 280), 255)
    picture = Image.new("RGB", (280, 280), "white")
    picture.paste(Image.merge("HSV", [hue, full, full]).convert("RGB"), mask=Image.fromarray(draw(strokes, rng)))
    return png(picture)


@on_strokes
def transparent_rainbow_ink(strokes: Strokes, rng: Generator) -> Sent:
    hue = Image.linear_gradient("L").resize((280, 280))
    full = Image.new("L", (280, 280), 255)
    picture = Image.merge("HSV", [hue, full, full]).convert("RGB")
    picture.putalpha(Image.fromarray(draw(strokes, rng)))
    return png(picture)


@on_strokes
def transparent_thick_pen_two_tones(strokes: Strokes, rng: Generator) -> Sent:
    """Draw with a fat pen that has a lighter core: most of the box is opaque, of two luminances."""
    ink = draw(strokes, rng, pen=45, size=0.9)
    core = Image.fromarray(ink).filter(ImageFilter.MinFilter(15))
    picture = transparent(ink, (20, 20, 120))
    picture.paste((120, 160, 255, 255), mask=core)
    return png(picture)


@on_strokes
def black_matte_under_white_ink(strokes: Strokes, rng: Generator) -> Sent:
    """Draw white ink whose edges were mixed with black before the alpha was kept, too."""
    ink = Image.fromarray(draw(strokes, rng))
    return png(Image.merge("RGBA", [ink, ink, ink, ink]))


@on_strokes
def constant_alpha(strokes: Strokes, rng: Generator) -> Sent:
    picture = paint(draw(strokes, rng))
    picture.putalpha(128)
    return png(picture)


@on_strokes
def painted_half_of_a_transparent_canvas(strokes: Strokes, rng: Generator) -> Sent:
    """Draw on a white page that covers the canvas but for its transparent margin."""
    page = Image.new("RGBA", (340, 340), (0, 0, 0, 0))
    page.paste(paint(draw(strokes, rng)), (30, 30))
    return png(page)


@on_strokes
def translucent_ink(strokes: Strokes, rng: Generator) -> Sent:
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


def _in_place(stroke: NDArray[np.float64], anchors: Sequence[NDArray[np.float64]], rng: Generator) -> Gray:
    """Draw one stroke where it would be in the whole drawing."""
    size, pen = rng.uniform(0.5, 0.8), rng.uniform(11, 28)
    low, span = anchors[0], anchors[1] - anchors[0]
    scale = (280 * size - pen) / max(float(span.max()), 1e-9)
    points = (stroke - low) * scale + pen / 2 + (280 - span * scale - pen) * rng.random(2)
    image = Image.new("L", (840, 840))
    mark(ImageDraw.Draw(image), points * 3, pen * 3, "round", line=True)
    return np.asarray(image.reduce(3))


@on_strokes
def screenshot_at_a_pixel_ratio(strokes: Strokes, rng: Generator) -> Sent:
    ratio = float(rng.choice([1.5, 2, 3]))
    side = round(280 * ratio)
    return png(paint(draw(strokes, rng)).resize((side, side), Image.Resampling.BILINEAR))


STROKE_CONDITIONS |= {
    "white on black": lambda strokes, rng: png(paint(draw(strokes, rng), (255, 255, 255), (0, 0, 0))),
    "canvas 100": lambda strokes, rng: png(paint(draw(strokes, rng, canvas=(100, 100)))),
    "canvas 1000": lambda strokes, rng: png(paint(draw(strokes, rng, canvas=(1000, 1000), finer=1))),
    "canvas 600 by 300": lambda strokes, rng: png(paint(draw(strokes, rng, canvas=(600, 300), finer=2))),
    "canvas 300 by 500": lambda strokes, rng: png(paint(draw(strokes, rng, canvas=(300, 500), finer=2))),
    "beyond the edges": lambda strokes, rng: png(paint(draw(strokes, rng, size=1.06, position=(0.5, 0.5)))),
    "colors of one luminance": lambda strokes, rng: png(paint(draw(strokes, rng), (230, 20, 20), (20, 136, 20))),
    "low contrast": lambda strokes, rng: png(paint(draw(strokes, rng), (215, 215, 215), (240, 240, 240))),
    "transparent black ink": lambda strokes, rng: png(transparent(draw(strokes, rng), (0, 0, 0))),
    "transparent white ink": lambda strokes, rng: png(transparent(draw(strokes, rng), (255, 255, 255))),
    "transparent colored ink": lambda strokes, rng: png(transparent(draw(strokes, rng), (200, 30, 60))),
    "palette png": lambda strokes, rng: png(paint(draw(strokes, rng), (10, 60, 160), (250, 250, 210)).quantize(8)),
    "one bit png": lambda strokes, rng: png(paint(draw(strokes, rng)).convert("1", dither=Image.Dither.NONE)),
    "sixteen bit png": lambda strokes, rng: png(Image.fromarray(draw(strokes, rng).astype(np.uint16) * 257)),
    "gray and alpha png": lambda strokes, rng: png(transparent(draw(strokes, rng), (0, 0, 0)).convert("LA")),
    "jpeg quality 30": lambda strokes, rng: encode(paint(draw(strokes, rng)), "JPEG", quality=30),
    "jpeg quality 10 of red ink": lambda strokes, rng: encode(
        paint(draw(strokes, rng), (220, 0, 0)), "JPEG", quality=10
    ),
    "webp quality 50": lambda strokes, rng: encode(paint(draw(strokes, rng)), "WEBP", quality=50),
}
