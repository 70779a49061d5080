"""Labeled images of any size and classes, from IDX files, folders, drawings or MNIST."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.digits.classes import DIGITS, name_classes
from inknet.digits.datasets.csv_file import is_csv
from inknet.digits.datasets.drawings import ink_drawings, read_drawings
from inknet.digits.datasets.image_folder import read_image_folder
from inknet.digits.datasets.mnist import load_mnist, read_idx_pair, scale_pair
from inknet.digits.grid import GRID
from inknet.digits.normalizing.normalize import is_normalized
from inknet.errors import DataError
from inknet.mlp import InputError

__all__ = ["Dataset", "load_dataset"]

#: Sample size for deciding whether images are normalized as MNIST's.
_SAMPLE = 1000


@dataclass(frozen=True)
class Dataset:
    """Labeled images.

    Attributes
    ----------
    images : array of float32, shape (n, pixels)
        0 is paper, 1 is ink.
    labels : array of int64, shape (n,)
    shape : (int, int)
        Height and width of an image.
    classes : tuple of str
        The name of each class.
    unreadable : sequence of str
        One message per skipped file.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    shape: tuple[int, int]
    classes: tuple[str, ...]
    unreadable: Sequence[str] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of images and labels, in hexadecimal."""
        # Hash the arrays' own memory; a copy of MNIST would raise the peak memory of training.
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    @property
    def normalized(self) -> bool:
        """Whether the images have MNIST's form: at least 90 % pass `normalize` unchanged."""
        if self.shape != (GRID, GRID):
            return False
        some = self.images[:: max(1, len(self.images) // _SAMPLE)].reshape(-1, GRID, GRID)
        return float(np.mean([is_normalized(image) for image in some])) >= 0.9

    def metadata(self) -> dict[str, Any]:
        """Return the metadata that a network trained on these images needs; empty for digits."""
        known: dict[str, Any] = {}
        if self.classes != DIGITS:
            known["classes"] = list(self.classes)
        if self.shape[0] != self.shape[1]:
            known["shape"] = list(self.shape)
        if not self.normalized:
            known["normalize"] = False
        return known


def load_dataset(settings: Mapping[str, Any]) -> Dataset:
    """Load the training images that the settings of a run name.

    Either "images" and "labels", a pair of IDX files; or "images" alone, a CSV file, or a folder with one folder of
    image files per class; or "drawings", a file of pen strokes; or none of these for MNIST, from the folder "data" if
    given. "classes" has the names of the classes, or None.

    Raises
    ------
    InputError
        If these do not go together; the message says what to add or omit.
    DataError
        If a file is missing or invalid, or labels do not fit.
    """
    data, images, labels = settings["data"], settings["images"], settings["labels"]
    drawings, names = settings.get("drawings"), settings.get("classes")
    folder = bool(images) and Path(images).is_dir()
    if drawings and (images or labels):
        raise InputError("give either a file of drawings or images, not both")
    if folder and labels:
        raise InputError(f"{images} is a folder, whose subfolders are the classes: leave out the labels")
    if images and not labels and not Path(images).exists():
        raise InputError(f"there is neither a folder nor a file {images}")
    csv = bool(images) and is_csv(images)
    if csv and labels:
        raise InputError(f"{images} is a CSV file, which has the labels: leave them out")
    if bool(images) != bool(labels) and not (folder or csv):
        raise InputError(
            "images and labels belong together: give both files, one CSV file, a folder of images, or neither"
        )
    if names and (folder or not (images or drawings)):
        raise InputError("class names apply only to labels of IDX files, CSV files or drawings: leave them out")
    if drawings:
        return _drawings(Path(drawings), names)
    if folder:
        inks, indices, classes, unreadable = read_image_folder(images)
        return _spread(Dataset(inks, indices, (GRID, GRID), classes, unreadable))
    if images:
        pixels, numbers = read_idx_pair(images, labels)
        if names is None and numbers.min() > 0:
            raise DataError(
                f"{labels or images}: no image has label 0, but labels count from 0: subtract {numbers.min()}, or name"
                " the classes, beginning with that of label 0"
            )
        classes = name_classes(numbers.tolist(), names, labels or images)
        return Dataset(*scale_pair(pixels, numbers), pixels.shape[1:], classes)
    return Dataset(*load_mnist("train", data), (GRID, GRID), DIGITS)


def _drawings(path: Path, names: Sequence[str] | None) -> Dataset:
    drawings = read_drawings(path, DIGITS if names is None else names)
    if not drawings:
        raise DataError(f"{path}: no drawing has a label")
    images, labels = ink_drawings(drawings)
    return _spread(Dataset(images, labels, (GRID, GRID), name_classes(labels.tolist(), names, path)))


def _spread(data: Dataset) -> Dataset:
    """Shuffle, and spread each class evenly, so that images held out at the end have every class in proportion.

    The order does not depend on the seed of the training: all seeds are measured on the same images.
    """
    rng = np.random.default_rng(0)
    position = np.empty(len(data.labels))
    for label in np.unique(data.labels):
        members = rng.permutation(np.flatnonzero(data.labels == label))
        position[members] = (np.arange(len(members)) + rng.random()) / len(members)
    order = np.argsort(position, kind="stable")
    return Dataset(data.images[order], data.labels[order], data.shape, data.classes, data.unreadable)
