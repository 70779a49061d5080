"""What several tests of the digits need."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits.drawing.rasterize import rasterize
from tests.mlp.helpers import one_sentence

__all__ = ["canvas_of", "center_of_mass", "encode", "extent", "one_sentence"]

Strokes = Sequence[NDArray[np.float64]]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """Return an image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def canvas_of(strokes: Strokes, size: float = 150, pen: float = 20, corner: float = 50) -> NDArray[np.uint8]:
    """Return strokes drawn on a canvas of 280×280: their longer side, the pen, and where they begin."""
    every = np.concatenate(strokes)
    low = every.min(axis=0)
    span = float((every.max(axis=0) - low).max())
    return rasterize([(stroke - low) * (size / span) + corner for stroke in strokes], pen / 2)


def extent(image: NDArray[Any]) -> tuple[int, int]:
    """Return how many rows and columns the ink of an image spans."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def center_of_mass(image: NDArray[Any]) -> tuple[float, float]:
    """Return the row and the column of the center of mass, as indices."""
    mass = image.sum(dtype=np.float64)
    rows, columns = (np.arange(size) for size in image.shape)
    return float(image.sum(axis=1, dtype=np.float64) @ rows / mass), float(
        image.sum(axis=0, dtype=np.float64) @ columns / mass
    )
