"""One process's share of a study, beside any number of other processes.

Nothing coordinates the processes but the storage. It numbers the trials, and a trial's number is its place in line; a
retry keeps the place of the trial that it repeats. Processes that start a trial at the same moment may start one too
many: the last in line sees the others and withdraws.
"""

import os
import socket
import time
from collections.abc import Callable

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

from inknet.errors import InknetError
from inknet.sweep.storage import experimental

__all__ = ["FINISHED", "Worker", "retry_of"]

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_PAUSE = 0.5  # seconds between two looks at what other processes have finished


class _WithdrawnError(Exception):
    """Enough trials are in line before this one."""


class Worker:
    """Runs the trials of a study until none is left, by any process.

    Parameters
    ----------
    study : optuna.Study
    storage : RDBStorage
        The study's.
    wanted : int or None
        How many trials the study must have; None runs the queued ones, each set of parameters once.
    check_interrupt : function
        Raises `KeyboardInterrupt` after Ctrl-C.
    """

    def __init__(
        self, study: optuna.Study, storage: RDBStorage, wanted: int | None, check_interrupt: Callable[[], None]
    ) -> None:
        self._study = study
        self._storage = storage
        self._wanted = wanted
        self._check_interrupt = check_interrupt
        self._current: int | None = None

    def run(
        self,
        objective: Callable[[optuna.Trial], float],
        on_finished: Callable[[FrozenTrial], None],
        on_waiting: Callable[[], None],
    ) -> None:
        """Take one trial after another; return when all are finished.

        Parameters
        ----------
        objective : function
            See `optuna.Study.optimize`.
        on_finished : function
            Called with each trial that this process has finished.
        on_waiting : function
            Called when other processes are running the last trials, which may yet have to be retried here.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C; the interrupted trial is queued again.
        """
        waiting = False
        while True:
            self._check_interrupt()
            with experimental():
                fail_stale_trials(self._study)
            trials = [trial for trial in self._study.get_trials(deepcopy=False) if trial.state != TrialState.FAIL]
            running = [trial for trial in trials if trial.state == TrialState.RUNNING]
            if any(trial.state == TrialState.WAITING for trial in trials) or len(trials) < (self._wanted or 0):
                waiting = False
                self._take(objective, on_finished)
            elif not running:
                return
            else:
                if not waiting:
                    waiting = True
                    self._start_heartbeats(running)
                    on_waiting()
                time.sleep(_PAUSE)

    def _take(self, objective: Callable[[optuna.Trial], float], on_finished: Callable[[FrozenTrial], None]) -> None:
        """Run one trial, queued or new."""

        def run(trial: optuna.Trial) -> float:
            self._current = trial.number
            trial.set_user_attr("process", f"{socket.gethostname()}:{os.getpid()}")
            self._check_interrupt()
            self._withdraw_if_surplus(trial)
            try:
                return objective(trial)
            finally:
                # A retry that was queued meanwhile may be ahead in line.
                self._withdraw_if_surplus(trial)

        def report(_study: optuna.Study, trial: FrozenTrial) -> None:
            if trial.state in FINISHED:
                on_finished(trial)

        self._current = None
        try:
            self._study.optimize(run, n_trials=1, catch=(_WithdrawnError,), callbacks=[report])
        except KeyboardInterrupt:
            if (trial := self._current_trial()) is not None and trial.state == TrialState.FAIL:
                with experimental():
                    RetryHeartbeatStaleTrialCallback()(self._study, trial)
            raise
        except (UpdateFinishedTrialError, ValueError) as error:
            # This process was silent for too long, as when a laptop sleeps: its trial was retried elsewhere.
            trial = self._current_trial()
            if isinstance(error, InknetError) or trial is None or trial.state != TrialState.FAIL:
                raise

    def _withdraw_if_surplus(self, trial: optuna.Trial) -> None:
        trials = self._study.get_trials(deepcopy=False)
        place = _place(trials[trial.number])
        ahead = [other for other in trials if other.state != TrialState.FAIL and _place(other) < place]
        if self._wanted is not None:
            surplus = len(ahead) >= self._wanted
        else:
            surplus = not trial.params or any(other.params == trial.params for other in ahead)
        if surplus:
            raise _WithdrawnError

    def _start_heartbeats(self, trials: list[FrozenTrial]) -> None:
        """Record a heartbeat for trials: Optuna never retries a trial that was killed before its first one."""
        study_id = self._storage.get_study_id_from_name(self._study.study_name)
        for trial in trials:
            trial_id = self._storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
            self._storage.record_heartbeat(trial_id)

    def _current_trial(self) -> FrozenTrial | None:
        return None if self._current is None else self._study.trials[self._current]


def retry_of(trial: FrozenTrial) -> int | None:
    """Return the number of the trial that this one repeats, if it is a retry."""
    with experimental():
        return RetryHeartbeatStaleTrialCallback.retried_trial_number(trial)


def _place(trial: FrozenTrial) -> int:
    first = retry_of(trial)
    return trial.number if first is None else first
