"""The images that a model is measured on: MNIST's test set, IDX files, or a folder of drawings."""

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

__all__ = ["load_labeled_images", "warn_of_unreadable"]


def load_labeled_images(
    classifier: "Classifier", images: Path | None, labels: Path | None, data: Path | None
) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
    """Return images for a classifier, (n, pixels), and their labels: of IDX files, of a folder, or else of MNIST.

    Raises
    ------
    TyperException, DataError
        If the options do not belong together, or the files are not such images.
    """
    from inknet.digits import load_idx_pair, load_mnist

    if images is not None and labels is None and images.is_dir():
        return _of_folder(classifier, images)
    if (images is None) != (labels is None):
        raise TyperException("--images and --labels belong together: give both files, or neither")
    if images is not None and labels is not None:
        rows, wanted = load_idx_pair(images, labels, len(classifier.classes))
    elif classifier.reads_digits:
        rows, wanted = load_mnist("test", data)
    else:
        some = ", ".join(classifier.classes[:3])
        raise TyperException(
            f"{classifier.name} reads no digits, but {some} …: give images of these with --images, and --labels"
        )
    pixels, (height, width) = classifier.network.sizes[0], classifier.shape
    if rows.shape[1] != pixels:
        raise TyperException(
            f"the images have {rows.shape[1]} pixels each; {classifier.name} takes {height}×{width}, which is {pixels}"
        )
    return rows, wanted


def _of_folder(classifier: "Classifier", folder: Path) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
    """Return the drawings of a folder that has one folder for each class, or for some of them."""
    import numpy as np

    from inknet.digits.datasets.image_folder import read_image_folder

    if not classifier.normalizes:
        raise TyperException(f"{classifier.name} did not learn from drawings: give IDX files, --images and --labels")
    rows, numbers, names, unreadable = read_image_folder(folder)
    for name in names:
        if name not in classifier.classes:
            known = ", ".join(classifier.classes)
            raise TyperException(f"{folder / name}: the model has no class of that name; it has {known}")
    warn_of_unreadable(unreadable)
    places = np.array([classifier.classes.index(name) for name in names])
    return rows, places[numbers]


def warn_of_unreadable(sentences: "Sequence[str]") -> None:
    """Name the files that were left out, on standard error."""
    for sentence in sentences:
        print(printable(f"inknet: left out: {sentence}"), file=sys.stderr)
