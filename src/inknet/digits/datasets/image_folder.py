"""Folders of image files: one folder per class."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inknet.digits.imaging.formats import SUFFIXES
from inknet.digits.imaging.ink import read_ink
from inknet.digits.normalizing.normalize import normalize
from inknet.errors import DataError, ImageError

__all__ = ["read_image_folder"]


def read_image_folder(
    path: str | Path,
) -> tuple[NDArray[np.float32], NDArray[np.int64], tuple[str, ...], list[str]]:
    """Read drawings as the recognizer does: any size, dark on light or light on dark.

    The subfolders are the classes, sorted by name. Returns the images, (n, 784), normalized, class after class; their
    labels, (n,); the names of the classes; and one message per image file that was skipped.

    Raises DataError if there are fewer than two subfolders, or one of them has no readable image.
    """
    path = Path(path)
    try:
        folders = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
        files = [_image_files(folder) for folder in folders]
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from None
    if len(folders) < 2:
        raise DataError(f"{path}: there must be two or more subfolders, one per class, got {len(folders)}")
    images: list[NDArray[np.float32]] = []
    labels: list[int] = []
    unreadable: list[str] = []
    for label, (folder, inside) in enumerate(zip(folders, files, strict=True)):
        before = len(images)
        for file in inside:
            try:
                images.append(normalize(read_ink(file.read_bytes())).ravel())
            except (ImageError, OSError) as error:
                unreadable.append(f"{file}: {getattr(error, 'strerror', None) or error}")
        if len(images) == before:
            raise DataError(f"{folder}: none of its {len(inside)} image files can be read")
        labels += [label] * (len(images) - before)
    return np.array(images), np.array(labels, dtype=np.int64), tuple(folder.name for folder in folders), unreadable


def _image_files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )
