"""Labeled drawings: a file of JSON lines, as the page exports it."""

import reprlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inknet.digits.classes import DIGITS
from inknet.digits.datasets.pen_strokes import PenDigit, Stroke, parse_lines, parse_strokes
from inknet.digits.drawing.rasterize import ink_strokes
from inknet.files.text_file import read_text

__all__ = ["ink_drawings", "read_drawings"]


def read_drawings(path: str | Path, classes: Sequence[str] = DIGITS) -> list[PenDigit]:
    """Read the drawings that have a label, one per line: ``{"strokes": [[[x, y], …], …], "label": 7}``.

    Drawings whose label is null or missing were neither corrected nor confirmed, and are skipped. Other keys are
    ignored. A drawing has at most 20,000 points. Of repeated drawings, as after two exports, the last one counts.
    Labels are indices into `classes`; the file's name, without the suffix, becomes the writer's.

    Raises a DataError that names the file and the line if one is invalid.
    """
    path = Path(path)
    drawings: dict[tuple[bytes, ...], PenDigit | None] = {}
    for label, strokes in parse_lines(path, read_text(path), "drawing", lambda values: _parse(values, len(classes))):
        key = tuple(stroke.tobytes() for stroke in strokes)
        drawings[key] = None if label is None else PenDigit(path.stem, label, strokes)
    return [drawing for drawing in drawings.values() if drawing is not None]


def ink_drawings(drawings: Sequence[PenDigit]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Rasterize drawings as the page does; return the images, (n, 784), and the labels, (n,)."""
    ink = np.stack([ink_strokes(drawing.strokes).ravel() for drawing in drawings])
    return ink.astype(np.float32) / np.float32(255), np.array([drawing.label for drawing in drawings], dtype=np.int64)


def _parse(values: object, classes: int) -> tuple[int | None, tuple[Stroke, ...]]:
    match values:
        case {"strokes": [*strokes], **others}:
            label = others.get("label")
            if label is not None and not (type(label) is int and 0 <= label < classes):
                raise ValueError(f"its label must be null or 0 to {classes - 1}, got {reprlib.repr(label)}")
            return label, parse_strokes(strokes)
    raise ValueError("it must be an object with a list of strokes")
