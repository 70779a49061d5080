"""Recipes: everything that decides how a recognizer is trained, under a name."""

from dataclasses import dataclass, field, replace

from inknet.digits.classes import DIGITS
from inknet.digits.datasets.dataset import Dataset
from inknet.digits.drawing.distort import Distortion
from inknet.digits.grid import GRID, PIXELS
from inknet.mlp import InputError

__all__ = ["RECIPES", "Recipe", "find_recipe", "fit_recipe"]


@dataclass(frozen=True)
class Recipe:
    """The settings of a training on images.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    sizes, hidden, output, bias, init
        The network; see `inknet.Network`. The first and the last size are those of MNIST until `fit_recipe`.
    epochs, learning_rate, batch_size, loss, optimizer, schedule, weight_decay, label_smoothing, ema_decay,
    early_stopping
        The training; see `inknet.mlp.Trainer`. `schedule` may be "cosine-warmup": one epoch's rise, then a cosine.
    patience : int
        How many times in a row a rule of `early_stopping` must hold.
    held_out : int or float
        So many of the training images, the last ones, are not learned from but measured after each epoch; below 1, it
        is their share.
    pen_variants, canvas_variants : int
        How many renderings of each pen digit, by the writers to train on, are mixed with MNIST: as this page inks
        strokes, and as other pages' images come out of normalizing.
    distortion : Distortion or None
        How digits are distorted, anew in each epoch.
    moments : bool
        Whether digits are set upright and to one height, by their moments; the recognizer then does the same.
    non_digits : int
        How many drawings that are no digits it is shown at the end, to know when it does not know.
    """

    name: str
    sizes: tuple[int, ...] = (PIXELS, 200, 10)
    hidden: str = "relu"
    output: str = "softmax"
    bias: str = "node"
    init: str = "uniform"
    epochs: int = 20
    learning_rate: float = 0.01
    batch_size: int = 1
    loss: str | None = None
    optimizer: str = "gradient-descent"
    schedule: str = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    ema_decay: float = 0.0
    early_stopping: tuple[str, ...] = ()
    patience: int = 1
    held_out: float = 5000
    pen_variants: int = 0
    canvas_variants: int = 0
    distortion: Distortion | None = field(default=None)
    moments: bool = False
    non_digits: int = 0


# As the blog "Learning about neural networks with Go" did it: row by row, plain gradient descent, uniform
# initialization; stop when it gets no better.
_SOURCE = Recipe("source", early_stopping=("accuracy-falls",))

# For drawings by anybody: MNIST and rendered pen strokes, distorted anew each epoch, and set upright.
_DIGITS = Recipe(
    "digits",
    init="he",
    epochs=50,
    learning_rate=0.002,
    batch_size=64,
    optimizer="adam",
    schedule="cosine-warmup",
    ema_decay=0.9998,
    held_out=0,
    pen_variants=2,
    canvas_variants=2,
    distortion=Distortion(elastic=1.4, width=0.45),
    moments=True,
    non_digits=24000,
)

# For small gray images of any kind and size.
_IMAGES = Recipe(
    "images",
    sizes=(PIXELS, 400, 10),
    init="he",
    epochs=30,
    learning_rate=0.001,
    batch_size=64,
    optimizer="adam",
    schedule="cosine-warmup",
    weight_decay=0.01,
    held_out=0.1,
)

# For a few hundred drawings of any kinds: seen often, never twice the same, and set upright.
_DRAWINGS = Recipe(
    "drawings",
    sizes=(PIXELS, 100, 10),
    init="he",
    epochs=120,
    learning_rate=0.002,
    batch_size=16,
    optimizer="adam",
    schedule="cosine-warmup",
    ema_decay=0.98,
    held_out=0.2,
    distortion=Distortion(strength=1.5),
    moments=True,
)

RECIPES = {recipe.name: recipe for recipe in (_SOURCE, _DIGITS, _IMAGES, _DRAWINGS)}


def find_recipe(name: str) -> Recipe:
    """Look a recipe up by its name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in RECIPES:
        raise InputError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


def fit_recipe(recipe: Recipe, data: Dataset) -> Recipe:
    """Return a recipe for these images: with as many inputs as they have pixels, and an output for each class.

    Raises
    ------
    InputError
        If the recipe is for other images, or holds out a share that is none.
    """
    height, width = data.shape
    if (recipe.distortion or recipe.moments) and data.shape != (GRID, GRID):
        raise InputError(
            f"the recipe {recipe.name!r} is for drawings of {GRID}×{GRID} pixels, and these have {height}×{width}:"
            " use --recipe images"
        )
    if recipe.pen_variants + recipe.canvas_variants + recipe.non_digits > 0 and data.classes != DIGITS:
        raise InputError(
            f"the recipe {recipe.name!r} adds pen strokes of the ten digits, and the classes here are others: use"
            " --recipe images, or drawings"
        )
    if not (0 < recipe.held_out < 1 or float(recipe.held_out).is_integer()):
        raise InputError(f"held_out is a whole number of images, or a share below 1; got {recipe.held_out}")
    return replace(
        recipe,
        sizes=(height * width, *recipe.sizes[1:-1], len(data.classes)),
        held_out=_count(recipe.held_out, len(data.images)),
    )


def _count(held_out: float, images: int) -> int:
    """Return how many images are held out, of a number or a share of them: of a share, at least one."""
    return max(1, round(held_out * images)) if 0 < held_out < 1 else int(held_out)
