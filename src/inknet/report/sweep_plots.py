"""The figures of the report on a sweep, as functions from results to matplotlib figures."""

from collections.abc import Callable, Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from inknet.report.model_plots import ACCENT, FAINT, INK, new_figure, percent
from inknet.sweep import Finalist, Results, TrialResult

__all__ = ["plot_finalists", "plot_importances", "plot_settings", "plot_time"]


def plot_settings(results: Results) -> Figure:
    """Plot accuracy against the size of the hidden layers and against the learning rate."""
    figure = new_figure(9.6, 4.2)
    panels = figure.subplots(1, 2, sharey=True)
    _scatter(panels[0], results, lambda trial: trial.settings.get("hidden"), "nodes per hidden layer")
    _scatter(panels[1], results, lambda trial: trial.settings.get("learning-rate"), "learning rate")
    panels[0].set(ylabel="held-out accuracy")
    figure.legend(*panels[0].get_legend_handles_labels(), frameon=False, loc="outside upper right", ncols=2)
    return figure


def plot_time(results: Results) -> Figure:
    """Plot the accuracy of complete trials against their training time."""
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    _scatter(axes, results, lambda trial: trial.seconds if trial.state == "complete" else None, "seconds of training")
    axes.set(ylabel="held-out accuracy")
    return figure


def plot_importances(results: Results) -> Figure:
    """Plot the importance of each setting."""
    names = list(results.importances)[::-1]
    figure = new_figure(6.4, 0.9 + 0.4 * len(names))
    axes = figure.subplots()
    axes.barh(names, [results.importances[name] for name in names], color=ACCENT)
    percent(axes, "x")
    axes.set(xlabel="importance")
    return figure


def plot_finalists(finalists: Sequence[Finalist]) -> Figure:
    """Plot the finalists' accuracy, with its standard deviation, and time against the size of their hidden layers."""
    figure = new_figure(9.6, 4.2)
    accuracy, time = figure.subplots(1, 2)
    by_size = sorted(
        (finalist for finalist in finalists if "hidden" in finalist.settings),
        key=lambda finalist: float(finalist.settings["hidden"]),
    )
    sizes = [float(finalist.settings["hidden"]) for finalist in by_size]
    accuracy.errorbar(
        sizes,
        [finalist.mean for finalist in by_size],
        yerr=[finalist.sd or 0.0 for finalist in by_size],
        fmt="o-" if len(set(sizes)) == len(sizes) else "o",
        color=ACCENT,
        ecolor=INK,
        capsize=3,
    )
    for size, finalist in zip(sizes, by_size, strict=True):
        accuracy.plot([size] * len(finalist.accuracies), finalist.accuracies, "_", color=FAINT, zorder=0)
    time.plot(sizes, [finalist.seconds for finalist in by_size], "o", color=ACCENT)
    accuracy.set(ylabel="held-out accuracy")
    time.set(ylabel="seconds of training", ylim=(0, None))
    percent(accuracy, "y")
    for axes in (accuracy, time):
        _log(axes, sizes, "nodes per hidden layer")
    return figure


def _scatter(axes: Axes, results: Results, of: Callable[[TrialResult], object], label: str) -> None:
    """Plot accuracy against a property of the trials; the y-axis ends where the bad trials would flatten the rest."""
    trials = [trial for trial in results.trials if trial.accuracy is not None]
    complete = [trial.accuracy for trial in results.complete if trial.accuracy is not None]
    for state, marker, color, name in (("pruned", "x", FAINT, "pruned"), ("complete", "o", ACCENT, "complete")):
        found = [(of(trial), trial.accuracy) for trial in trials if trial.state == state]
        drawn = [(value, share) for value, share in found if isinstance(value, (int, float)) and share is not None]
        axes.plot(
            [value for value, _ in drawn],
            [share for _, share in drawn],
            marker,
            color=color,
            label=name,
            markersize=5,
            alpha=0.8,
        )
    if complete:
        spread = max(complete) - median(complete) or 0.01
        axes.set_ylim(max(0.0, max(complete) - 4 * spread), min(1.0, max(complete) + 0.3 * spread))
    values = [value for trial in trials if isinstance(value := of(trial), (int, float))]
    _log(axes, sorted({float(value) for value in values}), label)
    percent(axes, "y")
    axes.grid(visible=True, color="#e6e8ec")


def _log(axes: Axes, values: Sequence[float], label: str) -> None:
    """Label the x-axis and make it logarithmic, with a tick for each value if there are at most eight."""
    axes.set(xlabel=label)
    if not values or min(values) <= 0:
        return
    axes.set_xscale("log")
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_major_formatter(plain)
    if len(values) <= 8:
        axes.set_xticks(values)
        axes.xaxis.set_minor_formatter(NullFormatter())
