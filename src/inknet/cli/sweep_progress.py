"""The progress of a sweep on standard error: a line per trial and, on a terminal, a progress bar."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from inknet.cli.output import print_status

if TYPE_CHECKING:
    from rich.console import Console

    from inknet.mlp import EpochReport
    from inknet.sweep import TrialResult

    Settings = dict[str, str | int | float]

__all__ = ["SweepProgress", "format_settings"]


def format_settings(settings: "Settings") -> str:
    """Format settings in one line.

    Examples
    --------
    >>> format_settings({"hidden": 200, "learning-rate": 0.012345})
    'hidden 200, learning-rate 0.01235'
    """
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in settings.items()
    )


class SweepProgress:
    """Prints the progress of a sweep; see `inknet.sweep.sweep.Watcher`."""

    def __init__(self, console: "Console", trials: int, epochs: int) -> None:
        self._console = console
        self._epochs = epochs
        columns = (TextColumn("trials"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=trials, now="")
        self._best = ""
        self._trial = ""
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def trial_started(self, number: int, settings: "Settings") -> None:
        """Show the trial in the progress bar."""
        self._trial = f"trial {number}: {format_settings(settings)}"
        self._show("")

    def epoch_finished(self, report: "EpochReport") -> None:
        """Show the epoch in the progress bar."""
        self._show(f", epoch {report.epoch}/{self._epochs} {_percent(report.validation_accuracy)}")

    def trial_finished(self, trial: "TrialResult", best: "TrialResult | None", finished: int) -> None:
        """Print a line for a trial."""
        self._best = f"best {_percent(best.accuracy)}, trial {best.number}" if best else ""
        self._bar.update(self._task, completed=finished)
        end = f"pruned after epoch {trial.epochs}" if trial.state == "pruned" else f"{trial.seconds:.1f} s"
        words = (f"trial {trial.number:3}", _percent(trial.accuracy), format_settings(trial.settings), end, self._best)
        self._say("  ".join(word for word in words if word))

    def finalists_started(self, settings: "list[Settings]", trainings: int) -> None:
        """Restart the progress bar for the finalists."""
        self._best = self._trial = ""
        self._say(f"{len(settings)} finalists, {trainings} trainings")
        self._bar.update(self._task, completed=0, total=trainings)

    def finalist_finished(self, settings: "Settings", accuracy: float, finished: int) -> None:
        """Print a line for a training of a finalist."""
        self._bar.update(self._task, completed=finished)
        self._say(f"finalist  {_percent(accuracy)}  {format_settings(settings)}")

    def waiting(self) -> None:
        """Print that other processes are still training."""
        self._trial = ""
        self._say("waiting for the trials of other processes")

    def _show(self, more: str) -> None:
        self._bar.update(self._task, now=f"{self._best}  {self._trial}{more}".strip())

    def _say(self, text: str) -> None:
        print_status(self._console, text)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f} %"
