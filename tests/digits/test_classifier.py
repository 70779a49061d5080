import numpy as np
import pytest

from inknet.digits.classifier import Classifier
from inknet.mlp import ModelFileError, Network
from tests.digits.conftest import Mnist
from tests.digits.helpers import one_sentence


def classifier(inputs: int, **metadata: object) -> Classifier:
    network = Network([inputs, 3], seed=1)
    network.metadata = metadata
    return Classifier(network)


def test_images_of_any_shape() -> None:
    assert classifier(12, shape=[3, 4]).shape == (3, 4)
    # What was not told is a square if it can be one.
    assert classifier(64).shape == (8, 8)
    assert classifier(7).shape == (1, 7)
    rows = np.random.default_rng(0).uniform(0, 1, (5, 12)).astype(np.float32)
    wide = classifier(12, shape=[3, 4])
    assert wide.normalize_many(rows) is rows
    assert (wide.predict(rows) == wide.network.predict(rows)).all()
    assert wide.is_certain(rows).tolist() == (wide.network.predict(rows).max(axis=1) > 0.5).tolist()


@pytest.mark.parametrize("shape", [[3, 5], [12], [-3, -4], [3.0, 4.0], "3×4", 12, [3, 4, 1]], ids=str)
def test_a_shape_that_does_not_fit(shape: object) -> None:
    with pytest.raises(ModelFileError) as caught:
        classifier(12, shape=shape)
    assert "must have 12 pixels, got" in one_sentence(caught.value)


@pytest.mark.parametrize("network", [Network([4, 1], output="sigmoid"), Network([4, 3], output="identity")], ids=repr)
def test_a_network_without_classes(network: Network) -> None:
    with pytest.raises(ModelFileError) as caught:
        Classifier(network)
    assert "is not a classifier" in one_sentence(caught.value)


def test_only_drawings_are_normalized(mnist_test: Mnist) -> None:
    moved = np.roll(mnist_test[0][:20], 3, axis=1)
    drawings, images = classifier(784), classifier(784, normalize=False)
    assert images.normalize_many(moved) is moved
    assert (drawings.normalize_many(moved) != moved).any(axis=1).mean() > 0.5


def test_who_reads_digits() -> None:
    assert Classifier.load().reads_digits
    assert Classifier(Network([784, 10])).reads_digits
    assert not classifier(784).reads_digits
    named = Network([784, 10])
    named.metadata = {"classes": list("abcdefghij")}
    assert not Classifier(named).reads_digits
    assert not Classifier(Network([100, 10])).reads_digits
