"""Data sets: labeled images of any size and any classes, from wherever they come."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.digits.classes import DIGITS, name_classes
from inknet.digits.datasets.drawings import ink_drawings, read_drawings
from inknet.digits.datasets.image_folder import read_image_folder
from inknet.digits.datasets.mnist import load_mnist, read_idx_pair
from inknet.digits.grid import GRID
from inknet.digits.normalizing.normalize import is_normalized
from inknet.errors import DataError
from inknet.mlp import InputError

__all__ = ["Dataset", "check_sources", "load_dataset"]

#: So many images, evenly chosen, tell whether they are drawings that were made ready as MNIST's were.
_SOME = 1000


@dataclass(frozen=True)
class Dataset:
    """Labelled images.

    Attributes
    ----------
    images : array of float32, shape (n, pixels)
        0 is paper, 1 is ink.
    labels : array of int64, shape (n,)
    shape : (int, int)
        The height and the width of an image.
    classes : tuple of str
        The name of each label.
    unreadable : sequence of str
        A sentence for each file that had to be left out.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    shape: tuple[int, int]
    classes: tuple[str, ...]
    unreadable: Sequence[str] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of images and labels, in hexadecimal."""
        # The arrays' own memory: a copy of MNIST would be the most that a training has at any time.
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    @property
    def normalized(self) -> bool:
        """Whether the images are as MNIST's makers left theirs: nine in ten pass `normalize` unchanged."""
        if self.shape != (GRID, GRID):
            return False
        some = self.images[:: max(1, len(self.images) // _SOME)].reshape(-1, GRID, GRID)
        return float(np.mean([is_normalized(image) for image in some])) >= 0.9

    def metadata(self) -> dict[str, Any]:
        """Return what a network that learned from it has to know of its inputs and outputs, if they are no digits."""
        known: dict[str, Any] = {}
        if self.classes != DIGITS:
            known["classes"] = list(self.classes)
        if self.shape[0] != self.shape[1]:
            known["shape"] = list(self.shape)
        if not self.normalized:
            known["normalize"] = False
        return known


def load_dataset(settings: Mapping[str, Any]) -> Dataset:
    """Return the training images that the settings of a run name.

    Parameters
    ----------
    settings : mapping
        "images" and "labels": a pair of IDX files; or "images" alone: a folder with a folder of image files for each
        class; or "drawings": a file of pen strokes. None of these: MNIST, in the folder "data" if that is named. Then
        "classes": the names of the labels, or None.

    Raises
    ------
    DataError
        If something is not there, is broken, or does not fit.
    """
    names = settings.get("classes")
    if settings.get("drawings"):
        return _spread(_of_strokes(Path(settings["drawings"]), names))
    if settings["images"] and not settings["labels"]:
        images, labels, classes, unreadable = read_image_folder(settings["images"])
        return _spread(Dataset(images, labels, (GRID, GRID), classes, unreadable))
    if settings["images"]:
        pixels, numbers = read_idx_pair(settings["images"], settings["labels"])
        classes = name_classes(numbers.tolist(), names, settings["labels"])
        images = pixels.reshape(len(pixels), -1).astype(np.float32)
        images /= 255
        return Dataset(images, numbers.astype(np.int64), (pixels.shape[1], pixels.shape[2]), classes)
    images, labels = load_mnist("train", Path(settings["data"]) if settings["data"] else None)
    return Dataset(images, labels, (GRID, GRID), DIGITS)


def check_sources(images: Path | None, labels: Path | None, drawings: Path | None, classes: Path | None) -> None:
    """Refuse what does not belong together of all that may name training images.

    Raises
    ------
    InputError
        It says what to leave out, or what is missing.
    """
    if drawings is not None and (images is not None or labels is not None):
        raise InputError("drawings are learned from alone: give a file of drawings or images, not both")
    folder = images is not None and images.is_dir()
    if folder and labels is not None:
        raise InputError(f"{images} is a folder, whose own folders say what the images are: leave out the labels")
    if images is not None and labels is None and not images.exists():
        raise InputError(f"there is neither a folder nor a file {images}")
    if (images is None) != (labels is None) and not folder:
        raise InputError("images and labels belong together: give both files, or a folder of images, or neither")
    if classes is not None and (folder or images is drawings is None):
        raise InputError("names of classes are for the labels of IDX files or of drawings: leave them out")


def _of_strokes(path: Path, names: Sequence[str] | None) -> Dataset:
    """Return drawings from a file of pen strokes, inked as the page inks them."""
    drawings = read_drawings(path, DIGITS if names is None else names)
    if not drawings:
        raise DataError(f"{path}: there is no drawing in it that has a label")
    images, labels = ink_drawings(drawings)
    return Dataset(images, labels, (GRID, GRID), name_classes(labels.tolist(), names, path))


def _spread(data: Dataset) -> Dataset:
    """Shuffle, and spread each class evenly: whatever part of the end is held out, it has its share of every class.

    The order is the same for every seed of a training, so that all of them are measured on the same images.
    """
    rng = np.random.default_rng(0)
    place = np.empty(len(data.labels))
    for label in np.unique(data.labels):
        mine = rng.permutation(np.flatnonzero(data.labels == label))
        place[mine] = (np.arange(len(mine)) + rng.random()) / len(mine)
    order = np.argsort(place, kind="stable")
    return Dataset(data.images[order], data.labels[order], data.shape, data.classes, data.unreadable)
