"""Recipes: named settings for training a recognizer."""

from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

from inknet.digits.classes import DIGITS
from inknet.digits.datasets.dataset import Dataset
from inknet.digits.drawing.distort import Distortion
from inknet.digits.grid import GRID, PIXELS
from inknet.mlp import InputError, TrainingOptions
from inknet.mlp.checks import check_sizes
from inknet.mlp.registry import Registry
from inknet.mlp.scalars import convert, non_negative_integer

__all__ = ["RECIPES", "Recipe", "find_recipe", "fit_recipe"]


@dataclass(frozen=True)
class Recipe(TrainingOptions):
    """The options of a training, beside those of `inknet.mlp.TrainingOptions`: its network and its data.

    Attributes
    ----------
    name : str
        Its name on the command line.
    sizes, hidden, output, bias, init
        The network; see `inknet.Network`. `fit_recipe` sets the first and the last size to those of the data.
    held_out : int or float
        The number of training images, at the end, to hold out and measure after each epoch; below 1, their share.
    pen_variants, canvas_variants : int
        The number of renderings per training pen digit to add: as inknet's page inks strokes, and as images from other
        canvases look after normalizing.
    distortion : Distortion or None
        Random distortions, drawn anew in each epoch.
    moments : bool
        Whether to deskew digits and scale them to one height by their moments; the recognizer then does the same.
    non_digits : int
        The number of drawings that are not digits, for fitting the outlier detector after training.
    """

    name: str
    sizes: tuple[int, ...] = (PIXELS, 200, 10)
    hidden: str = "relu"
    output: str = "softmax"
    bias: str = "node"
    init: str = "uniform"
    patience: int | None = field(default=1, kw_only=True)
    held_out: float = 5000
    pen_variants: int = 0
    canvas_variants: int = 0
    distortion: Distortion | None = None
    moments: bool = False
    non_digits: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        counts = dict.fromkeys(("pen_variants", "canvas_variants", "non_digits"), non_negative_integer)
        convert(self, **counts, sizes=lambda _, sizes: check_sizes(sizes), held_out=_count_or_share)


def _count_or_share(name: str, share: Any) -> float:  # noqa: ANN401 - anything at all
    """Return a number of images, as an integer, or a share of them."""
    if isinstance(share, Real):
        number = float(share)
        if 0 < number < 1:
            return number
        if number.is_integer():
            return int(number)
    raise InputError(f"{name} must be a number of images or a share below 1, got {share}")


_ADAM = Recipe("adam", init="he", learning_rate=0.002, batch_size=64, optimizer="adam", schedule="cosine-warmup")

RECIPES: Registry[Recipe] = Registry(
    "recipe",
    {
        recipe.name: recipe
        for recipe in (
            # As in the blog "Learning about neural networks with Go": row by row, plain gradient descent, uniform
            # initialization, until the accuracy falls.
            Recipe("source", epochs=20, batch_size=1, early_stopping=("accuracy-falls",)),
            # For anyone's handwriting: MNIST and rendered pen strokes, distorted and deskewed.
            _ADAM.change(
                name="digits",
                epochs=50,
                ema_decay=0.9998,
                held_out=0,
                pen_variants=2,
                canvas_variants=2,
                distortion=Distortion(elastic=1.4, width=0.45),
                moments=True,
                non_digits=24000,
            ),
            # For small gray images of any kind and size.
            _ADAM.change(
                name="images",
                sizes=(PIXELS, 400, 10),
                epochs=30,
                learning_rate=0.001,
                weight_decay=0.01,
                held_out=0.1,
            ),
            # For a few hundred drawings of any classes: many epochs of strong distortions, deskewed.
            _ADAM.change(
                name="drawings",
                sizes=(PIXELS, 100, 10),
                epochs=120,
                batch_size=16,
                ema_decay=0.98,
                held_out=0.2,
                distortion=Distortion(strength=1.5),
                moments=True,
            ),
        )
    },
    needs="sizes",
)


def find_recipe(name: str) -> Recipe:
    """Return the recipe of this name; InputError if it is unknown."""
    return RECIPES.find(name)


def fit_recipe(recipe: Recipe, data: Dataset) -> Recipe:
    """Return the recipe with one input per pixel of these images, and one output per class.

    Raises InputError if the recipe is for other images.
    """
    height, width = data.shape
    share = recipe.held_out
    if (recipe.distortion or recipe.moments) and data.shape != (GRID, GRID):
        raise InputError(f"recipe {recipe.name} needs {GRID}×{GRID} pixels, got {height}×{width}; use --recipe images")
    if recipe.pen_variants + recipe.canvas_variants + recipe.non_digits > 0 and data.classes != DIGITS:
        raise InputError(
            f"recipe {recipe.name} adds pen digits, so it needs the classes 0 to 9; use --recipe images or drawings"
        )
    return replace(
        recipe,
        sizes=(height * width, *recipe.sizes[1:-1], len(data.classes)),
        held_out=max(1, round(share * len(data.images))) if 0 < share < 1 else share,
    )
