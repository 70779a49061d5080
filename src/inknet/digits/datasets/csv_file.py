"""Labeled images in a CSV file: one per row, its label, then its pixels, as Kaggle's MNIST."""

import gzip
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inknet.digits.grid import default_shape
from inknet.errors import DataError

__all__ = ["is_csv", "read_csv"]


def is_csv(path: str | Path) -> bool:
    """Return whether a file is CSV, plain or gzipped, by its name."""
    return str(path).lower().endswith((".csv", ".csv.gz"))


def read_csv(path: str | Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read images, (n, height, width), and labels, (n,), of integers up to 255; the first row may be a header.

    Images are square if the number of pixels is, and a single row otherwise.

    Raises DataError if the file cannot be read, a row has another length, or a value is not such an integer.
    """
    try:
        with (gzip.open if str(path).lower().endswith(".gz") else open)(path, "rt", encoding="utf-8-sig") as file:
            first = file.readline()
            start = first.partition(",")[0].strip(' "\r\n')
            if start.lower() in {"label", "class"}:
                first = file.readline()
            elif not start.isdecimal():
                raise DataError(f"{path}: the first column must be the label, got {start[:60]!r}")
            if not first.strip():
                raise DataError(f"{path}: there must be one or more images, got none")
            rows = np.loadtxt(chain([first], file), np.uint8, delimiter=",", quotechar='"', ndmin=2)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    pixels = rows.shape[1] - 1
    if pixels < 1:
        raise DataError(f"{path}: each row must be a label and pixels, got {rows.shape[1]} column")
    return np.ascontiguousarray(rows[:, 1:]).reshape(-1, *default_shape(pixels)), rows[:, 0].copy()
