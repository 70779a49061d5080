"""Fitting the outlier detector of a trained recognizer on drawings that are not digits."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.outliers import OutlierDetector, node_values
from inknet.digits.training.training_set import Images, render_non_digits
from inknet.mlp import Network
from inknet.mlp.training.data import Augment

__all__ = ["fit_outlier_detector"]


def fit_outlier_detector(
    network: Network,
    digits: Sequence[Images],
    augment: Augment | None,
    *,
    moments: bool,
    non_digits: int,
    seed: int,
    held_out: Sequence[Images] = (),
) -> OutlierDetector:
    """Fit an outlier detector on a network's node values for digits and non-digits, both as they are and distorted.

    `digits` and `held_out` are arrays, (n, pixels), of several kinds, of each of which it rejects few; `augment`
    distorts as in training; `moments`, `non_digits` and `seed` are those of a `Recipe`.
    """
    rng = np.random.default_rng(seed)

    def values(images: Images) -> NDArray[np.floating]:
        return node_values(network, moment_normalize(images) if moments else images)

    def distorted(images: Images) -> NDArray[np.floating]:
        return values(images) if augment is None else node_values(network, augment(images, images, rng)[0])

    plain = [values(images) for images in digits]
    drawings = render_non_digits(non_digits, seed)
    return OutlierDetector.fit(
        np.concatenate([*plain, *map(distorted, digits)]),
        np.concatenate([values(drawings), *(distorted(drawings) for _ in range(3))]),
        [*plain, *map(values, held_out)],
        seed,
    )
