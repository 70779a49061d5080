"""Drawing on a canvas, and encoding it as an image file."""

import io

import numpy as np
from experiments.other_pages.conditions import (
    Generator,
    Gray,
    Strokes,
)
from numpy.typing import NDArray
from PIL import Image, ImageDraw


def draw(
    strokes: Strokes,
    rng: Generator,
    *,
    canvas: tuple[int, int] = (280, 280),
    pen: float | None = None,
    size: float | None = None,
    position: tuple[float, float] | None = None,
    brush: str = "round",
    finer: int = 3,
    spacing: float = 0.0,
) -> Gray:
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
    corner = wide / 2 + room * (rng.random(2) if position is None else position)
    placed = [(stroke - low) * scale + corner for stroke in strokes]
    image = Image.new("L", (width * finer, height * finer))
    pencil = ImageDraw.Draw(image)
    for points in placed:
        mark(pencil, _spaced(points, spacing * wide) if spacing else points, wide, brush, line=not spacing)
    return np.asarray(image.reduce(finer) if finer > 1 else image)


def mark(pencil: ImageDraw.ImageDraw, points: NDArray[np.float64], wide: float, brush: str, line: bool) -> None:
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


def paint(ink: Gray, color: object = (0, 0, 0), paper: object = (255, 255, 255)) -> Image.Image:
    """Return ink of one color on paper of another, or on a picture."""
    background = paper if isinstance(paper, Image.Image) else Image.new("RGB", ink.shape[::-1], paper)  # type: ignore[arg-type]
    picture = background.copy()
    picture.paste(color, mask=Image.fromarray(ink))  # type: ignore[arg-type]
    return picture


def png(picture: Image.Image, **options: object) -> bytes:
    return encode(picture, "PNG", compress_level=1, **options)


def encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def transparent(ink: Gray, color: tuple[int, int, int]) -> Image.Image:
    """Return ink on nothing."""
    picture = Image.new("RGBA", ink.shape[::-1], (*color, 0))
    picture.putalpha(Image.fromarray(ink))
    return picture
