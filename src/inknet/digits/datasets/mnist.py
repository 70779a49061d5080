"""MNIST and other pairs of IDX files: located, verified and scaled."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inknet.digits.datasets.idx import read_idx
from inknet.errors import DataError, IdxError, MissingExtraError
from inknet.extras import import_extra
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
        The folder of the IDX files, plain or gzipped.

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
    folder = _find_folder(data)
    pixels, numbers = (_fetch(name) if folder is None else _read(_find_file(folder, name), name) for name in names)
    return scale_pair(pixels, numbers)


def load_idx_pair(images: str | Path, labels: str | Path, classes: int = 10) -> Pair:
    """Load images and labels from any pair of IDX files, in the form of `load_mnist`.

    Raises
    ------
    IdxError
        If a file is invalid, the lengths differ, or a label is not one of the classes.
    """
    pixels, numbers = read_idx_pair(images, labels)
    bad = np.flatnonzero((numbers < 0) | (numbers >= classes))
    if len(bad):
        raise IdxError(f"{labels}: labels must be 0 to {classes - 1}, got {numbers[bad[0]]} in row {bad[0]}")
    return scale_pair(pixels, numbers)


def read_idx_pair(images: str | Path, labels: str | Path) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
    """Read a pair of IDX files unchanged: gray images, (n, height, width), and integer labels, (n,).

    Raises IdxError if a file is invalid, or the lengths differ.
    """
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


def _find_folder(data: str | Path | None) -> Path | None:
    """Return the folder of MNIST, or None to use the cache."""
    named = os.environ.get("INKNET_DATA") if data is None else data
    inside = resource("data") / "mnist"
    return Path(named) if named else inside if inside.is_dir() else None


def _find_file(folder: Path, name: str) -> Path:
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
    raise DataError(f"{folder} has no {name} or {name}.gz; put MNIST's four files there, or name another folder")


def _read(file: Path, name: str) -> NDArray[Any]:
    """Read a file and verify its content, header included, by the published hash."""
    array = read_idx(file)
    header = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    digest = hashlib.sha256(header)
    digest.update(array.data)
    if array.dtype != np.uint8 or digest.hexdigest() != _SHA256[name]:
        raise DataError(
            f"{file} is not MNIST's {name}: its SHA-256 differs; download it again, or use --images and --labels"
        )
    return array


def _fetch(name: str) -> NDArray[Any]:
    """Read a file from the user's cache, downloading it if necessary."""
    try:
        pooch = import_extra("pooch", "downloading MNIST")
    except MissingExtraError as error:
        raise DataError(f"MNIST was not found: pass its folder with --data or INKNET_DATA; {error}") from None
    pooch.get_logger().setLevel("WARNING")
    file = Path(pooch.os_cache("inknet")) / f"{name}.gz"
    if file.is_file():
        with suppress(DataError):
            return _read(file, name)
    reasons = []
    for mirror in MIRRORS:
        # An existing file is invalid, from the cache or the previous mirror.
        file.unlink(missing_ok=True)
        try:
            # The published hash is that of the uncompressed content; `_read` verifies it.
            pooch.retrieve(f"{mirror}{file.name}", known_hash=None, fname=file.name, path=file.parent)
            return _read(file, name)
        except (DataError, OSError, ValueError) as error:
            reasons.append(f"{mirror}: {error}")
    raise DataError(f"MNIST could not be downloaded ({'; '.join(reasons)}); name its folder with --data or INKNET_DATA")
