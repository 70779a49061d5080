"""The outlier detector is fitted on digits and on drawings that are none, as they are and distorted."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.outliers import OutlierDetector, node_values
from inknet.digits.training.outlier_fitting import fit_outlier_detector
from inknet.digits.training.training_set import render_non_digits
from inknet.mlp import Network
from tests.digits.conftest import Mnist

Rows = NDArray[np.floating]

NETWORK = Network([784, 4, 10], seed=1)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return the arguments of `OutlierDetector.fit`, which is not run."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(OutlierDetector, "fit", lambda *arguments: calls.append(arguments))
    return calls


def fade(inputs: Rows, targets: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Return inputs that are fainter by a random factor."""
    return inputs * np.float32(rng.random()), targets


@pytest.mark.parametrize("moments", [False, True])
def test_each_kind_as_it_is_and_distorted(moments: bool, fitted: list[tuple[Any, ...]], mnist_test: Mnist) -> None:
    kinds, other = [mnist_test[0][:3], mnist_test[0][3:8]], mnist_test[0][8:10]
    fit_outlier_detector(NETWORK, kinds, fade, moments=moments, non_digits=4, seed=7, held_out=[other])
    [(digits, non_digits, held_out, seed)] = fitted

    def values(images: Rows) -> Rows:
        return node_values(NETWORK, moment_normalize(images.astype(np.float32)) if moments else images)

    # Distortions bring the moments' normalization with them; the digits' are drawn first.
    factors = np.random.default_rng(7).random(5).astype(np.float32)
    distorted = [node_values(NETWORK, factor * images) for factor, images in zip(factors, kinds, strict=False)]
    assert digits == pytest.approx(np.concatenate([*map(values, kinds), *distorted]))
    drawings = render_non_digits(4, 7)
    distorted = [node_values(NETWORK, factor * drawings) for factor in factors[2:]]
    assert non_digits == pytest.approx(np.concatenate([values(drawings), *distorted]))
    assert [len(rows) for rows in held_out] == [3, 5, 2]
    for rows, images in zip(held_out, [*kinds, other], strict=True):
        assert rows == pytest.approx(values(images))
    assert seed == 7


def test_without_an_augmentation_all_stays_as_it_is(fitted: list[tuple[Any, ...]], mnist_test: Mnist) -> None:
    images = mnist_test[0][:3]
    fit_outlier_detector(NETWORK, [images], None, moments=True, non_digits=2, seed=0)
    [(digits, non_digits, held_out, _)] = fitted
    values = node_values(NETWORK, moment_normalize(images))
    assert (digits == np.concatenate([values, values])).all()
    assert (non_digits == np.tile(non_digits[:2], (4, 1))).all()
    assert [rows.tolist() for rows in held_out] == [values.tolist()]
