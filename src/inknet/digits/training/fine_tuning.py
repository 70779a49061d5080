"""Fine-tuning: a network that reads digits learns to read one more hand, and forgets none of the others."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet.digits.datasets.pen_strokes import PenDigit
from inknet.digits.drawing.distort import Distortion
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.outliers import OutlierDetector, node_values
from inknet.digits.training.recipes import RECIPES
from inknet.digits.training.training_set import (
    Augmentation,
    Images,
    Labels,
    one_core_each,
    render_non_digits,
    render_pen_digits,
)
from inknet.mlp import EpochReport, InputError, Network
from inknet.mlp.checks import check_options, check_seed

__all__ = ["FineTuning", "KnownDigits", "split_drawings"]

Rows = NDArray[np.floating]

#: One drawing of so many is held out.
_HELD_OUT = 5
#: The drawings are learned from as often as makes them this share of what the network learned from before; each is
#: rendered anew only so often, for the distortions of each epoch make them different enough.
_SHARE, _VARIANTS = 0.2, 24
#: How often each rendered pen digit is learned from: about as many as in the network's first training.
_PENS = 3
_BATCH, _EMA_DECAY = 64, 0.998
#: So many images of each kind are enough to tell digits from what is none, and take seconds.
_KNOWN_DIGITS, _NON_DIGITS = 20_000, 6_000


@dataclass(frozen=True)
class KnownDigits:
    """What the network learned from before, and now goes on learning from, so as not to forget it.

    Attributes
    ----------
    images, labels : array, shape (n, 784) and (n,)
        MNIST's training set, or as much of it.
    pen_digits : sequence of PenDigit
        By the writers to learn from.
    """

    images: Images
    labels: Labels
    pen_digits: Sequence[PenDigit]


@dataclass(frozen=True)
class FineTuning:
    """How a network is fine-tuned.

    Attributes
    ----------
    seed : int
        Decides how the drawings are varied, and their order.
    epochs : int
    learning_rate : float
        Of Adam; it falls to 0 by a cosine.
    non_digits : int
        How many drawings that are no digits it is shown.

    Raises
    ------
    InputError
        If a number makes no sense.
    """

    seed: int = 0
    epochs: int = 4
    learning_rate: float = 0.0005
    non_digits: int = _NON_DIGITS

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_options(self.epochs, self.learning_rate, _BATCH, 0.0, 0.0, _EMA_DECAY)

    def tune(
        self,
        network: Network,
        drawings: Sequence[PenDigit],
        known: KnownDigits,
        on_epoch: Callable[[EpochReport], None] | None = None,
    ) -> Network:
        """Return a network that has learned to read the drawings, too; the one passed in remains as it is.

        What the network reads right is learned as the network says it, and only what it reads wrong is learned as it
        is: learning without forgetting [1]_. If it knew digits from what is none, it learns that again, because its
        nodes have changed: with what it knew, up to a tenth of MNIST would be doubted.

        Parameters
        ----------
        network : Network
            With 784 inputs and 10 outputs.
        drawings : sequence of PenDigit
            What is new.
        known : KnownDigits
        on_epoch : function or None
            Called with each epoch's report.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C: a network between two epochs is of no use.
        TrainingError
            If the learning rate is far too high.

        References
        ----------
        .. [1] Z. Li, D. Hoiem, "Learning without forgetting", 2016.
        """
        tuned = copy.deepcopy(network)
        pens, pen_labels = _render_known(known.pen_digits, self.seed)
        digits = np.concatenate([known.images, *[pens] * _PENS])
        labels = np.concatenate([known.labels, *[pen_labels] * _PENS])
        often = max(1, round(_SHARE * len(digits) / len(drawings)))
        own, own_labels = render_pen_digits(drawings, min(often, _VARIANTS), 0, self.seed)
        repeats = max(1, often // _VARIANTS)
        lessons = _Lessons(_augmentation(network), network)
        with one_core_each(tuned):
            history = tuned.train(
                np.concatenate([digits, *[own] * repeats]),
                np.concatenate([labels, *[own_labels] * repeats]),
                epochs=self.epochs,
                learning_rate=self.learning_rate,
                batch_size=_BATCH,
                optimizer="adam",
                schedule="cosine",
                ema_decay=_EMA_DECAY,
                augment=lessons,
                seed=self.seed,
                on_epoch=None if on_epoch is None else lambda report, _: on_epoch(report),
            )
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        if "certainty" in network.metadata:
            some = [known.images[:_KNOWN_DIGITS], pens, own]
            tuned.metadata["certainty"] = self._fit_outlier_detector(tuned, some, lessons.augmentation).to_dict()
        return tuned

    def _fit_outlier_detector(
        self, network: Network, kinds: Sequence[Images], augmentation: Augmentation
    ) -> OutlierDetector:
        """Learn to tell digits, of several kinds, from what is none; as `Run` does, with fewer."""
        rng = np.random.default_rng(self.seed)

        def values(images: Images) -> Rows:
            return node_values(network, moment_normalize(images) if augmentation.moments else images)

        def distorted(images: Images) -> Rows:
            return node_values(network, augmentation(images, images, rng)[0])

        non_digits = render_non_digits(self.non_digits, self.seed)
        plain = [values(images) for images in kinds]
        return OutlierDetector.fit(
            np.concatenate([*plain, *(distorted(images) for images in kinds)]),
            np.concatenate([values(non_digits), *(distorted(non_digits) for _ in range(3))]),
            plain,
            self.seed,
        )


@dataclass(frozen=True)
class _Lessons:
    """Distorts the rows, and puts what a network says in the place of the targets that it reads right."""

    augmentation: Augmentation
    network: Network

    def __call__(self, inputs: Rows, targets: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
        """Return what to learn; see `inknet.mlp.training.data.Augment`."""
        distorted, _ = self.augmentation(inputs, targets, rng)
        said = self.network.predict(distorted)
        right = said.argmax(axis=1) == targets.argmax(axis=1)
        return distorted, np.where(right[:, np.newaxis], said, targets)


def split_drawings(drawings: Sequence[PenDigit], seed: int = 0) -> tuple[list[PenDigit], list[PenDigit]]:
    """Part drawings into those to learn from and a fifth that is held out, of each digit about as many.

    Raises
    ------
    InputError
        If there are too few to hold one out.
    """
    if len(drawings) < _HELD_OUT:
        raise InputError(
            f"there are {len(drawings)} drawings with a label; fine-tuning takes at least {_HELD_OUT}, to hold one out"
        )
    order = np.random.default_rng(seed).permutation(len(drawings)).tolist()
    shuffled = sorted((drawings[place] for place in order), key=lambda drawing: drawing.label)
    held_out = shuffled[_HELD_OUT // 2 :: _HELD_OUT]
    return [one for place, one in enumerate(shuffled) if place % _HELD_OUT != _HELD_OUT // 2], held_out


def _augmentation(network: Network) -> Augmentation:
    """Return how a network's recipe distorts digits, or else the recipe "digits"; and whether it sets them upright."""
    recipe = RECIPES.get(str(network.metadata.get("recipe")))
    distortion = (recipe and recipe.distortion) or RECIPES["digits"].distortion or Distortion()
    return Augmentation(distortion, bool(network.metadata.get("moments")))


def _render_known(digits: Sequence[PenDigit], seed: int) -> tuple[Images, Labels]:
    """Render each digit once: one half as this page inks it, the other half as other pages' images come out."""
    halves = [
        render_pen_digits(digits[1::2], 1, 0, seed),
        render_pen_digits(digits[::2], 0, 1, seed),
    ]
    return np.concatenate([half[0] for half in halves]), np.concatenate([half[1] for half in halves])
