"""Drawings of one's own, with what they were: a file of JSON lines, as the page exports it."""

import json
import reprlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inknet.digits.classes import DIGITS
from inknet.digits.datasets.pen_strokes import PenDigit
from inknet.digits.drawing.rasterize import FARTHEST, ink_strokes
from inknet.errors import DataError
from inknet.files.text_file import read_text

__all__ = ["ink_drawings", "read_drawings"]


def read_drawings(path: str | Path, classes: Sequence[str] = DIGITS) -> list[PenDigit]:
    """Read the drawings that have a label, ``{"strokes": [[[x, y], …], …], "label": 7}`` a line.

    A line whose label is null, or missing, was never corrected or confirmed, and is left out. What else an object
    holds does not matter. A drawing that is there twice, as after two exports, counts once, as it was last.

    Parameters
    ----------
    path : str or Path
        Its name, without the suffix, becomes the writer's.
    classes : sequence of str
        What there is a label for, counted from 0.

    Raises
    ------
    DataError
        If the file or a line of it is broken; the text names both.
    """
    path = Path(path)
    text = read_text(path)
    drawings: dict[tuple[bytes, ...], PenDigit | None] = {}
    # Not splitlines, which parts a line at the separators that may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                label, strokes = _drawing(json.loads(line), len(classes))
            except RecursionError:
                raise DataError(f"{path}, line {number}: not a drawing: it is nested too deeply") from None
            except ValueError as error:
                raise DataError(f"{path}, line {number}: not a drawing: {error}") from None
            same = tuple(stroke.tobytes() for stroke in strokes)
            drawings[same] = None if label is None else PenDigit(path.stem, label, strokes)
    return [drawing for drawing in drawings.values() if drawing is not None]


def ink_drawings(drawings: Sequence[PenDigit]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Ink each drawing as the page does; return the images, (n, 784), and the labels."""
    ink = np.stack([ink_strokes(drawing.strokes).ravel() for drawing in drawings])
    return ink.astype(np.float32) / np.float32(255), np.array([drawing.label for drawing in drawings], dtype=np.int64)


def _drawing(values: object, classes: int) -> tuple[int | None, tuple[NDArray[np.float64], ...]]:
    """Return the label and the strokes of one line's values."""
    match values:
        case {"strokes": [*strokes], **others}:
            label = others.get("label")
        case _:
            raise ValueError("it is no object with a list of strokes")
    if label is not None and not (type(label) is int and 0 <= label < classes):
        raise ValueError(f"its label is {reprlib.repr(label)}, neither one of 0 to {classes - 1} nor null")
    arrays = tuple(array for array in map(_stroke, strokes) if len(array) > 0)
    if not arrays:
        raise ValueError("it has no point")
    return label, arrays


def _stroke(points: object) -> NDArray[np.float64]:
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 2 for point in points):
        raise ValueError("a stroke is no list of points [x, y]")
    for coordinate in (coordinate for point in points for coordinate in point):
        # NaN is not within any bounds. A bool is an int to Python, but not to the page.
        if type(coordinate) not in {int, float} or not -FARTHEST <= coordinate <= FARTHEST:
            raise ValueError("a stroke has a coordinate that is no finite number, or as good as infinite")
    return np.array(points, dtype=np.float64).reshape(-1, 2)
