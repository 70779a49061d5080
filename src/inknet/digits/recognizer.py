"""The recognizer: from any image of a digit, or of what else it has learned, to what it is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inknet.digits.classifier import SHIPPED_MODEL, Classifier
from inknet.digits.imaging.decode import read_gray, read_ink
from inknet.digits.normalizing.normalize import FAINTEST, GRID, normalize
from inknet.digits.raster.area_mean import resize_by_area
from inknet.errors import ImageError, NoInkError
from inknet.mlp import ModelFileError, Network

__all__ = ["SHIPPED_MODEL", "Prediction", "Recognizer", "Timed"]

#: How long each stage of recognizing an image took: decode, normalize, network.
Seconds = dict[str, float]


@dataclass(frozen=True)
class Prediction:
    """What the recognizer makes of an image.

    Attributes
    ----------
    digit : int
        The most probable class, counted from 0: of a model that reads digits, the digit.
    confidence : float
        Its probability.
    probabilities : tuple of float
        One for each class; of a softmax, they add up to 1.
    certain : bool
        False if it is probably none of them.
    label : str
        The name of the most probable class: of a digit, its character.
    """

    digit: int
    confidence: float
    probabilities: tuple[float, ...]
    certain: bool
    label: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "digit": self.digit,
            "label": self.label,
            "confidence": self.confidence,
            "certain": self.certain,
            "probabilities": list(self.probabilities),
        }


#: A prediction, and how long each stage took.
Timed = tuple[Prediction, Seconds]


class Recognizer(Classifier):
    """A network that reads digits, or other classes of drawings, and all that has to be done to an image before.

    Parameters
    ----------
    network : Network
        With 784 inputs, and an output for each class.
    name, sha256, card
        See `Classifier`.

    Raises
    ------
    ModelFileError
        If the network is not one that tells classes of 28×28 images apart.

    Examples
    --------
    >>> from PIL import Image
    >>> Recognizer.load().recognize(Image.open("examples/seven.png")).digit
    7
    """

    def __init__(
        self, network: Network, name: str = "unnamed", sha256: str = "", card: dict[str, Any] | None = None
    ) -> None:
        super().__init__(network, name, sha256, card)
        if self.shape != (GRID, GRID):
            raise ModelFileError(
                f"a recognizer has 784 inputs, for images of 28×28, and {name} is a {network!r}; `inknet evaluate`"
                " measures it on images of its own size"
            )

    def recognize(self, image: bytes | Image.Image | NDArray[np.generic]) -> Prediction:
        """Recognize the digit in an image, or what else it shows; see `read_ink` for what an image can be.

        Raises
        ------
        ImageError
            If it is no image that can be read, is too large, or has no ink in it.
        """
        return self.recognize_timed(image)[0]

    def recognize_timed(self, image: bytes | Image.Image | NDArray[np.generic]) -> Timed:
        """Recognize as `recognize` does, and tell how many seconds each stage took."""
        [answer] = self.recognize_each([image])
        if isinstance(answer, ImageError):
            raise answer
        return answer

    def recognize_each(self, images: Sequence[bytes | Image.Image | NDArray[np.generic]]) -> list[Timed | ImageError]:
        """Recognize some images as `recognize_timed` does each; where it would raise an error, this is the answer.

        Stage by stage, and not image by image, since a processor is faster at what it has just done: of eight small
        images, each takes about two thirds of what it takes alone.
        """
        answers: dict[int, Timed | ImageError] = {}
        places, rows, times = [], [], []
        for place, image in enumerate(images):
            began = time.perf_counter()
            try:
                ink = read_ink(image) if self.normalizes else read_gray(image)
                decoded = time.perf_counter()
                rows.append(self._fit(ink).reshape(1, 784))
            except ImageError as error:
                answers[place] = error
                continue
            places.append(place)
            times.append({"decode": decoded - began, "normalize": time.perf_counter() - decoded})
        if rows:
            began = time.perf_counter()
            prepared = self.prepare(np.concatenate(rows))
            normalized = time.perf_counter()
            probabilities, certain = self._read(prepared, one_by_one=True)
            predictions = map(self._prediction, probabilities, certain.tolist())
            shares = (normalized - began) / len(rows), (time.perf_counter() - normalized) / len(rows)
            for place, prediction, seconds in zip(places, predictions, times, strict=True):
                seconds["normalize"] += shares[0]
                answers[place] = prediction, {**seconds, "network": shares[1]}
        return [answers[place] for place in range(len(images))]

    def recognize_batch(self, ink: NDArray[np.float32]) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """Recognize many small images at once.

        Parameters
        ----------
        ink : array, shape (n, 28, 28)
            0 is paper, 1 is ink; each is made ready, as `recognize` does. A blank one is certainly none of the classes.

        Returns
        -------
        probabilities : array, shape (n, classes)
        certain : array of bool, shape (n,)
        """
        images = np.zeros((len(ink), 784), np.float32)
        blank = np.zeros(len(ink), np.bool_)
        for index, image in enumerate(ink):
            try:
                images[index] = self._fit(image).reshape(784)
            except NoInkError:
                blank[index] = True
        probabilities, certain = self._read(self.prepare(images))
        return probabilities, certain & ~blank

    def _fit(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalize an image, if the network learned from such; else bring the whole of it to 28×28."""
        if self.normalizes:
            return normalize(ink)
        if float(ink.max(initial=0)) < FAINTEST:
            raise NoInkError("there is no ink in the image: it is blank")
        side = max(ink.shape)
        above, left = ((side - length) // 2 for length in ink.shape)
        square = np.zeros((side, side), dtype=np.float32)
        square[above : above + ink.shape[0], left : left + ink.shape[1]] = ink
        return resize_by_area(square, GRID, GRID)

    def _prediction(self, probabilities: NDArray[np.floating], certain: bool) -> Prediction:
        """Return what is told of an image with these probabilities."""
        values = tuple(probabilities.tolist())
        confidence = max(values)
        digit = values.index(confidence)
        return Prediction(digit, confidence, values, certain, self.classes[digit])
