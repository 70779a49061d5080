"""MNIST, the pen digits, and a small recognizer, read and trained once."""

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from inknet.digits import PenDigit, Recognizer, load_mnist, load_pen_digits, split_by_writer
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.training.training_set import render_pen_digits
from inknet.mlp import Network

Mnist = tuple[NDArray[np.float32], NDArray[np.int64]]


@pytest.fixture(scope="session")
def mnist_test() -> Mnist:
    return load_mnist("test")


@pytest.fixture(scope="session")
def writers() -> tuple[list[PenDigit], list[PenDigit]]:
    """Return the pen digits of the writers to learn from, and of those held out."""
    return split_by_writer(load_pen_digits())


@pytest.fixture(scope="session")
def held_out(writers: tuple[list[PenDigit], list[PenDigit]]) -> list[PenDigit]:
    return writers[1]


@pytest.fixture(scope="session")
def reader(writers: tuple[list[PenDigit], list[PenDigit]]) -> Recognizer:
    """Return a small recognizer, trained in some seconds on MNIST and on pen strokes."""
    images, labels = load_mnist("train")
    drawn, drawn_labels = render_pen_digits(writers[0][::5], 1, 0, seed=0)
    network = Network([784, 60, 10], init="he", seed=1)
    network.metadata = {"moments": True}
    # More threads than free cores would wait for each other.
    with threadpool_limits(1):
        network.train(
            moment_normalize(np.concatenate([images[:20_000], drawn])),
            np.concatenate([labels[:20_000], drawn_labels]),
            epochs=6,
            learning_rate=0.1,
            batch_size=64,
            optimizer="nesterov",
            schedule="cosine",
            seed=1,
        )
    return Recognizer(network, "small")
