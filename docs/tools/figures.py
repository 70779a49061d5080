"""The figures of the book, in docs/images: the same command makes the same figures again.

Usage: python -m docs.tools.figures [NAME …]
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from docs.tools.source_findings import INITS, OUTPUTS, best_of_six, kept, of
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from inknet import Network, Recognizer
from inknet.digits import load_mnist, load_pen_digits, normalize, read_ink, split_by_writer
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.normalizing.moments import moment_normalize
from inknet.digits.raster.area_mean import resize_by_area

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
FINDINGS = ROOT / "docs" / "data" / "source-findings.json"
CARD = ROOT / "models" / "digits-784-200-10.json"
INK, ACCENT, FAINT, PALE = "#22262e", "#c2410c", "#9aa3b2", "#e6e8ec"


def by_hand() -> Figure:
    """Draw a digit, the hidden nodes that it lights, and the ten probabilities."""
    images, _ = load_mnist("train")
    recognizer = Recognizer.load()
    row = recognizer.features(images[7:8])
    hidden = recognizer.network.layers[0]
    activations = hidden.forward(row)[0]
    figure = Figure(figsize=(9.6, 5.4), layout="constrained", dpi=120)
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.25, 1])[:, 0]
    left, middle, right = upper.subplots(1, 3, width_ratios=[1, 1.6, 1.1])
    left.imshow(1 - row.reshape(28, 28), cmap="gray", vmin=0, vmax=1)
    left.set_title("784 inputs")
    middle.imshow(activations.reshape(10, 20), cmap="Grays", vmin=0)
    middle.set_title("200 hidden nodes")
    for axes in (left, middle):
        axes.set(xticks=[], yticks=[])
    right.barh(range(10), recognizer.network.predict(row)[0], color=ACCENT)
    right.set(yticks=range(10), xlim=(0, 1), title="10 probabilities")
    right.invert_yaxis()
    _percent(right, "x")
    for axes, node in zip(lower.subplots(1, 3), np.argsort(-activations)[:3], strict=True):
        weights = hidden.weights[node].reshape(28, 28)
        strongest = np.abs(weights).max()
        axes.imshow(weights, cmap="RdBu", vmin=-strongest, vmax=strongest)
        axes.set(xticks=[], yticks=[])
        axes.set_title(f"node {node} says {activations[node]:.1f}", fontsize=10)
    return figure


def learning_rates() -> Figure:
    """Draw the training loss for learning rates from too small to too large."""
    images, labels = load_mnist("train")
    figure = Figure(figsize=(8.0, 4.2), layout="constrained", dpi=120)
    axes = figure.subplots()
    rates = (0.001, 0.01, 0.1, 1.0, 10.0)
    for place, rate in enumerate(rates):
        network = Network([784, 30, 10], seed=0)
        history = network.train(images[:5000], labels[:5000], epochs=5, learning_rate=rate, batch_size=32)
        losses = [report.loss for report in history]
        color = _between(FAINT, ACCENT, place / (len(rates) - 1))
        axes.plot(range(1, 6), losses, "o-", color=color, label=f"{rate:g}")
    axes.axhline(np.log(10), color=FAINT, linestyle="--")
    axes.set(xlabel="epoch", ylabel="training loss", yscale="log", xticks=range(1, 6))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False, title="learning rate", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def early_stopping() -> Figure:
    """Draw a training that lasts too long: the network overfits."""
    images, labels = load_mnist("train")
    held_out = (images[-5000:], labels[-5000:])
    network = Network([784, 30, 10], seed=0)
    history = network.train(
        images[:1000], labels[:1000], epochs=60, learning_rate=0.1, batch_size=32, validation=held_out
    )
    epochs = [report.epoch for report in history]
    losses = np.array([report.validation_loss for report in history], dtype=float)
    accuracies = np.array([report.validation_accuracy for report in history], dtype=float)
    stop = int(np.flatnonzero(np.diff(accuracies) < 0)[0]) + 1
    figure = Figure(figsize=(8.0, 4.2), layout="constrained", dpi=120)
    axes = figure.subplots()
    axes.plot(epochs, [report.loss for report in history], color=INK, label="on the rows that it learns from")
    axes.plot(epochs, losses, color=ACCENT, label="on held-out rows")
    for place, text in ((int(losses.argmin()), "lowest"), (stop, "accuracy falls")):
        axes.plot(epochs[place], losses[place], "o", color=ACCENT)
        axes.annotate(text, (epochs[place], losses[place]), (0, 9), textcoords="offset points", ha="center")
    axes.set(xlabel="epoch", ylabel="loss", yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False)
    return figure


def ablation() -> Figure:
    """Draw what each ingredient of the recipe is worth, from the model's card."""
    variants = json.loads(CARD.read_text(encoding="utf-8"))["ablation"]["variants"]
    names = list(variants)
    figure = Figure(figsize=(9.6, 5.2), layout="constrained", dpi=120)
    panels: Sequence[Axes] = figure.subplots(1, 3, sharey=True)
    titles = {"mnist": "MNIST, held out", "pen": "pen digits", "canvas": "images of them"}
    for axes, (key, title) in zip(panels, titles.items(), strict=True):
        means = [variants[name][key]["mean"] for name in names]
        spreads = [variants[name][key]["sd"] for name in names]
        axes.axvline(means[0], color=FAINT, linestyle="--", linewidth=1)
        axes.errorbar(means, range(len(names)), xerr=spreads, fmt="o", color=ACCENT, ecolor=INK, capsize=2)
        axes.set(title=title, yticks=range(len(names)), yticklabels=names)
        axes.grid(visible=True, axis="x", color=PALE)
        axes.xaxis.set_major_locator(MultipleLocator(0.004 if key == "mnist" else 0.02))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=1 if key == "mnist" else 0))
    panels[0].invert_yaxis()
    return figure


def source_findings() -> Figure:
    """Draw the held-out accuracy of the source's choices, a dot a seed."""
    rows = json.loads(FINDINGS.read_text(encoding="utf-8"))
    figure = Figure(figsize=(8.0, 3.6), layout="constrained", dpi=120)
    panels: Sequence[Axes] = figure.subplots(1, 2, sharey=True, sharex=True)
    pairs = [(init, output) for output in OUTPUTS for init in INITS]
    measures = {"as the recipe stops": kept, "best of six epochs": best_of_six}
    for axes, (title, measure) in zip(panels, measures.items(), strict=True):
        for place, pair in enumerate(pairs):
            accuracies = of(rows, measure, *pair)
            axes.plot(accuracies, [place] * len(accuracies), "o", color=FAINT, alpha=0.8)
            axes.plot(np.mean(accuracies), place, "|", color=ACCENT, markersize=22, markeredgewidth=2.5)
        axes.set(title=title, yticks=range(4), yticklabels=[f"{init}, {output}" for init, output in pairs])
        axes.set(xlabel="held-out accuracy")
        axes.grid(visible=True, axis="x", color=PALE)
        axes.xaxis.set_major_locator(MultipleLocator(0.004))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    panels[0].set_ylim(3.5, -0.5)
    return figure


def real_drawings() -> Figure:
    """Draw the same drawings at each stage of preparation, and the answers of a network trained on MNIST alone."""
    drawings = some_drawings(8)
    canvases = [canvas for canvas, _ in drawings]
    stages = made_ready(canvases)
    network = mnist_alone()
    figure = Figure(figsize=(9.6, 5.2), layout="constrained", dpi=120)
    grid = figure.subplots(1 + len(stages), len(drawings))
    for axes, canvas in zip(grid[0], canvases, strict=True):
        axes.imshow(255 - canvas, cmap="gray", vmin=0, vmax=255)
    for line, rows in zip(grid[1:], stages.values(), strict=True):
        read = network.predict(rows).argmax(axis=1)
        for axes, image, answer, (_, label) in zip(line, rows, read, drawings, strict=True):
            axes.imshow(1 - image.reshape(28, 28), cmap="gray", vmin=0, vmax=1)
            right = answer == label
            axes.set_xlabel(str(answer), color=INK if right else ACCENT, fontweight="normal" if right else "bold")
    for line, name in zip(grid, ("drawn", *stages), strict=True):
        line[0].set_ylabel(name)
        for axes in line:
            axes.set(xticks=[], yticks=[])
    return figure


Canvas = NDArray[np.uint8]


def some_drawings(count: int) -> list[tuple[Canvas, int]]:
    """Return drawings by held-out writers on a canvas of 280×280, with their digits."""
    digits = split_by_writer(load_pen_digits())[1]
    rng = np.random.default_rng(7)
    chosen = digits[:: len(digits) // count][:count]
    return [(draw_on_canvas(digit.strokes, rng), digit.label) for digit in chosen]


def made_ready(canvases: Sequence[Canvas]) -> dict[str, NDArray[np.float32]]:
    """Return each stage of making drawings ready, (n, 784)."""
    inks = [read_ink(canvas) for canvas in canvases]
    resized = np.stack([resize_by_area(ink, 28, 28).ravel() for ink in inks])
    normalized = np.stack([normalize(ink).ravel() for ink in inks])
    return {"resized": resized, "normalized": normalized, "upright": moment_normalize(normalized)}


def mnist_alone() -> Network:
    """Train a small network on MNIST and nothing else."""
    images, labels = load_mnist("train")
    network = Network([784, 100, 10], init="he", seed=0)
    network.train(images[:20000], labels[:20000], epochs=5, learning_rate=0.1, batch_size=32)
    return network


FIGURES: dict[str, Callable[[], Figure]] = {
    "by-hand": by_hand,
    "learning-rates": learning_rates,
    "early-stopping": early_stopping,
    "ablation": ablation,
    "source-findings": source_findings,
    "real-drawings": real_drawings,
}


def main(names: Sequence[str]) -> None:
    unknown = set(names) - set(FIGURES)
    if unknown:
        sys.exit(f"unknown figure {', '.join(sorted(unknown))}; choose from {', '.join(FIGURES)}")
    for name in names or FIGURES:
        save(draw(name), IMAGES / f"{name}.png")


def draw(name: str) -> Figure:
    """Draw a figure; on one thread, so that sums are added up in one order."""
    with threadpool_limits(1):
        return FIGURES[name]()


def save(figure: Figure, path: Path) -> None:
    """Write a figure without the date and the versions that would differ from day to day."""
    options: dict[str, Any] = {"metadata": {"Software": None}, "facecolor": "white"}
    figure.savefig(path, **options)


def _percent(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(PercentFormatter(1))


def _between(first: str, second: str, share: float) -> tuple[float, ...]:
    """Return a color between two."""
    a, b = (np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for color in (first, second))
    return tuple(a + share * (b - a))


if __name__ == "__main__":
    main(sys.argv[1:])
