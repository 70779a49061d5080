"""Scans and photographs: noise, shadows, uneven light."""

import numpy as np
from experiments.other_pages.canvas import draw, encode, paint, png
from experiments.other_pages.conditions import (
    STROKE_CONDITIONS,
    Generator,
    Sent,
    Strokes,
    on_strokes,
)
from PIL import Image


def add_noise(picture: Image.Image, spread: float, rng: Generator) -> Image.Image:
    values = np.asarray(picture.convert("L")).astype(float) + rng.normal(0, spread, picture.size[::-1])
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


@on_strokes
def salt_and_pepper(strokes: Strokes, rng: Generator) -> Sent:
    values = np.asarray(paint(draw(strokes, rng)).convert("L")).copy()
    where = rng.random(values.shape)
    values[where < 0.005], values[where > 0.995] = 0, 255
    return png(Image.fromarray(values))


@on_strokes
def hard_shadow(strokes: Strokes, rng: Generator) -> Sent:
    """Photograph paper with the hard edge of a shadow across it."""
    y, x = np.mgrid[-1:1:280j, -1:1:280j]
    angle = rng.uniform(0, 2 * np.pi)
    light = np.where(np.cos(angle) * x + np.sin(angle) * y > rng.uniform(-0.5, 0.5), 1.0, 0.65)
    values = np.asarray(paint(draw(strokes, rng), (40, 40, 60), (225, 222, 215)).convert("L")) * light
    return encode(add_noise(Image.fromarray(values.astype(np.uint8)), 3, rng), "JPEG", quality=80)


@on_strokes
def uneven_light(strokes: Strokes, rng: Generator) -> Sent:
    y, x = np.mgrid[-1:1:280j, -1:1:280j]
    light = 0.75 + 0.25 * (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1)) - 0.1 * (x * x + y * y)
    values = np.asarray(paint(draw(strokes, rng), (40, 40, 60), (225, 222, 215)).convert("L")) * light
    return encode(add_noise(Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)), 3, rng), "JPEG", quality=80)


@on_strokes
def scan_of_a_marker(strokes: Strokes, rng: Generator) -> Sent:
    """Scan a fat marker that covers a good part of grainy paper."""
    ink = draw(strokes, rng, pen=36, size=0.9, position=(0.5, 0.5))
    return encode(add_noise(paint(ink, (40, 40, 40), (235, 232, 225)), 4, rng), "JPEG", quality=85)


STROKE_CONDITIONS |= {
    "noise of 5": lambda strokes, rng: png(add_noise(paint(draw(strokes, rng), (30, 30, 30), (225, 225, 225)), 5, rng)),
    "noise of 10": lambda strokes, rng: png(
        add_noise(paint(draw(strokes, rng), (30, 30, 30), (225, 225, 225)), 10, rng)
    ),
    "noise of 25": lambda strokes, rng: png(
        add_noise(paint(draw(strokes, rng), (30, 30, 30), (225, 225, 225)), 25, rng)
    ),
    "noise of 10 on pure white": lambda strokes, rng: png(add_noise(paint(draw(strokes, rng)), 10, rng)),
}
