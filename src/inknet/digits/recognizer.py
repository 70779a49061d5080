"""The recognizer: from an image of a digit, or of another class, to a prediction.

The stages: decode → normalize → features → predict.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.digits.classifier import SHIPPED_MODEL, Classifier
from inknet.digits.grid import GRID, PIXELS
from inknet.digits.imaging.decode import ImageLike
from inknet.digits.imaging.ink import read_gray, read_ink
from inknet.digits.imaging.pixels import as_images
from inknet.digits.normalizing.normalize import fit_square, normalize
from inknet.errors import ImageError, NoInkError
from inknet.mlp import ModelFileError, Network

__all__ = ["SHIPPED_MODEL", "Prediction", "Recognizer", "Timed"]

#: Seconds per stage: "decode", "normalize" (with the features) and "network".
Seconds = dict[str, float]


@dataclass(frozen=True)
class Prediction:
    """The recognizer's answer for one image.

    Attributes
    ----------
    digit : int
        Index of the most probable class; for a digit recognizer, the digit.
    label : str
        Name of the most probable class; for a digit, its character.
    confidence : float
        Its probability.
    certain : bool
        False if the image probably shows none of the classes.
    probabilities : tuple of float
        One per class.
    """

    digit: int
    label: str
    confidence: float
    certain: bool
    probabilities: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**vars(self), "probabilities": list(self.probabilities)}


#: A prediction, and the seconds per stage.
Timed = tuple[Prediction, Seconds]


class Recognizer(Classifier):
    """Recognizes digits, or other classes of drawings, in images of any size and kind.

    Its parameters are those of `Classifier`; the network must have 784 inputs.

    Raises
    ------
    ModelFileError
        If the network is not a classifier of 28×28 images.

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
                f"a recognizer has {PIXELS} inputs, for images of {GRID}×{GRID}, and {name} is a {network!r}; use"
                " `inknet evaluate` to measure it on images of its own size"
            )

    def decode(self, image: ImageLike) -> NDArray[np.float32]:
        """Return the ink of an image, or its gray values if the network does not normalize; see `read_ink`.

        Raises
        ------
        ImageError
            If it cannot be decoded, or is too large.
        """
        return read_ink(image) if self.normalizes else read_gray(image)

    def normalize(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring a decoded image to 28×28, as in the network's training.

        Raises
        ------
        NoInkError
            If the image is blank.
        """
        return normalize(ink) if self.normalizes else fit_square(ink)

    def recognize(self, image: ImageLike) -> Prediction:
        """Recognize the digit, or another class, in an image; see `read_ink` for what an image can be.

        Raises
        ------
        ImageError
            If it cannot be decoded, is too large, or has no ink.
        """
        return self.recognize_timed(image)[0]

    def recognize_timed(self, image: ImageLike) -> Timed:
        """Recognize an image as `recognize` does; also return the seconds per stage."""
        [answer] = self.recognize_each([image])
        if isinstance(answer, ImageError):
            raise answer
        return answer

    def recognize_each(self, images: Iterable[ImageLike]) -> list[Timed | ImageError]:
        """Recognize images as `recognize_timed` does, to the last bit, returning errors instead of raising them.

        Going stage by stage keeps the caches warm: with eight small images, each takes two thirds of its time alone.
        """
        if isinstance(images, (str, bytes)):
            raise ImageError(f"images must be a sequence of images, got {type(images).__name__}: use recognize for one")
        images = list(images)
        answers: dict[int, Timed | ImageError] = {}
        indices, rows, times = [], [], []
        for index, image in enumerate(images):
            start = time.perf_counter()
            try:
                ink = self.decode(image)
                decoded = time.perf_counter()
                rows.append(self.normalize(ink).reshape(1, PIXELS))
            except ImageError as error:
                answers[index] = error
                continue
            indices.append(index)
            times.append({"decode": decoded - start, "normalize": time.perf_counter() - decoded})
        if rows:
            start = time.perf_counter()
            features = self.features(np.concatenate(rows))
            normalized = time.perf_counter()
            probabilities, certain = self._predict(features, one_by_one=True)
            predictions = map(self._prediction, probabilities, certain.tolist())
            shares = (normalized - start) / len(rows), (time.perf_counter() - normalized) / len(rows)
            for index, prediction, seconds in zip(indices, predictions, times, strict=True):
                seconds["normalize"] += shares[0]
                answers[index] = prediction, {**seconds, "network": shares[1]}
        return [answers[index] for index in range(len(images))]

    def recognize_batch(self, ink: ArrayLike) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
        """Recognize many small images in one matrix product, faster than `recognize_each`.

        Parameters
        ----------
        ink : array or sequence of arrays, shape (n, 28, 28) or (n, 784)
            0 is paper, 1 is ink, or 255 in integers; not yet normalized. Blank images are never certain.

        Returns
        -------
        probabilities : array, shape (n, classes)
        certain : array of bool, shape (n,)

        Raises
        ------
        ImageError
            If it has another shape or other values; for images of any size and kind, use `recognize_each`.
        """
        images = np.zeros((len(inks := as_images(ink)), PIXELS), np.float32)
        blank = np.zeros(len(inks), np.bool_)
        for index, image in enumerate(inks):
            try:
                images[index] = self.normalize(image).reshape(PIXELS)
            except NoInkError:
                blank[index] = True
        probabilities, certain = self._predict(self.features(images))
        return probabilities, certain & ~blank

    def _prediction(self, probabilities: NDArray[np.floating], certain: bool) -> Prediction:
        values = tuple(probabilities.tolist())
        confidence = max(values)
        digit = values.index(confidence)
        return Prediction(digit, self.classes[digit], confidence, certain, values)
