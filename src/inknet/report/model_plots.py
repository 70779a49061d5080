"""The figures of the report on a model, as functions from results to matplotlib figures."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from inknet.digits.classes import DIGITS
from inknet.digits.evaluation import Evaluation
from inknet.digits.grid import GRID
from inknet.mlp import History, Layer
from inknet.mlp.calibration import reliability
from inknet.report.robustness import Robustness

__all__ = [
    "plot_confusion",
    "plot_hardest",
    "plot_history",
    "plot_nodes",
    "plot_reliability",
    "plot_robustness",
]

INK, ACCENT, FAINT = "#22262e", "#c2410c", "#9aa3b2"


def plot_confusion(evaluation: Evaluation) -> Figure:
    """Plot the confusion matrix; the colors count only errors, which the diagonal would outshine."""
    figure = new_figure(6.4, 5.6)
    axes = figure.subplots()
    confusion = evaluation.confusion
    errors = confusion - np.diag(np.diag(confusion))
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, errors.max()) * 1.4)
    for row, column in np.argwhere(confusion):
        weight = "bold" if row == column else "normal"
        axes.text(column, row, str(confusion[row, column]), ha="center", va="center", fontweight=weight)
    ticks, names = range(len(confusion)), evaluation.classes
    axes.set(xlabel="answer", ylabel="digit" if names == DIGITS else "class", xticks=ticks, yticks=ticks)
    axes.set_yticklabels(names)
    axes.set_xticklabels(names, rotation=0 if max(map(len, names)) < 4 else 90)
    return figure


def plot_hardest(
    images: NDArray[np.floating], evaluation: Evaluation, shape: tuple[int, int] = (GRID, GRID), count: int = 40
) -> Figure:
    """Plot the images, (n, pixels), whose true class got the lowest probability.

    Each is labeled with the two best guesses; errors are colored.
    """
    names = evaluation.classes
    labels, probabilities = evaluation.labels, evaluation.probabilities
    hardest = np.argsort(probabilities[np.arange(len(labels)), labels], kind="stable")[:count]
    columns = 8
    rows = -(-len(hardest) // columns)
    figure = new_figure(9.6, 1.55 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, index in zip(grid, hardest, strict=False):
        axes.imshow(1 - images[index].reshape(shape), cmap="gray", vmin=0, vmax=1)
        first, second = np.argsort(-probabilities[index], kind="stable")[:2]
        shares = [f"{names[guess]}: {100 * probabilities[index, guess]:.0f} %" for guess in (first, second)]
        color = INK if first == labels[index] else ACCENT
        between = ", " if len("".join(shares)) < 20 else "\n"
        axes.set_title(f"{names[labels[index]]}\n{shares[0]}{between}{shares[1]}", fontsize=7.5, color=color)
    return figure


def plot_reliability(evaluation: Evaluation) -> Figure:
    """Plot accuracy against confidence (a reliability diagram), and the number of answers."""
    figure = new_figure(6.4, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    parts = [part for part in reliability(evaluation.confidences, evaluation.right) if part.count]
    upper.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="perfect calibration")
    # Two standard errors of the accuracy in each bin.
    spread = [2 * np.sqrt(max(part.accuracy * (1 - part.accuracy), 0.25 / part.count) / part.count) for part in parts]
    upper.errorbar(
        [part.confidence for part in parts],
        [part.accuracy for part in parts],
        yerr=spread,
        fmt="o-",
        color=ACCENT,
        ecolor=FAINT,
        capsize=2,
        label=f"expected calibration error {100 * evaluation.calibration_error:.2f} %",
    )
    upper.set(ylabel="accuracy", ylim=(-0.02, 1.05), xlim=(0, 1.02))
    upper.legend(frameon=False, loc="upper left")
    lower.bar([(part.low + part.high) / 2 for part in parts], [part.count for part in parts], width=0.06, color=INK)
    lower.set(xlabel="confidence", ylabel="answers", yscale="log")
    for axes in (upper, lower):
        percent(axes, "x")
    percent(upper, "y")
    return figure


def plot_robustness(robustness: Robustness) -> Figure:
    """Plot accuracy against pen width, size, slant and position."""
    figure = new_figure(9.6, 6.4)
    (pens, sizes), (slants, positions) = figure.subplots(2, 2)
    lines = [
        (pens, robustness.pens, "pen's diameter, in pixels of 280"),
        (sizes, robustness.sizes, "longer side, as a share of the canvas"),
        (slants, robustness.slants, "slant to the right, in degrees"),
    ]
    lowest = min(robustness.places.min(), *(min(line.values()) for _, line, _ in lines))
    for axes, line, label in lines:
        axes.plot(list(line), list(line.values()), "o-", color=ACCENT)
        axes.set(xlabel=label, ylabel="accuracy", ylim=(min(0.9, lowest) - 0.01, 1.005))
        axes.grid(visible=True, color="#e6e8ec")
        percent(axes, "y")
    percent(sizes, "x")
    positions.imshow(robustness.places, cmap="Oranges_r", vmin=min(0.9, lowest), vmax=1)
    for (row, column), share in np.ndenumerate(robustness.places):
        positions.text(column, row, f"{100 * share:.1f} %", ha="center", va="center")
    positions.set(
        xlabel="position on the canvas",
        xticks=range(3),
        xticklabels=["left", "middle", "right"],
        yticks=range(3),
        yticklabels=["top", "middle", "bottom"],
    )
    return figure


def plot_nodes(layer: Layer, shape: tuple[int, int] = (GRID, GRID)) -> Figure:
    """Plot the weights of each node of a layer whose inputs are pixels: positive ones blue, negative ones red."""
    height, width = shape
    nodes = len(layer.weights)
    columns = min(20, nodes)
    rows = -(-nodes // columns)
    # One image for all: two hundred axes take seconds.
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for node, weights in enumerate(layer.weights):
        row, column = divmod(node, columns)
        # Scaled per node, so that nodes with small weights are visible, too.
        strongest = float(np.abs(weights).max()) or 1.0
        top, left = row * (height + 1), column * (width + 1)
        sheet[top : top + height, left : left + width] = weights.reshape(shape) / strongest
    # Limited to 40 inches in height.
    figure = new_figure(max(2.4, 0.55 * columns), min(40, 0.55 * rows * max(0.1, height / width)) + 0.2)
    axes = figure.subplots()
    axes.imshow(sheet, cmap="RdBu", vmin=-1, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    return figure


def plot_history(history: History) -> Figure:
    """Plot the loss and, if measured, the held-out accuracy by epoch."""
    figure = new_figure(9.6, 3.4)
    epochs = [report.epoch for report in history]
    # As numbers, None is NaN, which leaves a gap.
    losses = np.array([report.validation_loss for report in history], dtype=float)
    accuracies = np.array([report.validation_accuracy for report in history], dtype=float)
    measured = not np.isnan(accuracies).all()
    panels: Sequence[Axes] = figure.subplots(1, 2 if measured else 1, squeeze=False)[0]
    panels[0].plot(epochs, [report.loss for report in history], color=INK, label="training")
    if measured:
        panels[0].plot(epochs, losses, color=ACCENT, label="held out")
        panels[1].plot(epochs, accuracies, color=ACCENT)
        panels[1].set(xlabel="epoch", ylabel="held-out accuracy")
        percent(panels[1], "y")
    panels[0].set(xlabel="epoch", ylabel="loss", yscale="log")
    panels[0].legend(frameon=False)
    return figure


def new_figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained", dpi=120)


def percent(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(PercentFormatter(1))
