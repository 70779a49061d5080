"""Fine-tuning: adapts a digit recognizer to one person's handwriting without forgetting the others."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet.digits.datasets.pen_strokes import PenDigit
from inknet.digits.drawing.distort import Distortion
from inknet.digits.training.outlier_fitting import fit_outlier_detector
from inknet.digits.training.recipes import RECIPES
from inknet.digits.training.training_set import Augmentation, Images, Labels, TrainingSet, render_pen_digits
from inknet.mlp import EpochReport, InputError, Network, TrainingOptions
from inknet.mlp.optimizers import Optimizer
from inknet.mlp.schedules import Schedule

__all__ = ["FineTuning", "KnownDigits", "split_drawings"]

Rows = NDArray[np.floating]

#: Every fifth drawing is held out.
_HELD_OUT = 5
#: The drawings are repeated up to this share of the known digits, and rendered this many times: the distortions of each
#: epoch vary them enough.
_SHARE, _VARIANTS = 0.2, 24
#: Repetitions of the rendered pen digits: about their share in the first training.
_PENS = 3
#: Images of each kind that suffice to fit the outlier detector within seconds.
_KNOWN_DIGITS, _NON_DIGITS = 20_000, 6_000


@dataclass(frozen=True)
class KnownDigits:
    """Data of the first training, mixed in so that the network does not forget it.

    Images, (n, 784), and labels, (n,), of MNIST's training set, and the pen digits of the training writers.
    """

    images: Images
    labels: Labels
    pen_digits: Sequence[PenDigit]


@dataclass(frozen=True, kw_only=True)
class FineTuning(TrainingOptions):
    """The options of a fine-tuning: those of `inknet.mlp.TrainingOptions`, with other defaults.

    `non_digits` is the number of drawings that are not digits, for fitting the outlier detector again.
    """

    epochs: int = 4
    learning_rate: float = 0.0005
    batch_size: int = 64
    optimizer: str | Optimizer = "adam"
    schedule: str | Schedule = "cosine"
    ema_decay: float = 0.998
    non_digits: int = _NON_DIGITS

    def tune(
        self,
        network: Network,
        drawings: Sequence[PenDigit],
        known: KnownDigits,
        on_epoch: Callable[[EpochReport], None] | None = None,
    ) -> Network:
        """Return a copy of the network that is fine-tuned on the drawings.

        For rows that the network classifies correctly, its own outputs are the targets; only the others keep their
        labels: learning without forgetting [1]_. An outlier detector is fitted again, since the nodes it relies on have
        changed: the old one would doubt up to a tenth of MNIST.

        The network has 784 inputs and 10 outputs; `on_epoch` is called with each epoch's report. Raises TrainingError
        as `Trainer` does, and KeyboardInterrupt after Ctrl-C: a network that is half fine-tuned is of no use.

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
        augment = _DistilledAugmentation(_augmentation(network), network)
        inputs, targets = np.concatenate([digits, *[own] * repeats]), np.concatenate([labels, *[own_labels] * repeats])
        report = None if on_epoch is None else lambda report, _: on_epoch(report)
        history = TrainingSet(inputs, targets, None, augment).train(tuned, self, on_epoch=report)
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        if "certainty" in network.metadata:
            detector = fit_outlier_detector(
                tuned,
                [known.images[:_KNOWN_DIGITS], pens, own],
                augment.augmentation,
                moments=augment.augmentation.moments,
                non_digits=self.non_digits,
                seed=self.seed,
            )
            tuned.metadata["certainty"] = detector.to_dict()
        return tuned


@dataclass(frozen=True)
class _DistilledAugmentation:
    """Distorts rows, and replaces the targets by the network's outputs for rows that it classifies correctly."""

    augmentation: Augmentation
    network: Network

    def __call__(self, inputs: Rows, targets: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
        """Return distorted inputs and their targets; see `inknet.mlp.training.data.Augment`."""
        distorted, _ = self.augmentation(inputs, targets, rng)
        outputs = self.network.predict(distorted)
        correct = outputs.argmax(axis=1) == targets.argmax(axis=1)
        return distorted, np.where(correct[:, np.newaxis], outputs, targets)


def split_drawings(drawings: Sequence[PenDigit], seed: int = 0) -> tuple[list[PenDigit], list[PenDigit]]:
    """Split drawings into those to train on and a fifth to hold out, stratified by digit; InputError if too few."""
    if len(drawings) < _HELD_OUT:
        raise InputError(f"fine-tuning needs at least {_HELD_OUT} labeled drawings, got {len(drawings)}")
    order = np.random.default_rng(seed).permutation(len(drawings)).tolist()
    learned = sorted((drawings[index] for index in order), key=lambda drawing: drawing.label)
    held_out = learned[_HELD_OUT // 2 :: _HELD_OUT]
    del learned[_HELD_OUT // 2 :: _HELD_OUT]
    return learned, held_out


def _augmentation(network: Network) -> Augmentation:
    """Return the augmentation of a network's recipe, or that of the recipe "digits"."""
    recipe = RECIPES.get(str(network.metadata.get("recipe")))
    distortion = (recipe and recipe.distortion) or RECIPES["digits"].distortion or Distortion()
    return Augmentation(distortion, bool(network.metadata.get("moments")))


def _render_known(digits: Sequence[PenDigit], seed: int) -> tuple[Images, Labels]:
    """Render each digit once: half of them as inknet's page inks strokes, half as drawn on other canvases."""
    page, canvases = render_pen_digits(digits[1::2], 1, 0, seed), render_pen_digits(digits[::2], 0, 1, seed)
    return np.concatenate([page[0], canvases[0]]), np.concatenate([page[1], canvases[1]])
