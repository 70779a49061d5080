"""MNIST and other pairs of IDX files: located, verified and scaled."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inknet.digits.datasets.csv_file import read_csv
from inknet.digits.datasets.idx import read_idx
from inknet.errors import DataError, IdxError
from inknet.files.atomic_write import write_atomically
from inknet.resources import resource

__all__ = ["load_idx_pair", "load_mnist", "read_idx_pair", "scale_pair"]

#: The SHA-256 of each file's uncompressed content.
_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
_PREFIX = {"train": "train", "test": "t10k"}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

#: Seconds until a mirror that does not answer is given up, and more bytes than any of the files has.
_TIMEOUT, _MAX_BYTES = 30, 1 << 25

Pair = tuple[NDArray[np.float32], NDArray[np.int64]]


def load_mnist(split: Literal["train", "test"], data: str | Path | None = None) -> Pair:
    """Load MNIST's training or test set.

    The first that applies: the folder `data`, the folder named by the environment variable ``INKNET_DATA``, the
    repository's ``data/mnist``, or the user's cache, which is filled by a download. The SHA-256 is always verified.

    Parameters
    ----------
    split : {"train", "test"}
        60,000 images, or 10,000.
    data : str, Path or None
        The folder of the IDX files, plain or gzipped, or of Keras's ``mnist.npz``; or that file.

    Returns
    -------
    images : array of float32, shape (n, 784)
        0 is paper, 1 is ink.
    labels : array of int64, shape (n,)

    Raises
    ------
    DataError
        If a file is missing, invalid, or not MNIST's.
    """
    if split not in _PREFIX:
        raise DataError(f"split must be 'train' or 'test', got {split!r}")
    names = [f"{_PREFIX[split]}-images-idx3-ubyte", f"{_PREFIX[split]}-labels-idx1-ubyte"]
    place = _find_place(data)
    pixels, numbers = (_fetch(name) if place is None else _read(_find_file(place, name), name) for name in names)
    return scale_pair(pixels, numbers)


def load_idx_pair(images: str | Path, labels: str | Path | None = None, classes: int = 10) -> Pair:
    """Load images and labels from any pair of IDX files, or from one CSV file, in the form of `load_mnist`.

    Raises
    ------
    DataError
        If a file is invalid, the lengths differ, or a label is not one of the classes; see `read_idx_pair`.
    """
    pixels, numbers = read_idx_pair(images, labels)
    bad = np.flatnonzero((numbers < 0) | (numbers >= classes))
    if len(bad):
        raise IdxError(f"{labels or images}: labels must be 0 to {classes - 1}, got {numbers[bad[0]]} in row {bad[0]}")
    return scale_pair(pixels, numbers)


def read_idx_pair(images: str | Path, labels: str | Path | None) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
    """Read a pair of IDX files, or one CSV file, unchanged: gray images, (n, height, width), and integer labels, (n,).

    Only EMNIST's images, recognized by "emnist" in their file's name, are transposed: they are stored column by column.

    Raises IdxError if an IDX file is invalid, or the lengths differ, and DataError if a CSV file is invalid.
    """
    pixels, numbers = read_csv(images) if labels is None else _read_idx_pair(images, labels)
    is_emnist = "emnist" in Path(images).name.lower() and pixels.shape[1] == pixels.shape[2]
    return pixels.transpose(0, 2, 1) if is_emnist else pixels, numbers


def _read_idx_pair(images: str | Path, labels: str | Path) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
    pixels, numbers = read_idx(images), read_idx(labels)
    if pixels.ndim != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise IdxError(
            f"{images}: must hold uint8 of shape (n, height, width), got {pixels.dtype} of shape {pixels.shape}"
        )
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise IdxError(f"{labels}: must hold integers of shape (n,), got {numbers.dtype} of shape {numbers.shape}")
    if len(pixels) != len(numbers):
        raise IdxError(f"{labels}: {len(numbers)} labels but {images} has {len(pixels)} images")
    return pixels, numbers


def scale_pair(pixels: NDArray[Any], numbers: NDArray[Any]) -> Pair:
    """Return what `read_idx_pair` read in the form of `load_mnist`."""
    images = pixels.reshape(len(pixels), -1).astype(np.float32)
    images /= 255
    return images, numbers.astype(np.int64)


def _find_place(data: str | Path | None) -> Path | None:
    """Return the folder or the file of MNIST, or None to use the cache."""
    named = os.environ.get("INKNET_DATA") if data is None else data
    inside = resource("data") / "mnist"
    return Path(named) if named else inside if inside.is_dir() else None


def _find_file(place: Path, name: str) -> Path:
    """Return the file of a place that has one of MNIST's four arrays, by any name under which it is distributed."""
    if place.is_file():
        return place
    names = [f"{base}{suffix}" for base in (name, name.replace("-idx", ".idx")) for suffix in ("", ".gz")]
    # The folders inside are Kaggle's and torchvision's.
    for folder in (place, place / name, place / name.replace("-idx", ".idx"), place / "raw", place / "MNIST" / "raw"):
        for file in (*(folder / one for one in names), folder / "mnist.npz"):
            if file.is_file():
                return file
    raise DataError(
        f"{place} has no {name} or {name}.gz; put MNIST's four files or Keras's mnist.npz there, or name another folder"
    )


def _read(file: Path, name: str) -> NDArray[Any]:
    """Read a file and verify its content, header included, by the published hash."""
    array = _read_npz(file, name) if file.suffix == ".npz" else read_idx(file)
    header = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    digest = hashlib.sha256(header)
    digest.update(np.ascontiguousarray(array).data)
    if array.dtype != np.uint8 or digest.hexdigest() != _SHA256[name]:
        raise DataError(
            f"{file} is not MNIST's {name}: its SHA-256 differs; download it again, or use --images and --labels"
        )
    return array


def _read_npz(file: Path, name: str) -> NDArray[Any]:
    """Read one of MNIST's arrays from a file of Keras's."""
    key = f"{'x' if 'images' in name else 'y'}_{'train' if name.startswith('train') else 'test'}"
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            array: NDArray[Any] = arrays[key]
            return array
    except KeyError:
        raise DataError(
            f"{file} has no array {key!r}; Keras's mnist.npz has x_train, y_train, x_test, y_test"
        ) from None
    # np.load raises nearly anything on a damaged file.
    except Exception as error:
        raise DataError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _fetch(name: str) -> NDArray[Any]:
    """Read a file from the user's cache, downloading it if necessary."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    file = Path(cache, "inknet", f"{name}.gz")
    if file.is_file():
        with suppress(DataError):
            return _read(file, name)
    # Imported late: they would add to the memory of every program.
    from http.client import HTTPException
    from urllib.request import urlopen

    reasons = []
    for mirror in MIRRORS:
        try:
            with urlopen(f"{mirror}{file.name}", timeout=_TIMEOUT) as response:  # noqa: S310 - one of our mirrors
                content = response.read(_MAX_BYTES)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, content)
            return _read(file, name)
        except (DataError, HTTPException, OSError, ValueError) as error:
            reasons.append(f"{mirror}: {error}")
    # The content of the last mirror is invalid.
    with suppress(OSError):
        file.unlink()
    raise DataError(f"MNIST could not be downloaded ({'; '.join(reasons)}); name its folder with --data or INKNET_DATA")
