"""Photographs of one digit, synthesized: a pen on paper, uneven light, a lens, a sensor, and JPEG."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

__all__ = ["STYLES", "Style", "photograph"]

#: The EXIF tag of a picture's orientation, and how the sensor's picture was turned for each value.
_ORIENTATION = 0x0112
_TURNS = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


@dataclass(frozen=True)
class Style:
    """What was drawn with, on what; colors from 0 to 255, the pen's width as a share of the digit."""

    paper: tuple[int, int, int]
    ink: tuple[int, int, int]
    pen: float
    squares: tuple[int, int, int] | None = None


STYLES = {
    "ballpoint on cream": Style((243, 234, 212), (38, 52, 140), 0.05),
    "marker on white": Style((238, 238, 236), (25, 25, 28), 0.14),
    "faint pencil": Style((232, 230, 226), (165, 163, 162), 0.06),
    "chalk on a blackboard": Style((44, 58, 50), (214, 216, 208), 0.09),
    "red on gray": Style((190, 190, 192), (176, 30, 36), 0.1),
    "squared paper": Style((240, 240, 238), (30, 40, 110), 0.08, (205, 214, 228)),
}


def photograph(
    strokes: Sequence[NDArray[np.float64]],
    style: Style,
    rng: np.random.Generator,
    size: tuple[int, int] = (4000, 3000),
    share: float | None = None,
) -> bytes:
    """Return a JPEG file of a digit that takes a share of the picture's shorter side, 10 % to 60 % if None.

    The light falls off to one side, the lens darkens the corners, in half of the pictures the edge of a shadow lies
    across the paper, the sensor adds grain, and the camera was held in one of four ways.
    """
    width, height = size
    # All that is smooth is made at a smaller size and enlarged; a camera's own sharpening does not matter here.
    small = (width // 2, height // 2) if width > 2000 else size
    cover = np.asarray(_draw(strokes, style, rng, small, share), dtype=np.float32)[..., np.newaxis] / 255
    paper = np.broadcast_to(np.array(style.paper, dtype=np.float32), (small[1], small[0], 3)).copy()
    if style.squares is not None:
        _rule(paper, style.squares, rng)
    picture = (paper * (1 - cover) + np.array(style.ink, dtype=np.float32) * cover) * _light(small, rng)[
        ..., np.newaxis
    ]
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    image = Image.fromarray(_add_grain(np.asarray(image), rng))
    orientation = int(rng.choice(list(_TURNS)))
    turn = _TURNS[orientation]
    if turn is not None:
        image = image.transpose(turn)
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80, exif=exif)
    return buffer.getvalue()


def _draw(
    strokes: Sequence[NDArray[np.float64]],
    style: Style,
    rng: np.random.Generator,
    size: tuple[int, int],
    share: float | None,
) -> Image.Image:
    """Draw the strokes somewhere on the picture."""
    every = np.concatenate(strokes)
    low, span = every.min(axis=0), np.ptp(every, axis=0)
    length = (rng.uniform(0.1, 0.6) if share is None else share) * min(size)
    pen = max(2, round(style.pen * length))
    scale = (length - pen) / max(float(span.max()), 1e-9)
    box = span * scale + pen
    # The photographer aims at the digit: it lies near the middle.
    corner = (np.array(size) - box) * rng.uniform(0.25, 0.75, 2) + pen / 2
    image = Image.new("L", size, 0)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(float(x), float(y)) for x, y in (stroke - low) * scale + corner]
        draw.line(points, fill=255, width=pen)
        for x, y in points:
            draw.ellipse([x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2], fill=255)
    return image.filter(ImageFilter.GaussianBlur(max(size) / 1500))


def _rule(paper: NDArray[np.float32], color: tuple[int, int, int], rng: np.random.Generator) -> None:
    """Rule squares on the paper."""
    square = int(max(paper.shape) * rng.uniform(0.02, 0.04))
    line = max(1, square // 20)
    for offset in range(line):
        paper[offset::square] = color
        paper[:, offset::square] = color


def _light(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return how much of the light reaches each pixel."""
    x, y = np.meshgrid(
        np.linspace(-1, 1, size[0], dtype=np.float32), np.linspace(-1, 1, size[1], dtype=np.float32), copy=False
    )
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 - rng.uniform(0.05, 0.25) * (1 + np.cos(angle) * x + np.sin(angle) * y) / 2
    light *= 1 - rng.uniform(0.05, 0.3) * (x**2 + y**2) / 2
    if rng.random() < 0.5:
        # A shadow whose soft edge runs across the paper.
        angle, softness = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.4)
        distance = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.6, 0.6)
        light *= 1 - rng.uniform(0.1, 0.4) / (1 + np.exp(-distance / softness))
    return light.astype(np.float32)


def _add_grain(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Add a sensor's noise; one tile of it, repeated, is noise enough."""
    tile = np.rint(rng.normal(0, rng.uniform(1, 5), (250, 400, 3))).astype(np.int16)
    rows, columns = -(-picture.shape[0] // 250), -(-picture.shape[1] // 400)
    grain = np.tile(tile, (rows, columns, 1))[: picture.shape[0], : picture.shape[1]]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)
