"""Plots of the figures and of the curves."""

import statistics
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from benchmarks.growth import AXES
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture

__all__ = ["plot_figures", "plot_growth"]

_INK, _MISSED, _GOAL = "#1f6f8b", "#c0392b", "#555555"
_COLORS = {"inknet": _INK, "PyTorch": "#e07b39", "floor": "#999999"}


def plot_figures(figures: list[Figure], path: Path) -> None:
    """Draw the ratios as bars with quartiles and goals, on a logarithmic axis."""
    ratios = [figure for figure in reversed(figures) if figure.unit == "×" and figure.must is not None]
    if not ratios:
        return
    picture = Picture(figsize=(9, 0.45 * len(ratios) + 1.2), layout="constrained")
    axes = picture.subplots()
    for position, figure in enumerate(ratios):
        low, high = figure.quartiles
        color = _MISSED if figure.verdict in {"MISSED", "does not count"} else _INK
        axes.barh(position, figure.median, color=color, alpha=0.8, height=0.6)
        axes.plot([low, high], [position, position], color="black", linewidth=1.5)
        for goal, style in ((figure.must, "-"), (figure.aim, ":")):
            if goal is not None:
                axes.plot([goal, goal], [position - 0.4, position + 0.4], style, color=_GOAL)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.5)
    axes.margins(y=0.01)
    axes.set_yticks(range(len(ratios)), [figure.name for figure in ratios])
    axes.set_xlabel("times as fast; black: quartiles; gray: goals")
    picture.savefig(path, dpi=120)


def plot_growth(points: list[dict[str, Any]], path: Path) -> None:
    """Draw the time of an epoch and of a prediction over each axis."""
    if not points:
        return
    picture = Picture(figsize=(12, 7), layout="constrained")
    grid = picture.subplots(2, len(AXES), squeeze=False)
    for column, axis in enumerate(AXES):
        some = [point for point in points if point["axis"] == axis]
        _curves(grid[0][column], some, "epoch_seconds", axis, "seconds per epoch of 60,000 rows")
        rows = "row" if axis != "batch size" else "batch"
        _curves(grid[1][column], some, "predict_seconds", axis, f"seconds per predicted {rows}")
    grid[0][0].legend()
    picture.savefig(path, dpi=120)


def _curves(axes: Axes, points: list[dict[str, Any]], what: str, axis: str, label: str) -> None:
    for name in points[0][what]:
        times = [statistics.median(point[what][name]) for point in points]
        axes.plot([point["at"] for point in points], times, "o-", label=name, color=_COLORS[name], markersize=3)
    axes.set_yscale("log")
    if axis != "hidden layers":
        axes.set_xscale("log", base=2)
        axes.set_xticks([point["at"] for point in points], [str(point["at"]) for point in points], rotation=45)
    axes.set_xlabel(axis)
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
