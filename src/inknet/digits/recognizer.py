"""The recogniser: from any image of a digit to the digit."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits.certainty import Certainty, node_values
from inknet.digits.errors import ImageError, NoInkError
from inknet.digits.image import read_ink
from inknet.digits.moments import moment_normalise
from inknet.digits.normalise import normalise
from inknet.mlp import ModelFileError, Network
from inknet.resources import resource

__all__ = ["SHIPPED_MODEL", "Prediction", "Recognizer", "Timed"]

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


#: A prediction, and how long each stage took.
Timed = tuple[Prediction, Seconds]


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

    def recognize_timed(self, image: bytes | Image.Image | NDArray[np.generic]) -> Timed:
        """Recognise as `recognize` does, and tell how many seconds each stage took."""
        [answer] = self.recognize_each([image])
        if isinstance(answer, ImageError):
            raise answer
        return answer

    def recognize_each(self, images: Sequence[bytes | Image.Image | NDArray[np.generic]]) -> list[Timed | ImageError]:
        """Recognise some images as `recognize_timed` does each; where it would raise an error, this is the answer.

        Stage by stage, and not image by image, since a processor is faster at what it has just done: of eight small
        images, each takes about two thirds of what it takes alone.
        """
        answers: dict[int, Timed | ImageError] = {}
        places, rows, times = [], [], []
        for place, image in enumerate(images):
            began = time.perf_counter()
            try:
                ink = read_ink(image)
                decoded = time.perf_counter()
                rows.append(normalise(ink).reshape(1, 784))
            except ImageError as error:
                answers[place] = error
                continue
            places.append(place)
            times.append({"decode": decoded - began, "normalise": time.perf_counter() - decoded})
        if rows:
            began = time.perf_counter()
            prepared = self.prepare(np.concatenate(rows))
            normalised = time.perf_counter()
            probabilities, certain = self._read(prepared, one_by_one=True)
            predictions = map(_prediction, probabilities, certain.tolist())
            shares = (normalised - began) / len(rows), (time.perf_counter() - normalised) / len(rows)
            for place, prediction, seconds in zip(places, predictions, times, strict=True):
                seconds["normalise"] += shares[0]
                answers[place] = prediction, {**seconds, "network": shares[1]}
        return [answers[place] for place in range(len(images))]

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

    def _read(
        self, rows: NDArray[np.floating], one_by_one: bool = False
    ) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """Return the probabilities, and whether they are digits, for what `prepare` returned.

        All rows in one product are faster, but then the last bits of an answer depend on which others there are.
        """
        if self.certainty is None:
            blocks = np.split(rows, len(rows)) if one_by_one else [rows]
            probabilities = np.concatenate([self.network.predict(block) for block in blocks])
            return probabilities, np.greater(probabilities.max(axis=1), 0.5)
        # The network is asked once: what its nodes say has its logits at the end.
        values = node_values(self.network, rows[:, np.newaxis] if one_by_one else rows).reshape(len(rows), -1)
        output = self.network.layers[-1]
        return output.activation.forward(values[:, -len(output) :]), self.certainty.judge(values)

    def prepare(self, images: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return what the network is given for images that are normalised, (n, 784): set upright, if it learnt so."""
        rows: NDArray[np.float32] = images.astype(np.float32, copy=False)
        return moment_normalise(rows) if self.network.metadata.get("moments") else rows


def _prediction(probabilities: NDArray[np.floating], certain: bool) -> Prediction:
    """Return what is told of an image with these probabilities."""
    values = tuple(probabilities.tolist())
    confidence = max(values)
    return Prediction(values.index(confidence), confidence, values, certain)


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
