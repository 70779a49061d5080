from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits.drawing.distort import Distortion
from tests.digits.conftest import Mnist
from tests.digits.helpers import fingerprint

NONE = Distortion(rotation=0, shear=0, scale=0, aspect=0, shift=0, elastic=0, width=0)


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _blobs(count: int = 4000) -> NDArray[np.float32]:
    """Return copies of one round soft blob in the middle."""
    rows, columns = np.mgrid[:28, :28] - 13.5
    blob = np.exp(-(rows**2 + columns**2) / (2 * 2.5**2)).astype(np.float32).reshape(1, 784)
    return np.repeat(blob, count, axis=0)


def _bars(count: int = 4000, wide: float = 2, tall: float = 7) -> NDArray[np.float32]:
    """Return copies of one upright soft bar, whose standard deviations these are."""
    rows, columns = np.mgrid[:28, :28] - 13.5
    bar = np.exp(-(rows**2) / (2 * tall**2) - columns**2 / (2 * wide**2))
    bar[np.abs(rows) > 12] = 0
    return np.repeat(bar.astype(np.float32).reshape(1, 784), count, axis=0)


def _moments(images: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each image's center (n, 2), and the covariance of its ink (n, 2, 2), rows first."""
    ink = images.reshape(-1, 784).astype(np.float64)
    ink /= ink.sum(axis=1, keepdims=True)
    places = np.stack([np.repeat(np.arange(28), 28), np.tile(np.arange(28), 28)]).astype(np.float64)
    center = ink @ places.T
    square = np.einsum("np,ip,jp->nij", ink, places, places)
    return center, square - center[:, :, None] * center[:, None, :]


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.mean((one - one.mean()) * (other - other.mean())) / (one.std() * other.std()))


def test_the_shipped_model_learned_from_these() -> None:
    # Other numbers mean another shipped model: it would no longer come out of its recipe bit for bit.
    distorted = Distortion()(_blobs(30), _rng()).astype(np.float64)
    assert fingerprint(list(distorted)) == pytest.approx(-134.8712, rel=1e-4)


def test_nothing_asked_is_nothing_done(mnist_test: Mnist) -> None:
    images = mnist_test[0][:200]
    np.testing.assert_allclose(NONE(images, _rng()), images, rtol=0, atol=1e-5)


def test_no_strength_is_nothing_done(mnist_test: Mnist) -> None:
    images = mnist_test[0][:200]
    np.testing.assert_allclose(Distortion(strength=0)(images, _rng()), images, rtol=0, atol=1e-5)


def test_the_same_generator_draws_the_same(mnist_test: Mnist) -> None:
    images = mnist_test[0][:100]
    before = images.copy()
    first = Distortion()(images, _rng())
    assert (Distortion()(images, _rng()) == first).all()
    assert (images == before).all()
    assert (Distortion()(images, np.random.default_rng(8)) != first).any(axis=1).all()
    # Each is distorted in a way of its own.
    same = Distortion()(np.repeat(images[:1], 50, axis=0), _rng())
    assert len({row.tobytes() for row in same}) == 50


@pytest.mark.parametrize("strength", [0.3, 1.0, 3.0])
def test_values_stay_between_paper_and_ink(strength: float, mnist_test: Mnist) -> None:
    distorted = Distortion(strength=strength)(mnist_test[0][:2000], _rng())
    assert distorted.shape == (2000, 784)
    assert distorted.dtype == np.float32
    assert distorted.min() >= 0
    assert distorted.max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_shifts_spread_as_they_say(strength: float) -> None:
    center, _ = _moments(replace(NONE, shift=0.6, strength=strength)(_blobs(), _rng()))
    assert center.mean(axis=0) == pytest.approx([13.5, 13.5], abs=0.05)
    assert center.std(axis=0) == pytest.approx([0.6 * strength] * 2, rel=0.05)
    assert abs(_correlation(center[:, 0], center[:, 1])) < 0.06


def test_rotations_spread_as_they_say() -> None:
    _, spread = _moments(replace(NONE, rotation=0.12)(_bars(), _rng()))
    # The direction of the bar, against the rows.
    angle = 0.5 * np.arctan2(2 * spread[:, 0, 1], spread[:, 0, 0] - spread[:, 1, 1])
    assert angle.mean() == pytest.approx(0, abs=0.01)
    assert angle.std() == pytest.approx(0.12, rel=0.06)


def test_shears_spread_as_they_say() -> None:
    _, spread = _moments(replace(NONE, shear=0.15)(_bars(), _rng()))
    slant = spread[:, 0, 1] / spread[:, 0, 0]
    assert slant.mean() == pytest.approx(0, abs=0.01)
    assert slant.std() == pytest.approx(0.15, rel=0.06)


def test_scales_spread_as_they_say() -> None:
    _, spread = _moments(replace(NONE, scale=0.08)(_blobs(), _rng()))
    sizes = 0.5 * np.log(spread[:, [0, 1], [0, 1]])
    assert sizes.std(axis=0) == pytest.approx([0.08, 0.08], rel=0.06)
    assert _correlation(sizes[:, 0], sizes[:, 1]) > 0.99


def test_aspects_spread_as_they_say() -> None:
    _, spread = _moments(replace(NONE, aspect=0.08)(_blobs(), _rng()))
    sizes = 0.5 * np.log(spread[:, [0, 1], [0, 1]])
    assert sizes.std(axis=0) == pytest.approx([0.08, 0.08], rel=0.06)
    assert _correlation(sizes[:, 0], sizes[:, 1]) < -0.99


def test_elastic_pushes_spread_as_they_say() -> None:
    # A blob of a pixel is carried along with the spot that it is on, anywhere on the image.
    rows, columns = np.mgrid[:28, :28]
    for row, column in ((14, 14), (8, 19)):
        dot = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2).astype(np.float32).reshape(1, 784)
        center, _ = _moments(replace(NONE, elastic=0.8)(np.repeat(dot, 4000, axis=0), _rng()))
        assert center.mean(axis=0) == pytest.approx([row, column], abs=0.06)
        assert center.std(axis=0) == pytest.approx([0.8, 0.8], rel=0.12)


def test_pushes_are_smooth() -> None:
    # Two dots that are near are moved alike; two that are far, independently.
    rows, columns = np.mgrid[:28, :28]

    def pushed(column: int) -> NDArray[np.float64]:
        dot = np.exp(-((rows - 14) ** 2 + (columns - column) ** 2) / 2).astype(np.float32).reshape(1, 784)
        return _moments(replace(NONE, elastic=0.8)(np.repeat(dot, 2000, axis=0), _rng()))[0][:, 0]

    here, near, far = pushed(5), pushed(7), pushed(23)
    assert _correlation(here, near) > 0.9
    assert abs(_correlation(here, far)) < 0.2


def test_width_moves_part_of_the_way_to_the_neighbors_extreme() -> None:
    images = np.zeros((400, 28, 28), dtype=np.float32)
    images[:, 10:18, 10:14] = 1
    changed = replace(NONE, width=0.3)(images.reshape(400, 784), _rng()).reshape(-1, 28, 28)
    # Beside the bar, ink grows by the draw where it is above zero; inside its edge it shrinks by the draw otherwise.
    outside, inside = changed[:, 14, 14], changed[:, 14, 13]
    assert ((outside == 0) | (inside == 1)).all()
    draws = outside - (1 - inside)
    assert draws.mean() == pytest.approx(0, abs=0.05)
    assert draws.std() == pytest.approx(0.3, rel=0.1)
    # Nothing beyond a neighbor, and no corner: the neighbors are four.
    assert (changed[:, 14, 15] == 0).all()
    assert (changed[:, 18, 14] == 0).all()
    assert (changed[:, 14, 12] == 1).all()
