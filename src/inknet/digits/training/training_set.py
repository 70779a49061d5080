"""The training set of a recipe: MNIST, rendered pen strokes, and what is done to both in each epoch."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from inknet.digits.datasets.pen_strokes import PenDigit
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.drawing.distort import Distortion
from inknet.digits.drawing.non_digits import draw_non_digit
from inknet.digits.drawing.rasterize import ink_strokes
from inknet.digits.drawing.stroke_variation import vary_strokes
from inknet.digits.grid import PIXELS
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.normalizing.normalize import normalize
from inknet.digits.training.recipes import Recipe
from inknet.mlp import History, InputError, Network
from inknet.mlp.training.trainer import TrainingOptions

__all__ = ["TrainingSet", "make_training_set", "one_core_each", "render_non_digits", "render_pen_digits"]

Images = NDArray[np.float32]
Labels = NDArray[np.int64]

#: Images that are distorted together: few enough to stay in the processor's cache.
_CHUNK = 256
#: A network of so many parameters takes much longer to learn from images than it takes to distort them.
_LARGE = 1 << 20
#: The pens that strokes are rendered with, in tenths of a pixel: MNIST's range of widths.
_PENS = (18, 36)


@dataclass(frozen=True)
class Augmentation:
    """Distorts the rows that are about to be learned from, and sets them upright."""

    distortion: Distortion
    moments: bool

    def __call__(
        self, inputs: NDArray[np.floating], targets: NDArray[np.floating], rng: np.random.Generator
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return distorted inputs, with the same targets; see `inknet.mlp.training.data.Augment`."""
        distorted = np.empty_like(inputs)
        for start in range(0, len(inputs), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            images = self.distortion(inputs[chunk], rng)
            distorted[chunk] = moment_normalize(images) if self.moments else images
        return distorted, targets


@dataclass(frozen=True)
class TrainingSet:
    """What a recipe's training learns from, and is measured on.

    Attributes
    ----------
    inputs : array, shape (rows, pixels)
    labels : array, shape (rows,)
    validation : (inputs, labels) or None
        The held-out images.
    augment : Augmentation or None
        See `inknet.mlp.Trainer`.
    """

    inputs: Images
    labels: Labels
    validation: tuple[Images, Labels] | None
    augment: Augmentation | None

    def teach(self, network: Network, **options: Unpack[TrainingOptions]) -> History:
        """Train a network on it, with what options there are besides; see `inknet.mlp.Trainer`."""
        own: TrainingOptions = {"validation": self.validation, "augment": self.augment}
        with nullcontext() if self.augment is None else one_core_each(network):
            return network.train(self.inputs, self.labels, **(own | options))


def one_core_each(network: Network) -> AbstractContextManager[object]:
    """Keep BLAS to one thread, so that one core learns while the other distorts, which takes about as long.

    If both shared each product they would wait for each other. A large network has so much to do that it needs both.
    """
    return threadpool_limits(1, user_api="blas") if network.parameter_count < _LARGE else nullcontext()


def make_training_set(
    recipe: Recipe, images: Images, labels: Labels, pen_digits: Sequence[PenDigit] = (), seed: int = 0
) -> TrainingSet:
    """Put together what a recipe asks for.

    Parameters
    ----------
    recipe : Recipe
    images, labels : array
        The images to learn from, (n, pixels), of which the last `recipe.held_out` are held out, and their labels.
    pen_digits : sequence of PenDigit
        By the writers to learn from; rendered and added as often as the recipe says.
    seed : int
        Decides how the strokes are varied.

    Raises
    ------
    InputError
        If all images would be held out.
    """
    held_out = int(recipe.held_out)
    if not 0 <= held_out < len(images):
        raise InputError(
            f"{held_out} of {len(images)} images cannot be held out; leave some to learn from with --held-out"
        )
    learned = len(images) - held_out
    inputs, targets = images[:learned], labels[:learned]
    if pen_digits and recipe.pen_variants + recipe.canvas_variants > 0:
        rendered, rendered_labels = render_pen_digits(pen_digits, recipe.pen_variants, recipe.canvas_variants, seed)
        inputs, targets = np.concatenate([inputs, rendered]), np.concatenate([targets, rendered_labels])
    measured = moment_normalize(images[learned:]) if recipe.moments else images[learned:]
    if recipe.distortion is None and recipe.moments:
        inputs = moment_normalize(inputs)
    augment = None if recipe.distortion is None else Augmentation(recipe.distortion, recipe.moments)
    return TrainingSet(inputs, targets, (measured, labels[learned:]) if held_out else None, augment)


def render_pen_digits(
    digits: Sequence[PenDigit], pen_variants: int, canvas_variants: int, seed: int
) -> tuple[Images, Labels]:
    """Render each digit as often as that, as other hands and pens might have drawn it.

    The pen variants are inked as the page does, the first of them with the strokes as they are; the canvas variants
    are drawn on a canvas as other pages might, and normalized.
    """
    rng = np.random.default_rng(seed)
    variants = pen_variants + canvas_variants
    rendered = np.empty((variants, len(digits), PIXELS), dtype=np.float32)
    for variant in range(variants):
        for row, digit in enumerate(digits):
            strokes = vary_strokes(digit.strokes, rng, strength=0.0 if variant == 0 else 1.0)
            if variant < pen_variants:
                image = _unit(ink_strokes(strokes, float(rng.integers(*_PENS, endpoint=True))))
            else:
                image = normalize(_unit(draw_on_canvas(strokes, rng)))
            rendered[variant, row] = image.ravel()
    labels = np.tile(np.array([digit.label for digit in digits], dtype=np.int64), variants)
    return rendered.reshape(-1, PIXELS), labels


def render_non_digits(count: int, seed: int) -> Images:
    """Render so many drawings that are no digits, two of three as the page inks them, the third as other pages do."""
    rng = np.random.default_rng(seed)
    rendered = np.empty((count, PIXELS), dtype=np.float32)
    for row in range(count):
        strokes = vary_strokes(draw_non_digit(rng), rng)
        if row % 3 < 2:
            image = _unit(ink_strokes(strokes, float(rng.integers(*_PENS, endpoint=True))))
        else:
            image = normalize(_unit(draw_on_canvas(strokes, rng)))
        rendered[row] = image.ravel()
    return rendered


def _unit(ink: NDArray[np.uint8]) -> Images:
    """Scale [0, 255] to [0, 1]."""
    return ink.astype(np.float32) / np.float32(255)
