"""Pen digits: handwritten digits as pen strokes, by thirty writers."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inknet.digits.drawing.rasterize import FARTHEST
from inknet.errors import DataError
from inknet.files.json_text import parse_json
from inknet.resources import resource

__all__ = ["PenDigit", "Stroke", "load_pen_digits", "parse_lines", "parse_strokes", "split_by_writer"]

Stroke = NDArray[np.float64]
Parsed = TypeVar("Parsed")

_FOLDER = Path("data", "pen-digits")
#: Per drawing: a hundred times the longest pen digit. Rasterizing takes up to 0.4 ms per point.
_MOST_POINTS = 20_000


@dataclass(frozen=True)
class PenDigit:
    """A digit as pen strokes.

    Attributes
    ----------
    writer : str
        w01 to w30.
    label : int
        The digit.
    strokes : tuple of array, each of shape (points, 2)
        From pen down to pen up; x to the right, y downward, in the tablet's unit.
    """

    writer: str
    label: int
    strokes: tuple[Stroke, ...]


def load_pen_digits(path: str | Path | None = None) -> list[PenDigit]:
    """Read a file of JSON lines, plain or gzipped: ``{"writer": "w01", "label": 7, "strokes": [[[x, y], …], …]}``.

    Parameters
    ----------
    path : str, Path or None
        None reads the repository's pen digits.

    Raises
    ------
    DataError
        If the file or a line of it is invalid; the message names both.
    """
    if path is None:
        path = resource(str(_FOLDER)) / "pendigits-orig-train.jsonl.gz"
        if not path.is_file():
            raise DataError(f"{path} is missing: the pen digits are in a clone of the repository, not in the package")
    path = Path(path)
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return list(parse_lines(path, text, "pen digit", _parse))


def split_by_writer(digits: Iterable[PenDigit]) -> tuple[list[PenDigit], list[PenDigit]]:
    """Split pen digits into training and held-out ones, by writer; the split is a file of the repository.

    Raises
    ------
    DataError
        If that file is missing or invalid.
    """
    path = resource(str(_FOLDER)) / "split.json"
    try:
        split = parse_json(path.read_text(encoding="utf-8"))
        training, held_out = set(split["train"]), set(split["validation"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: the split by writer cannot be read: {error!r}") from None
    both = list(digits)
    return [d for d in both if d.writer in training], [d for d in both if d.writer in held_out]


def parse_lines(path: Path, text: str, kind: str, parse: Callable[[object], Parsed]) -> Iterator[Parsed]:
    """Yield `parse` of the JSON in each line that is not empty.

    Raises a DataError that names the path and the line if it is not JSON, or `parse` raises a ValueError.
    """
    # Not splitlines, which also splits at separators that may occur inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield parse(parse_json(line))
            except ValueError as error:
                raise DataError(f"{path}, line {number}: not a {kind}: {error}") from None


def parse_strokes(strokes: Iterable[object]) -> tuple[Stroke, ...]:
    """Return the strokes of a line that have points.

    Raises ValueError if one is not a list of points, a coordinate is not finite, or there are no or too many points.
    """
    strokes = list(strokes)
    count = sum(len(stroke) for stroke in strokes if isinstance(stroke, list))
    if count > _MOST_POINTS:
        raise ValueError(f"it must have at most {_MOST_POINTS:,} points, got {count:,}")
    arrays = tuple(array for array in map(_parse_stroke, strokes) if len(array) > 0)
    if not arrays:
        raise ValueError("it has no points")
    return arrays


def _parse_stroke(points: object) -> Stroke:
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 2 for point in points):
        raise ValueError("a stroke must be a list of points [x, y]")
    for coordinate in (coordinate for point in points for coordinate in point):
        # NaN fails the comparison. bool is a subclass of int in Python, but not a number on the page.
        if type(coordinate) not in {int, float} or not -FARTHEST <= coordinate <= FARTHEST:
            raise ValueError(f"a stroke's coordinates must be finite numbers, at most {FARTHEST:g} in size")
    return np.array(points, dtype=np.float64).reshape(-1, 2)


def _parse(values: object) -> PenDigit:
    match values:
        case {"writer": str(writer), "label": int(label), "strokes": [*strokes]}:
            if isinstance(label, bool) or not 0 <= label <= 9:
                raise ValueError(f"its label must be 0 to 9, got {label}")
            return PenDigit(writer, label, parse_strokes(strokes))
    raise ValueError("it must be an object with a writer, a label and a list of strokes")
