"""Recipes: everything that decides how a digit recogniser is trained, under a name."""

from dataclasses import dataclass, field

from inknet.digits.distort import Distortion
from inknet.mlp import InputError

__all__ = ["RECIPES", "Recipe", "find_recipe"]


@dataclass(frozen=True)
class Recipe:
    """The settings of a training on digits.

    Attributes
    ----------
    name : str
        What it is called on the command line.
    sizes, hidden, output, bias, init
        The network; see `inknet.Network`.
    epochs, learning_rate, batch_size, loss, optimiser, schedule, weight_decay, label_smoothing, average, early_exit
        The training; see `inknet.mlp.Trainer`. `schedule` may be "cosine-warmup": one epoch's rise, then a cosine.
    patience : int
        How many times in a row a rule of `early_exit` must hold.
    held_out : int
        So many of MNIST's training images, the last ones, are not learnt from but measured after each epoch.
    pen_variants, canvas_variants : int
        How many renderings of each pen digit, by the writers to train on, are mixed with MNIST: as this page inks
        strokes, and as other pages' images come out of normalising.
    distortion : Distortion or None
        How digits are distorted, anew in each epoch.
    moments : bool
        Whether digits are set upright and to one height, by their moments; the recogniser then does the same.
    non_digits : int
        How many drawings that are no digits it is shown at the end, to know when it does not know.
    """

    name: str
    sizes: tuple[int, ...] = (784, 200, 10)
    hidden: str = "relu"
    output: str = "softmax"
    bias: str = "node"
    init: str = "uniform"
    epochs: int = 20
    learning_rate: float = 0.01
    batch_size: int = 1
    loss: str | None = None
    optimiser: str = "gradient-descent"
    schedule: str = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    average: float = 0.0
    early_exit: tuple[str, ...] = ()
    patience: int = 1
    held_out: int = 5000
    pen_variants: int = 0
    canvas_variants: int = 0
    distortion: Distortion | None = field(default=None)
    moments: bool = False
    non_digits: int = 0


# As the blog "Learning about neural networks with Go" did it: row by row, plain gradient descent, uniform
# initialisation; stop when it gets no better.
_SOURCE = Recipe("source", early_exit=("accuracy-falls",))

# For drawings by anybody: MNIST and rendered pen strokes, distorted anew each epoch, and set upright.
_DIGITS = Recipe(
    "digits",
    init="he",
    epochs=50,
    learning_rate=0.002,
    batch_size=64,
    optimiser="adam",
    schedule="cosine-warmup",
    average=0.9998,
    held_out=0,
    pen_variants=2,
    canvas_variants=2,
    distortion=Distortion(elastic=1.4, width=0.45),
    moments=True,
    non_digits=24000,
)

RECIPES = {recipe.name: recipe for recipe in (_SOURCE, _DIGITS)}


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
