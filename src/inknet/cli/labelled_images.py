"""The images that a model is measured on: MNIST's test set, or others."""

from pathlib import Path
from typing import TYPE_CHECKING

from typer.exceptions import TyperException

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def load_labelled_images(
    images: Path | None, labels: Path | None, data: Path | None
) -> "tuple[NDArray[np.float32], NDArray[np.int64]]":
    """Return images of 784 pixels, (n, 784), and their labels: of these IDX files, or else of MNIST.

    Raises
    ------
    TyperException, DataError
        If the options do not belong together, or the files are not such images.
    """
    from inknet.digits import load_idx_pair, load_mnist

    if (images is None) != (labels is None):
        raise TyperException("--images and --labels belong together: give both files, or neither")
    if images is not None and labels is not None:
        rows, wanted = load_idx_pair(images, labels)
    else:
        rows, wanted = load_mnist("test", data)
    if rows.shape[1] != 784:
        raise TyperException(f"the images have {rows.shape[1]} pixels each; a digit has 28×28, which is 784")
    return rows, wanted
