"""The tasks of a recognizer process: from a request's body to the contents of its response."""

import asyncio
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inknet.digits import ImageError, ImageTooLargeError, Recognizer
from inknet.digits.imaging.decode import MAX_PIXELS, count_pixels
from inknet.digits.recognizer import Timed
from inknet.service.problems import Kind, ProblemError
from inknet.service.schemas.image_body import extract_image
from inknet.service.schemas.tensors import Batch, read_request, write_response

__all__ = ["Inference", "infer", "infer_batch", "recognize_body"]


class Inference(NamedTuple):
    """The response to an inference, and what the metrics count."""

    content: bytes
    #: The size of the JSON before binary tensors, if there are any.
    json_length: int | None
    digits: list[int]
    certain: list[bool]


def recognize_body(recognizer: Recognizer, content_type: str, body: bytes) -> Timed:
    """Recognize the image in a body as `Recognizer.recognize_timed` does.

    Raises
    ------
    ImageError
    ProblemError
        If a form or JSON is malformed.
    """
    return recognizer.recognize_timed(asyncio.run(extract_image(content_type, body)))


def infer(
    recognizer: Recognizer, body: bytes, header_length: str | None, max_batch: int, model: tuple[str, str]
) -> Inference:
    """Return the response to an inference of the Open Inference Protocol; see `read_request` and `write_response`.

    Raises
    ------
    ProblemError
        If the request is invalid, or an image in it cannot be recognized.
    """
    return infer_batch(recognizer, read_request(body, header_length, max_batch), model)


def infer_batch(recognizer: Recognizer, batch: Batch, model: tuple[str, str]) -> Inference:
    """Return the response to a request that has been read, as `infer` does."""
    request, images = batch
    if isinstance(images, list):
        probabilities, certain = _recognize_files(recognizer, images)
    else:
        probabilities, certain = recognizer.recognize_batch(images)
    content, json_length = write_response(request, model, probabilities, certain)
    return Inference(content, json_length, probabilities.argmax(axis=1).tolist(), certain.tolist())


def _recognize_files(recognizer: Recognizer, files: list[bytes]) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Recognize image files as `/predict` does; return what `Recognizer.recognize_batch` returns.

    Raises
    ------
    ProblemError
        If one cannot be read or is blank, or all of them together have more pixels than one image may have.
    """
    predictions, pixels = [], 0
    for index, file in enumerate(files):
        try:
            pixels += count_pixels(file)
            if pixels > MAX_PIXELS:
                raise ImageTooLargeError(f"the images have more than {MAX_PIXELS:,} pixels together; send fewer")
            predictions.append(recognizer.recognize(file))
        except ImageError as error:
            kind = Kind.TOO_MANY_PIXELS if isinstance(error, ImageTooLargeError) else Kind.NOT_THE_TENSORS
            raise ProblemError(kind, f"image {index}, counted from 0: {error}") from error
    probabilities = np.array([prediction.probabilities for prediction in predictions])
    return probabilities, np.array([prediction.certain for prediction in predictions])
