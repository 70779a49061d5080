"""The training set of a recipe: images, rendered pen strokes, and their augmentation."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

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
from inknet.mlp import History, InputError, Network, Trainer, TrainingOptions
from inknet.mlp.training.data import Augment

__all__ = ["TrainingSet", "make_training_set", "render_non_digits", "render_pen_digits"]

Images = NDArray[np.float32]
Labels = NDArray[np.int64]

#: Images distorted at a time: few enough to stay in the processor's cache.
_CHUNK = 256
#: From this number of parameters, training on images takes much longer than distorting them.
_LARGE = 1 << 20
#: Widths of the pens, in tenths of a pixel: the range of MNIST.
_PENS = (18, 36)


@dataclass(frozen=True)
class Augmentation:
    """Distorts images, and deskews them if `moments` is set."""

    distortion: Distortion
    moments: bool

    def __call__(
        self, inputs: NDArray[np.floating], targets: NDArray[np.floating], rng: np.random.Generator
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return distorted inputs and the same targets; see `inknet.mlp.training.data.Augment`."""
        distorted = np.empty_like(inputs)
        for start in range(0, len(inputs), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            images = self.distortion(inputs[chunk], rng)
            distorted[chunk] = moment_normalize(images) if self.moments else images
        return distorted, targets


@dataclass(frozen=True)
class TrainingSet:
    """The data of a training: inputs, (rows, pixels), labels, (rows,), the held-out images, and the augmentation."""

    inputs: Images
    labels: Labels
    validation: tuple[Images, Labels] | None
    augment: Augment | None

    def train(self, network: Network, options: TrainingOptions, **arguments: Any) -> History:  # noqa: ANN401 - Trainer's
        """Train a network on it; `arguments` are those of `inknet.mlp.Trainer`."""
        arguments = {"validation": self.validation, "augment": self.augment} | arguments
        with nullcontext() if self.augment is None else _one_core_each(network):
            return Trainer(network, self.inputs, self.labels, options, **arguments).run()


def _one_core_each(network: Network) -> AbstractContextManager[object]:
    """Limit BLAS to one thread, so that one core trains while the other distorts, which takes about as long.

    With both cores on each product, they would wait for each other. A large network keeps both.
    """
    return threadpool_limits(1, user_api="blas") if network.parameter_count < _LARGE else nullcontext()


def make_training_set(
    recipe: Recipe, images: Images, labels: Labels, pen_digits: Sequence[PenDigit] = (), seed: int = 0
) -> TrainingSet:
    """Return the training set that a recipe asks for.

    The last `recipe.held_out` of the images, (n, pixels), are held out; pen digits are rendered and added as often as
    the recipe says, with variations by the seed. Raises InputError if no images are left to train on.
    """
    count, held_out = len(images), int(recipe.held_out)
    if not 0 <= held_out < count:
        raise InputError(f"held_out must be below {count}, the number of images, got {held_out}; lower --held-out")
    learned = count - held_out
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
    """Render variants of each digit, as other hands and pens might have drawn it.

    Pen variants are inked as on inknet's page, the first with unchanged strokes; canvas variants are drawn on other
    canvases and normalized.
    """
    rng = np.random.default_rng(seed)
    variants = pen_variants + canvas_variants
    rendered = np.empty((variants, len(digits), PIXELS), dtype=np.float32)
    for variant in range(variants):
        for row, digit in enumerate(digits):
            strokes = vary_strokes(digit.strokes, rng, strength=0.0 if variant == 0 else 1.0)
            rendered[variant, row] = _render(strokes, variant >= pen_variants, rng)
    labels = np.tile(np.array([digit.label for digit in digits], dtype=np.int64), variants)
    return rendered.reshape(-1, PIXELS), labels


def render_non_digits(count: int, seed: int) -> Images:
    """Render drawings that are not digits: two of three inked as on inknet's page, the third on other canvases."""
    rng = np.random.default_rng(seed)
    rendered = np.empty((count, PIXELS), dtype=np.float32)
    for row in range(count):
        strokes = vary_strokes(draw_non_digit(rng), rng)
        rendered[row] = _render(strokes, row % 3 == 2, rng)
    return rendered


def _render(strokes: Sequence[NDArray[np.float64]], on_canvas: bool, rng: np.random.Generator) -> Images:
    """Return strokes as an image, (pixels,): on another canvas and normalized, or inked as on inknet's page."""
    if on_canvas:
        return normalize(_unit(draw_on_canvas(strokes, rng))).ravel()
    return _unit(ink_strokes(strokes, float(rng.integers(*_PENS, endpoint=True)))).ravel()


def _unit(ink: NDArray[np.uint8]) -> Images:
    """Scale [0, 255] to [0, 1]."""
    return ink.astype(np.float32) / np.float32(255)
