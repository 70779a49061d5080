"""Pen digits: digits as pen strokes, by thirty writers."""

import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inknet.errors import DataError
from inknet.resources import resource

__all__ = ["PenDigit", "load_pen_digits", "split_by_writer"]

_FOLDER = Path("data", "pen-digits")


@dataclass(frozen=True)
class PenDigit:
    """One digit, as the pen drew it.

    Attributes
    ----------
    writer : str
        Who drew it: w01 to w30.
    label : int
        The digit.
    strokes : tuple of array, each of shape (points, 2)
        Pen down to pen up; x to the right, y downward, in the tablet's unit.
    """

    writer: str
    label: int
    strokes: tuple[NDArray[np.float64], ...]


def load_pen_digits(path: str | Path | None = None) -> list[PenDigit]:
    """Read a file of JSON lines, plain or compressed by gzip: ``{"writer", "label", "strokes"}``.

    Parameters
    ----------
    path : str, Path or None
        None: the repository's pen digits.

    Raises
    ------
    DataError
        If the file or a line of it is broken; the text names both.
    """
    if path is None:
        path = resource(str(_FOLDER)) / "pendigits-orig-train.jsonl.gz"
        if not path.is_file():
            raise DataError(f"{path} is not there: the pen digits are in a clone of the repository, not in the package")
    path = Path(path)
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    digits = []
    # Not splitlines, which parts a line at the separators that may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                digits.append(_digit(json.loads(line)))
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}, line {number}: not a pen digit: {error}") from None
    return digits


def split_by_writer(digits: Iterable[PenDigit]) -> tuple[list[PenDigit], list[PenDigit]]:
    """Part pen digits into those to learn from and those held out, by their writers; the split is a file.

    Raises
    ------
    DataError
        If the file that holds the split is missing or broken.
    """
    path = resource(str(_FOLDER)) / "split.json"
    try:
        split = json.loads(path.read_text(encoding="utf-8"))
        learned, held_out = set(split["train"]), set(split["validation"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: the split by writer cannot be read: {error!r}") from None
    both = list(digits)
    return [d for d in both if d.writer in learned], [d for d in both if d.writer in held_out]


def _digit(values: object) -> PenDigit:
    """Make a pen digit of one line's values."""
    match values:
        case {"writer": str(writer), "label": int(label), "strokes": [*strokes]}:
            pass
        case _:
            raise ValueError("it is no object with a writer, a label and a list of strokes")
    if isinstance(label, bool) or not 0 <= label <= 9:
        raise ValueError(f"its label is {label}, not one of 0 to 9")
    if not strokes:
        raise ValueError("it has no stroke")
    return PenDigit(writer, label, tuple(map(_stroke, strokes)))


def _stroke(points: object) -> NDArray[np.float64]:
    try:
        stroke = np.array(points)
    except ValueError:
        raise ValueError("a stroke is no list of points [x, y]") from None
    if stroke.ndim != 2 or stroke.shape[1] != 2:
        raise ValueError("a stroke is no list of points [x, y]")
    if stroke.dtype.kind not in "iuf" or not np.isfinite(stroke).all():
        raise ValueError("a stroke has a coordinate that is no finite number")
    return stroke.astype(np.float64)
