"""A classifier: a network that tells classes of images apart, and what it has to be told about it."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inknet.digits.classes import DIGITS, class_names
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.normalizing.normalize import GRID, normalize_many
from inknet.digits.outliers import Certainty, node_values
from inknet.mlp import ModelFileError, Network
from inknet.resources import resource

__all__ = ["SHIPPED_MODEL", "Classifier", "read_card"]

#: The file name of the model that is shipped.
SHIPPED_MODEL = "digits-784-200-10.pkl"


class Classifier:
    """A network whose outputs are classes, of images of one size.

    Parameters
    ----------
    network : Network
        With two outputs or more; its metadata may name the classes, and the shape of the images.
    name : str
        What to call it.
    sha256 : str
        The hash of its file, in hexadecimal.
    card : dict
        Its model card.

    Attributes
    ----------
    classes : tuple of str
        The name of each output.
    shape : (int, int)
        The height and the width of its images; where nobody knows, they are square if that fits, or else one row.
    normalizes : bool
        Whether it learned from drawings that were cropped, fitted and centered as MNIST's; if not, images are used as
        they are.

    Raises
    ------
    ModelFileError
        If the network does not tell classes apart, or its metadata are not whole.
    """

    def __init__(
        self, network: Network, name: str = "unnamed", sha256: str = "", card: dict[str, Any] | None = None
    ) -> None:
        if network.sizes[-1] < 2 or network.layers[-1].activation.name == "identity":
            raise ModelFileError(f"{name} tells no classes apart: it is a {network!r}")
        self.network = network
        self.name = name
        self.sha256 = sha256
        self.card = card or {}
        self.classes = class_names(network)
        self.shape = _shape(network)
        self.normalizes = self.shape == (GRID, GRID) and network.metadata.get("normalize") is not False
        certainty = network.metadata.get("certainty")
        self.certainty = None if certainty is None else Certainty.from_dict(certainty)
        nodes = sum(network.sizes[1:])
        if self.certainty is not None and self.certainty.network.sizes[0] != nodes:
            raise ModelFileError(f"the certainty of {name} reads {self.certainty.network.sizes[0]} nodes, of {nodes}")

    @classmethod
    def load(cls, path: str | Path | None = None) -> Self:
        """Load it from a model file, and its card (the same name with ``.json``) if there is one.

        Parameters
        ----------
        path : str, Path or None
            None: the model that is shipped.

        Raises
        ------
        ModelFileError
            If the file or the card cannot be used.
        """
        path = resource("models") / SHIPPED_MODEL if path is None else Path(path)
        network = Network.load(path)
        return cls(network, path.stem, hashlib.sha256(path.read_bytes()).hexdigest(), read_card(path))

    @property
    def reads_digits(self) -> bool:
        """Whether its classes are the ten digits, as drawings."""
        return self.classes == DIGITS and self.normalizes

    def make_ready(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return images, (n, pixels), normalized one by one, if it learned from such; else as they are.

        Raises
        ------
        NoInkError
            If they should be normalized, and there is nothing in one of them.
        """
        return normalize_many(images) if self.normalizes else images

    def recognize_many(self, images: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the probabilities, (n, classes), for images that are ready, (n, pixels)."""
        return self.network.predict(self.prepare(images))

    def judge_many(self, images: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return whether they are of one of its classes, (n,), for images that are ready, (n, pixels).

        A model that has not learned to tell takes everything for its own of which it is more than half sure.
        """
        return self._read(self.prepare(images))[1]

    def _read(
        self, rows: NDArray[np.floating], one_by_one: bool = False
    ) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """Return the probabilities, and whether they are of its classes, for what `prepare` returned.

        All rows in one product are faster, but then the last bits of an answer depend on which others there are.
        """
        blocks = [rows[place : place + 1] for place in range(len(rows))] if one_by_one else [rows]
        if self.certainty is None:
            probabilities = np.concatenate([self.network.predict(block) for block in blocks])
            return probabilities, np.greater(probabilities.max(axis=1), 0.5)
        # The network is asked once: what its nodes say has its logits at the end.
        values = [node_values(self.network, block) for block in blocks]
        output = self.network.layers[-1]
        probabilities = np.concatenate([output.activation.forward(block[:, -len(output) :]) for block in values])
        return probabilities, self.certainty.judge(np.concatenate(values))

    def prepare(self, images: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return what the network is given for images that are ready, (n, pixels): set upright, if it learned so."""
        rows: NDArray[np.float32] = images.astype(np.float32, copy=False)
        return moment_normalize(rows) if self.network.metadata.get("moments") else rows


def _shape(network: Network) -> tuple[int, int]:
    """Return the height and the width of a network's images."""
    pixels = network.sizes[0]
    match network.metadata.get("shape"):
        case None:
            side = math.isqrt(pixels)
            return (side, side) if side * side == pixels else (1, pixels)
        case [int(height), int(width)] if height > 0 and height * width == pixels:
            return height, width
    raise ModelFileError(f"the shape of the model's images is not one of {pixels} pixels")


def read_card(path: Path) -> dict[str, Any]:
    """Return the model card beside a model file, or an empty one."""
    card = path.with_suffix(".json")
    try:
        values = json.loads(card.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelFileError(f"cannot read the model card {card}: {error}") from None
    if not isinstance(values, dict):
        raise ModelFileError(f"the model card {card} is no JSON object")
    return values
