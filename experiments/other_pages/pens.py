"""Pens, and hands that hold them."""

import numpy as np
from experiments.other_pages.canvas import draw, paint, png
from experiments.other_pages.conditions import (
    STROKE_CONDITIONS,
    Generator,
    Sent,
    Strokes,
    on_strokes,
)
from PIL import Image, ImageFilter


@on_strokes
def soft_brush(strokes: Strokes, rng: Generator) -> Sent:
    pen = rng.uniform(14, 28)
    ink = Image.fromarray(draw(strokes, rng, pen=pen)).filter(ImageFilter.GaussianBlur(pen / 3))
    return png(paint(np.asarray(ink)))


@on_strokes
def glowing_pen(strokes: Strokes, rng: Generator) -> Sent:
    """Draw a neon line: a white core in a wide glow, on black."""
    ink = Image.fromarray(draw(strokes, rng))
    glow = np.asarray(ink.filter(ImageFilter.GaussianBlur(12))).astype(float) * 1.2
    both = np.maximum(np.asarray(ink), np.minimum(glow, 255).astype(np.uint8))
    return png(paint(both, (255, 255, 255), (0, 0, 0)))


@on_strokes
def pixels_of_a_coarse_grid(strokes: Strokes, rng: Generator) -> Sent:
    """Draw on a page of 28×28 cells that are switched on."""
    cells = (draw(strokes, rng, canvas=(28, 28), pen=2, size=0.75) > 100).astype(np.uint8) * 255
    return png(paint(np.kron(cells, np.ones((10, 10), np.uint8))))


@on_strokes
def few_points(strokes: Strokes, rng: Generator) -> Sent:
    few = [stroke[np.unique(np.linspace(0, len(stroke) - 1, 10).astype(int))] for stroke in strokes]
    return png(paint(draw(few, rng)))


@on_strokes
def jittery_touch(strokes: Strokes, rng: Generator) -> Sent:
    size = float(np.ptp(np.concatenate(strokes), axis=0).max())
    return png(paint(draw([stroke + rng.normal(0, 0.02 * size, stroke.shape) for stroke in strokes], rng)))


@on_strokes
def pen_lifted_within_strokes(strokes: Strokes, rng: Generator) -> Sent:
    """Lose a twelfth of the longest stroke, somewhere in its middle."""
    longest = max(range(len(strokes)), key=lambda i: len(strokes[i]))
    points = strokes[longest]
    gap = max(1, len(points) // 12)
    start = int(rng.integers(len(points) // 4, max(len(points) // 4 + 1, 3 * len(points) // 4 - gap)))
    parts = [part for part in (points[:start], points[start + gap :]) if len(part)]
    return png(paint(draw([*strokes[:longest], *parts, *strokes[longest + 1 :]], rng)))


@on_strokes
def slanted_by_30_degrees(strokes: Strokes, rng: Generator) -> Sent:
    shear = np.array([[1.0, 0.0], [float(rng.choice([-1, 1])) * np.tan(np.radians(30)), 1.0]])
    return png(paint(draw([stroke @ shear for stroke in strokes], rng)))


@on_strokes
def turned_by_20_degrees(strokes: Strokes, rng: Generator) -> Sent:
    angle = np.radians(20) * float(rng.choice([-1, 1]))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return png(paint(draw([stroke @ turn for stroke in strokes], rng)))


STROKE_CONDITIONS |= {
    "hard pen of 1 pixel": lambda strokes, rng: png(paint(draw(strokes, rng, pen=1, finer=1))),
    "hard pen of 3 pixels": lambda strokes, rng: png(paint(draw(strokes, rng, pen=3, finer=1))),
    "pen of 2 pixels on 1000": lambda strokes, rng: png(paint(draw(strokes, rng, canvas=(1000, 1000), pen=2, finer=1))),
    "hard pen of 40 pixels": lambda strokes, rng: png(paint(draw(strokes, rng, pen=40, size=0.85, finer=1))),
    "hard pen of 60 pixels": lambda strokes, rng: png(paint(draw(strokes, rng, pen=60, size=0.95, finer=1))),
    "square brush": lambda strokes, rng: png(paint(draw(strokes, rng, brush="square", finer=2))),
    "broad nib": lambda strokes, rng: png(paint(draw(strokes, rng, brush="nib", pen=rng.uniform(14, 34), finer=2))),
    "dots of a fast mouse": lambda strokes, rng: png(
        paint(draw(strokes, rng, pen=rng.uniform(14, 24), spacing=rng.uniform(1.2, 1.7)))
    ),
    "dots far apart": lambda strokes, rng: png(
        paint(draw(strokes, rng, pen=rng.uniform(8, 14), spacing=rng.uniform(2, 2.5)))
    ),
    "square dots": lambda strokes, rng: png(paint(draw(strokes, rng, brush="square", pen=14, spacing=1.4))),
    "tall and thin": lambda strokes, rng: png(paint(draw([stroke * [0.6, 1] for stroke in strokes], rng))),
    "wide and flat": lambda strokes, rng: png(paint(draw([stroke * [1.6, 1] for stroke in strokes], rng))),
}
