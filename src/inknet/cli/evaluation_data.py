"""The labeled images that a model is evaluated on: MNIST's test set, IDX files, or a folder of drawings."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from typer.exceptions import TyperException

from inknet.cli.output import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from inknet.digits.classifier import Classifier

__all__ = ["load_evaluation_data", "warn_unreadable"]


def load_evaluation_data(
    classifier: "Classifier", images: Path | None, labels: Path | None, data: Path | None
) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
    """Return images for a classifier, (n, pixels), and their labels, (n,).

    They come from a folder, IDX files or a CSV file if `images` is given, otherwise from MNIST's test set.
    """
    from inknet.digits import load_idx_pair, load_mnist
    from inknet.digits.datasets.csv_file import is_csv

    if images is not None and labels is None and images.is_dir():
        return _load_folder(classifier, images)
    csv = images is not None and is_csv(images)
    if (images is None or csv) != (labels is None):
        raise TyperException("--images and --labels belong together: pass both files, one CSV file, or neither")
    if images is not None:
        rows, targets = load_idx_pair(images, labels, len(classifier.classes))
    elif classifier.reads_digits:
        rows, targets = load_mnist("test", data)
    else:
        some = ", ".join(classifier.classes[:3])
        raise TyperException(
            f"{classifier.name} does not read digits but {some}, …: pass its images with --images and --labels"
        )
    pixels, (height, width) = classifier.network.sizes[0], classifier.shape
    if rows.shape[1] != pixels:
        raise TyperException(
            f"the images have {rows.shape[1]} pixels, but {classifier.name} takes {height}×{width} = {pixels}"
        )
    return rows, targets


def _load_folder(classifier: "Classifier", folder: Path) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
    """Return the drawings of a folder with one subfolder per class, or for some of the classes."""
    import numpy as np

    from inknet.digits.datasets.image_folder import read_image_folder

    if not classifier.normalizes:
        raise TyperException(
            f"{classifier.name} was not trained on drawings: pass IDX files with --images and --labels"
        )
    rows, numbers, names, unreadable = read_image_folder(folder)
    for name in names:
        if name not in classifier.classes:
            known = ", ".join(classifier.classes)
            raise TyperException(f"{folder / name}: the model has no class of that name; its classes are {known}")
    warn_unreadable(unreadable)
    indices = np.array([classifier.classes.index(name) for name in names])
    return rows, indices[numbers]


def warn_unreadable(messages: "Sequence[str]") -> None:
    """Print on standard error which files were skipped."""
    for message in messages:
        print(printable(f"inknet: skipped: {message}"), file=sys.stderr)
