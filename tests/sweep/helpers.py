"""A watcher that records the callbacks of a sweep."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from inknet.mlp import EpochReport
from inknet.sweep import TrialResult
from inknet.sweep.space import Value

Settings = dict[str, Value]


class Digits(TypedDict):
    images: Path
    labels: Path


class Notes:
    """Records the callbacks of a sweep.

    Parameters
    ----------
    on_epoch : function or None
        Called after each epoch with the numbers of the trial and the epoch.
    """

    def __init__(self, on_epoch: Callable[[int, int], None] | None = None) -> None:
        self.begun: list[tuple[int, Settings]] = []
        self.done: list[TrialResult] = []
        self.bests: list[int | None] = []
        self.finals_done: list[float] = []
        self._on_epoch = on_epoch

    def trial_started(self, number: int, settings: Settings) -> None:
        self.begun.append((number, settings))

    def epoch_finished(self, report: EpochReport) -> None:
        if self._on_epoch is not None:
            self._on_epoch(self.begun[-1][0], report.epoch)

    def trial_finished(self, trial: TrialResult, best: TrialResult | None, finished: int) -> None:
        self.done.append(trial)
        self.bests.append(None if best is None else best.number)
        assert finished == len(self.done)

    def finalists_started(self, settings: list[Settings], trainings: int) -> None:
        self.queued = (settings, trainings)

    def finalist_finished(self, settings: Settings, accuracy: float, finished: int) -> None:
        assert settings in self.queued[0]
        self.finals_done.append(accuracy)
        assert finished == len(self.finals_done)

    def waiting(self) -> None:
        raise AssertionError("there are no other processes")
