"""The recogniser: from any image of a digit to the digit."""

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits.certainty import Certainty, node_values
from inknet.digits.errors import NoInkError
from inknet.digits.image import read_ink
from inknet.digits.moments import moment_normalise
from inknet.digits.normalise import normalise
from inknet.mlp import ModelFileError, Network
from inknet.resources import resource

__all__ = ["SHIPPED_MODEL", "Prediction", "Recognizer", "Seconds"]

#: How long each stage of recognising an image took: decode, normalise, network.
Seconds = dict[str, float]

#: The file name of the model that is shipped.
SHIPPED_MODEL = "digits-784-200-10.pkl"


@dataclass(frozen=True)
class Prediction:
    """What the recogniser makes of an image.

    Attributes
    ----------
    digit : int
        The most probable digit.
    confidence : float
        Its probability.
    probabilities : tuple of float
        One for each of the ten digits; they add up to 1.
    certain : bool
        False if it is probably no digit at all.
    """

    digit: int
    confidence: float
    probabilities: tuple[float, ...]
    certain: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "digit": self.digit,
            "confidence": self.confidence,
            "certain": self.certain,
            "probabilities": list(self.probabilities),
        }


class Recognizer:
    """A network that reads digits, and all that has to be done to an image before.

    Parameters
    ----------
    network : Network
        With 784 inputs and 10 outputs.
    name : str
        What to call it.
    sha256 : str
        The hash of its file, in hexadecimal.
    card : dict
        Its model card.

    Raises
    ------
    ModelFileError
        If the network is not one that reads 28×28 images of ten digits.

    Examples
    --------
    >>> from PIL import Image
    >>> Recognizer.load().recognize(Image.open("examples/seven.png")).digit
    7
    """

    def __init__(
        self, network: Network, name: str = "unnamed", sha256: str = "", card: dict[str, Any] | None = None
    ) -> None:
        if network.sizes[0] != 784 or network.sizes[-1] != 10:
            raise ModelFileError(f"a digit recogniser has 784 inputs and 10 outputs; {name} is a {network!r}")
        self.network = network
        self.name = name
        self.sha256 = sha256
        self.card = card or {}
        certainty = network.metadata.get("certainty")
        self.certainty = None if certainty is None else Certainty.from_dict(certainty)
        nodes = sum(network.sizes[1:])
        if self.certainty is not None and self.certainty.network.sizes[0] != nodes:
            raise ModelFileError(f"the certainty of {name} reads {self.certainty.network.sizes[0]} nodes, of {nodes}")

    @classmethod
    def load(cls, path: str | Path | None = None) -> Self:
        """Load a recogniser from a model file, and its card (the same name with ``.json``) if there is one.

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
        return cls(network, path.stem, hashlib.sha256(path.read_bytes()).hexdigest(), _read_card(path))

    def recognize(self, image: bytes | Image.Image | NDArray[np.generic]) -> Prediction:
        """Recognise the digit in an image; see `read_ink` for what an image can be.

        Raises
        ------
        ImageError
            If it is no image that can be read, is too large, or has no ink in it.
        """
        return self.recognize_timed(image)[0]

    def recognize_timed(self, image: bytes | Image.Image | NDArray[np.generic]) -> tuple[Prediction, Seconds]:
        """Recognise as `recognize` does, and tell how many seconds each stage took."""
        began = time.perf_counter()
        ink = read_ink(image)
        decoded = time.perf_counter()
        row = self.prepare(normalise(ink).reshape(1, 784))
        normalised = time.perf_counter()
        every, certain = self._read(row)
        probabilities = every[0].tolist()
        ended = time.perf_counter()
        digit = int(every[0].argmax())
        prediction = Prediction(digit, probabilities[digit], tuple(probabilities), bool(certain[0]))
        return prediction, {"decode": decoded - began, "normalise": normalised - decoded, "network": ended - normalised}

    def recognize_batch(self, ink: NDArray[np.float32]) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """Recognise many small images at once.

        Parameters
        ----------
        ink : array, shape (n, 28, 28)
            0 is paper, 1 is ink; each is normalised, as `recognize` does. A blank one is certainly no digit.

        Returns
        -------
        probabilities : array, shape (n, 10)
        certain : array of bool, shape (n,)
        """
        images = np.zeros((len(ink), 784), np.float32)
        blank = np.zeros(len(ink), np.bool_)
        for index, image in enumerate(ink):
            try:
                images[index] = normalise(image).reshape(784)
            except NoInkError:
                blank[index] = True
        probabilities, certain = self._read(self.prepare(images))
        return probabilities, certain & ~blank

    def recognize_many(self, images: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the probabilities, (n, 10), for images that are normalised, (n, 784)."""
        return self.network.predict(self.prepare(images))

    def judge_many(self, images: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return whether they are digits, (n,), for images that are normalised, (n, 784).

        A model that has not learnt to tell takes everything for a digit of which it is more than half sure.
        """
        return self._read(self.prepare(images))[1]

    def _read(self, rows: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """Return the probabilities, and whether they are digits, for what `prepare` returned."""
        if self.certainty is None:
            probabilities = self.network.predict(rows)
            return probabilities, np.greater(probabilities.max(axis=1), 0.5)
        # The network is asked once: what its nodes say has its logits at the end.
        values = node_values(self.network, rows)
        output = self.network.layers[-1]
        return output.activation.forward(values[:, -len(output) :]), self.certainty.judge(values)

    def prepare(self, images: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return what the network is given for images that are normalised, (n, 784): set upright, if it learnt so."""
        rows: NDArray[np.float32] = images.astype(np.float32, copy=False)
        return moment_normalise(rows) if self.network.metadata.get("moments") else rows


def _read_card(path: Path) -> dict[str, Any]:
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
