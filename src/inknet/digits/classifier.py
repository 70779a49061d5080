"""A classifier: a network, the names of its classes, and how images are prepared for it.

The stages: normalize → features → predict. `Recognizer` adds the first one, decode.
"""

import hashlib
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.digits.classes import DIGITS, class_names
from inknet.digits.grid import GRID, default_shape
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.normalizing.normalize import normalize_many
from inknet.digits.outliers import OutlierDetector, node_values
from inknet.errors import InknetError
from inknet.files.json_text import parse_json
from inknet.mlp import InputError, ModelFileError, Network
from inknet.mlp.blas_workspace import prefault_blas_workspace
from inknet.mlp.fixed import Fixed
from inknet.resources import resource

__all__ = ["SHIPPED_MODEL", "Classifier", "read_card"]

#: File name of the shipped model.
SHIPPED_MODEL = "digits-784-200-10.pkl"

#: A deeper card could not be written as JSON again.
_MAX_CARD_DEPTH = 100


class Classifier(Fixed):
    """A network that classifies images of one size.

    Parameters
    ----------
    network : Network
        With two or more outputs. Its metadata may hold the names of the classes, the shape of the images, whether to
        normalize them, and an outlier detector.
    name, sha256, card : str, str and dict
        The model file's name, its hash in hexadecimal, and its card.

    Attributes
    ----------
    classes : tuple of str
        The name of each output.
    shape : (int, int)
        Height and width of the images. If the metadata do not say: a square if possible, otherwise a single row.
    normalizes : bool
        Whether the network was trained on drawings that were cropped, fitted and centered like MNIST's. If not, images
        are used as they are.
    outlier_detector : OutlierDetector or None

    Raises
    ------
    ModelFileError
        If the network is not a classifier, or its metadata are invalid.
    """

    # The other attributes follow from it.
    _fixed: ClassVar = frozenset({"network"})
    _instead: ClassVar = "create another one: Recognizer(network)"

    def __init__(
        self, network: Network, name: str = "unnamed", sha256: str = "", card: dict[str, Any] | None = None
    ) -> None:
        if network.sizes[-1] < 2 or not network.layers[-1].activation.classifies:
            raise ModelFileError(f"{name} is not a classifier: it is a {network!r}")
        prefault_blas_workspace()
        self.network = network
        self.name = name
        self.sha256 = sha256
        self.card = card or {}
        self.classes = class_names(network)
        self.shape = _shape(network)
        self.normalizes = self.shape == (GRID, GRID) and network.metadata.get("normalize") is not False
        if network.metadata.get("moments") and self.shape != (GRID, GRID):
            raise ModelFileError(f"{name}: moments need images of {GRID}×{GRID} pixels, got shape {self.shape}")
        # "certainty" is the detector's name in model files.
        detector = network.metadata.get("certainty")
        self.outlier_detector = None if detector is None else OutlierDetector.from_dict(detector)
        if self.outlier_detector is not None:
            inputs, nodes = self.outlier_detector.network.sizes[0], sum(network.sizes[1:])
            if inputs != nodes:
                raise ModelFileError(f"{name}: the outlier detector has {inputs} inputs, but the network {nodes} nodes")

    @classmethod
    def load(cls, path: str | Path | None = None) -> Self:
        """Load a model file, or the shipped model, and its card (same name, suffix ``.json``) if there is one.

        Raises ModelFileError if the file or the card is invalid, or the model cannot predict anything.
        """
        path = resource("models") / SHIPPED_MODEL if path is None else Path(path)
        network = Network.load(path)
        # The name of a file need not be valid UTF-8.
        name = path.stem.encode(errors="replace").decode()
        classifier = cls(network, name, hashlib.sha256(path.read_bytes()).hexdigest(), read_card(path))
        try:
            classifier._predict(np.ones((1, network.sizes[0]), np.float32))
        except InknetError as error:
            raise ModelFileError(f"{path}: the model cannot be used: {error}") from None
        return classifier

    @property
    def reads_digits(self) -> bool:
        """Whether the classes are the ten digits, as drawings."""
        return self.classes == DIGITS and self.normalizes

    def normalize_many(self, images: ArrayLike) -> NDArray[np.float32]:
        """Normalize images, (n, pixels), if the network was trained on normalized ones; NoInkError if one is blank."""
        return normalize_many(self._rows(images)) if self.normalizes else self._rows(images)

    def features(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return the network's inputs for normalized images, (n, pixels): moment-normalized, if it was trained so."""
        rows = self._rows(images)
        return moment_normalize(rows) if self.network.metadata.get("moments") else rows

    def predict(self, images: ArrayLike) -> NDArray[np.floating]:
        """Return the probabilities, (n, classes), of normalized images, (n, pixels) or (n, height, width)."""
        return self.network.predict(self.features(images))

    def is_certain(self, images: ArrayLike) -> NDArray[np.bool_]:
        """Return whether normalized images, (n, pixels), show one of the classes at all, (n,).

        Without an outlier detector, the highest probability must exceed one half.
        """
        return self._predict(self.features(images))[1]

    def _rows(self, images: ArrayLike) -> NDArray[np.float32]:
        """Return images as rows, (n, pixels)."""
        try:
            rows = np.asarray(images, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"images must be an array of numbers: {error}") from None
        pixels, (height, width) = self.network.sizes[0], self.shape
        if rows.shape[1:] in {(height, width), (height, width, 1), (1, height, width)}:
            rows = rows.reshape(-1, pixels)
        if rows.ndim != 2 or rows.shape[1] != pixels:
            raise InputError(f"images must have the shape (n, {pixels}) or (n, {height}, {width}), got {rows.shape}")
        return rows

    def _predict(
        self, features: NDArray[np.floating], one_by_one: bool = False
    ) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """Return `predict` and `is_certain` of features.

        A single matrix product for all rows is faster, but the last bits of a row then depend on the other rows.
        """
        blocks = [features[row : row + 1] for row in range(len(features))] if one_by_one else [features]
        if self.outlier_detector is None:
            probabilities = np.concatenate([self.network.predict(block) for block in blocks])
            return probabilities, np.greater(probabilities.max(axis=1), 0.5)
        # One forward pass serves both: the node values end with the logits.
        values = [node_values(self.network, block) for block in blocks]
        output = self.network.layers[-1]
        probabilities = np.concatenate([output.activation.forward(block[:, -len(output) :]) for block in values])
        return probabilities, self.outlier_detector.is_inlier(np.concatenate(values))


def _shape(network: Network) -> tuple[int, int]:
    """Return height and width of a network's images."""
    pixels = network.sizes[0]
    match network.metadata.get("shape"):
        case None:
            return default_shape(pixels)
        case [int(height), int(width)] if height > 0 and height * width == pixels:
            return height, width
        case shape:
            raise ModelFileError(f"the shape of the model's images must have {pixels} pixels, got {shape!r}")


def read_card(path: Path) -> dict[str, Any]:
    """Return the model card beside a model file, or an empty one; ModelFileError if it is not a JSON object."""
    card = path.with_suffix(".json")
    try:
        values = parse_json(card.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelFileError(f"cannot read the model card {card}: {error}") from None
    if not isinstance(values, dict) or _is_deeper(values, _MAX_CARD_DEPTH):
        raise ModelFileError(f"the model card {card} must be a JSON object, nested at most {_MAX_CARD_DEPTH} deep")
    return values


def _is_deeper(value: object, depth: int) -> bool:
    """Return whether objects and arrays of JSON are nested more than `depth` deep."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_is_deeper(one, depth - 1) for one in inner)
