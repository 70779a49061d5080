"""Ablation of the recipe "digits": one change at a time, five seeds each, on held-out data only.

Usage: python -m experiments.ablation FILE

Takes about half an hour on two cores and writes JSON. Each network is trained for fewer epochs than the shipped one.
MNIST's test set is not used.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

# Two parallel trainings on one thread each are faster than one after the other on two.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from experiments.five_seeds import summarize
from experiments.measure_pen_digits import held_out_drawings
from numpy.typing import NDArray

from inknet import Network, Recognizer
from inknet.digits import load_mnist, load_pen_digits, split_by_writer
from inknet.digits.drawing.distort import Distortion
from inknet.digits.evaluation import evaluate_normalized
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.training.recipes import Recipe, find_recipe
from inknet.digits.training.run import new_network
from inknet.digits.training.training_set import TrainingSet, make_training_set, render_pen_digits
from inknet.mlp.training.data import Augment

SEEDS, HELD_OUT = 5, 10_000
EPOCHS, MORE_EPOCHS, TEACHER_EPOCHS = 15, 50, 16
#: Renderings of the pen strokes: as on the page, and as 280×280 images.
PENS, CANVASES = 4, 2
#: The variant that learns from the outputs of a larger network.
DISTILLED = "distilled from an 800-800 network"

Measured = dict[str, float]
Rows = NDArray[np.floating]


def variants() -> dict[str, Recipe]:
    """Return the recipe and its variants with one change each."""
    recipe = replace(find_recipe("digits"), epochs=EPOCHS, held_out=HELD_OUT, non_digits=0)
    return {
        f"the recipe, {EPOCHS} epochs": recipe,
        "no distortions": replace(recipe, distortion=None),
        "weaker elastic distortion (0.8) and width (0.3)": replace(recipe, distortion=Distortion()),
        "no moment normalization": replace(recipe, moments=False),
        "no averaging of the weights": replace(recipe, ema_decay=0.0),
        "a constant learning rate": replace(recipe, schedule="constant"),
        "no pen strokes, MNIST alone": replace(recipe, pen_variants=0, canvas_variants=0),
        "only renderings as on the page": replace(recipe, canvas_variants=0),
        "4 renderings as on the page, not 2": replace(recipe, pen_variants=4),
        "label smoothing of 0.05": replace(recipe, label_smoothing=0.05),
        "batches of 128": replace(recipe, batch_size=128),
        DISTILLED: recipe,
        f"{MORE_EPOCHS} epochs": replace(recipe, epochs=MORE_EPOCHS),
    }


def main(path: Path) -> None:
    folder = path.with_suffix(".work")
    folder.mkdir(parents=True, exist_ok=True)
    recipes = variants()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        # First what they share: the rendered strokes and the teacher.
        pool.submit(render_strokes, folder).result()
        pool.submit(train_teacher, folder).result()
        jobs = [(name, seed) for seed in range(SEEDS) for name in recipes]
        measured: dict[str, list[Measured]] = {name: [] for name in recipes}
        results = pool.map(measure, [folder] * len(jobs), *zip(*jobs, strict=True))
        for (name, seed), result in zip(jobs, results, strict=True):
            measured[name].append(result)
            print(f"{name}, seed {seed}:", json.dumps(result), flush=True)
    table = {
        name: {figure: summarize([result[figure] for result in results]) for figure in results[0]}
        for name, results in measured.items()
    }
    document = {"seeds": SEEDS, "held_out": HELD_OUT, "variants": table}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, name: str, seed: int) -> Measured:
    """Train a variant and return its accuracies on held-out data."""
    recipe = variants()[name]
    teacher = Network.load(folder / "teacher.pkl") if name == DISTILLED else None
    network = train(recipe, seed, folder, teacher)
    recognizer = Recognizer(network)
    images, labels = load_mnist("train")
    drawings = held_out_drawings()
    sets = {
        "mnist": (images[-HELD_OUT:], labels[-HELD_OUT:]),
        "pen": (drawings.pens, drawings.labels),
        "canvas": (drawings.canvases, drawings.labels),
    }
    return {figure: evaluate_normalized(recognizer, rows, wanted).accuracy for figure, (rows, wanted) in sets.items()}


def train_teacher(folder: Path) -> None:
    """Train the larger network."""
    recipe = replace(
        find_recipe("digits"),
        sizes=(784, 800, 800, 10),
        epochs=TEACHER_EPOCHS,
        learning_rate=0.001,
        held_out=HELD_OUT,
    )
    train(recipe, 0, folder, None).save(folder / "teacher.pkl")


def train(recipe: Recipe, seed: int, folder: Path, teacher: Network | None) -> Network:
    """Train a recipe on MNIST and the rendered strokes."""
    training_set = training_set_of(recipe, folder)
    network = new_network(recipe, seed)
    augment = training_set.augment if teacher is None else distilled(training_set.augment, teacher)
    training_set.train(network, recipe, seed=seed, augment=augment, validation=None)
    return network


def distilled(augment: Augment | None, teacher: Network) -> Augment:
    """Return an augmentation whose targets are the teacher's outputs for the augmented rows [1]_.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals, J. Dean, "Distilling the knowledge in a neural network", 2015.
    """

    def augment_and_ask(inputs: Rows, targets: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
        if augment is not None:
            inputs, targets = augment(inputs, targets, rng)
        return inputs, teacher.predict(inputs)

    return augment_and_ask


def training_set_of(recipe: Recipe, folder: Path) -> TrainingSet:
    """Return MNIST with as many of the renderings as the recipe uses."""
    mnist = make_training_set(replace(recipe, pen_variants=0, canvas_variants=0), *load_mnist("train"))
    strokes, labels = render_strokes(folder)
    # Renderings as on the page come first.
    chosen = [*range(recipe.pen_variants), *range(PENS, PENS + recipe.canvas_variants)]
    rows = strokes.reshape(PENS + CANVASES, -1, 784)[chosen].reshape(-1, 784)
    if recipe.distortion is None and recipe.moments:
        rows = moment_normalize(rows)
    labels = labels.reshape(PENS + CANVASES, -1)[chosen].ravel()
    return replace(mnist, inputs=np.concatenate([mnist.inputs, rows]), labels=np.concatenate([mnist.labels, labels]))


def render_strokes(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the rendered strokes of the training writers, from a file after the first time."""
    file = folder / "strokes.npz"
    if not file.exists():
        rows, labels = render_pen_digits(split_by_writer(load_pen_digits())[0], PENS, CANVASES, 0)
        np.savez(file, rows=rows, labels=labels)
    with np.load(file) as arrays:
        return arrays["rows"], arrays["labels"]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m experiments.ablation FILE")
    main(Path(sys.argv[1]))
