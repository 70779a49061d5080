"""What several tests of the digits need."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits import PenDigit, normalize, read_ink
from inknet.digits.drawing.canvas import place_on_canvas
from inknet.digits.drawing.rasterize import rasterize
from tests.mlp.helpers import one_sentence

__all__ = [
    "CREAM",
    "NAVY",
    "SEVEN",
    "blend",
    "canvas_of",
    "center_of_mass",
    "difference_in_ink",
    "draw_on_paper",
    "encode",
    "extent",
    "fingerprint",
    "one_sentence",
    "progressive_jpeg",
]

Strokes = Sequence[NDArray[np.float64]]

#: A 7 with a bar, as pen strokes.
SEVEN = [
    np.array([[0.0, 0], [2, 0], [4, 0], [6, 0], [8, 0], [10, 0], [9, 4], [8, 8], [7, 12], [6, 16], [5, 18], [5, 20]]),
    np.array([[2.0, 10], [5, 10], [8, 10], [9, 9]]),
]
CREAM, NAVY = (250, 240, 205), (15, 25, 90)


def blend(drawn: NDArray[np.uint8], paper: tuple[int, ...], ink: tuple[int, ...]) -> Image.Image:
    """Return a drawing with the given colors of paper and ink."""
    cover = drawn[..., np.newaxis] / 255
    return Image.fromarray(np.rint(np.array(paper) * (1 - cover) + np.array(ink) * cover).astype(np.uint8))


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """Return an image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def progressive_jpeg(scans: int, side: int = 64) -> bytes:
    """Return a progressive JPEG with a stroke, and with so many scans, by repeating its last."""
    image = Image.new("L", (side, side), 255)
    image.paste(0, (side // 3, side // 6, side // 2, 5 * side // 6))
    data = encode(image, "JPEG", progressive=True)
    count, last = data.count(b"\xff\xda"), data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * (scans - count + 1) + data[-2:]


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


def draw_on_paper(digit: PenDigit, ink: int = 0, paper: int = 255) -> Image.Image:
    """Return a drawing in the middle of a canvas of 280×280, half as large."""
    share = place_on_canvas(digit.strokes, size=0.5, pen=14).astype(np.float64) / 255
    return Image.fromarray(np.rint(share * ink + (1 - share) * paper).astype(np.uint8))


def difference_in_ink(one: Image.Image | bytes, other: Image.Image) -> float:
    """Return the mean difference of two images' normalized ink."""
    return float(np.abs(normalize(read_ink(one)) - normalize(read_ink(other))).mean())


def fingerprint(arrays: Sequence[NDArray[Any]]) -> float:
    """Return a number that any change of a value, of its place or of an array's length changes, apart from rounding."""
    values = np.concatenate([np.append(array.ravel(), len(array)) for array in arrays])
    return float(values @ np.sin(1 + np.arange(len(values))))
