"""The conditions by name, and how they are registered.

A condition is a function that renders one digit as another page or device would send it.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["MNIST_CONDITIONS", "STROKE_CONDITIONS", "Generator", "Gray", "Sent", "Strokes", "on_mnist", "on_strokes"]

Strokes = Sequence[NDArray[np.float64]]
Generator = np.random.Generator
Gray = NDArray[np.uint8]
#: What a page sends: a file, a picture or an array.
Sent = bytes | Image.Image | NDArray[np.uint8]

#: Conditions by name, on pen strokes and on MNIST's images.
STROKE_CONDITIONS: dict[str, Callable[[Strokes, Generator], Sent]] = {}
MNIST_CONDITIONS: dict[str, Callable[[Gray, Generator], Sent]] = {}


def on_strokes(function: Callable[[Strokes, Generator], Sent]) -> Callable[[Strokes, Generator], Sent]:
    """Register a function as a condition on strokes."""
    STROKE_CONDITIONS[function.__name__.replace("_", " ").strip()] = function
    return function


def on_mnist(function: Callable[[Gray, Generator], Sent]) -> Callable[[Gray, Generator], Sent]:
    """Register a function as a condition on MNIST's images."""
    MNIST_CONDITIONS["MNIST " + function.__name__.replace("_", " ").strip()] = function
    return function
