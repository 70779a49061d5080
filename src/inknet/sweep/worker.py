"""One process's share of a study, beside any number of other processes.

Only the storage coordinates the processes. It numbers the trials, and the number is a trial's place in line; a retry
keeps the place of the trial that it repeats. Processes that start a trial at the same moment may start one too many:
the last in line withdraws.
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
_PAUSE = 0.5  # seconds between two looks at the trials of other processes


class _WithdrawnError(Exception):
    """A trial is not needed, or was retried elsewhere."""


class Worker:
    """Runs the trials of a study until all are finished, by any process.

    Parameters
    ----------
    study : optuna.Study
    storage : RDBStorage
        The study's.
    check_interrupt : function
        Raises `KeyboardInterrupt` after Ctrl-C.
    wanted : int or None
        How many trials there must be; None runs the queued ones, each set of parameters once.
    """

    def __init__(
        self, study: optuna.Study, storage: RDBStorage, check_interrupt: Callable[[], None], wanted: int | None = None
    ) -> None:
        self._study = study
        self._storage = storage
        self._check_interrupt = check_interrupt
        self._wanted = wanted

    def run(
        self,
        objective: Callable[[optuna.Trial], float],
        on_finished: Callable[[FrozenTrial], None],
        on_waiting: Callable[[], None],
    ) -> None:
        """Run `objective` on one trial after another; an interrupted trial is queued again.

        `on_finished` is called with each finished trial, and `on_waiting` when other processes are running the last
        ones, which may yet have to be retried here.
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
                self._run_one(objective, on_finished)
            elif not running:
                return
            else:
                if not waiting:
                    waiting = True
                    self._start_heartbeats(running)
                    on_waiting()
                time.sleep(_PAUSE)

    def _run_one(self, objective: Callable[[optuna.Trial], float], on_finished: Callable[[FrozenTrial], None]) -> None:
        number = None

        def run(trial: optuna.Trial) -> float:
            nonlocal number
            number = trial.number
            trial.set_user_attr("process", f"{socket.gethostname()}:{os.getpid()}")
            self._check_interrupt()
            self._withdraw_if_surplus(trial)
            try:
                return objective(trial)
            finally:
                # A retry that was queued in the meantime may be ahead in line.
                self._withdraw_if_surplus(trial)

        def report(_study: optuna.Study, trial: FrozenTrial) -> None:
            if trial.state in FINISHED:
                on_finished(trial)

        try:
            self._study.optimize(run, n_trials=1, catch=(_WithdrawnError,), callbacks=[report])
        except (KeyboardInterrupt, UpdateFinishedTrialError, ValueError) as error:
            trial = None if number is None else self._study.trials[number]
            failed = trial is not None and trial.state == TrialState.FAIL
            if isinstance(error, KeyboardInterrupt):
                if trial is not None and failed:
                    with experimental():
                        RetryHeartbeatStaleTrialCallback()(self._study, trial)
                raise
            # Optuna cannot finish a trial that has failed: after a long sleep, the trial is retried elsewhere.
            if isinstance(error, InknetError) or not failed:
                raise

    def _withdraw_if_surplus(self, trial: optuna.Trial) -> None:
        trials = self._study.get_trials(deepcopy=False)
        place = _place(trials[trial.number])
        retried = trials[trial.number].state == TrialState.FAIL
        ahead = [other for other in trials if other.state != TrialState.FAIL and _place(other) < place]
        if self._wanted is None:
            surplus = not trial.params or any(other.params == trial.params for other in ahead)
        else:
            surplus = len(ahead) >= self._wanted
        if surplus or retried:
            raise _WithdrawnError

    def _start_heartbeats(self, trials: list[FrozenTrial]) -> None:
        """Record a heartbeat for each trial: Optuna never retries one that was killed before its first heartbeat."""
        study_id = self._storage.get_study_id_from_name(self._study.study_name)
        for trial in trials:
            self._storage.record_heartbeat(
                self._storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
            )


def retry_of(trial: FrozenTrial) -> int | None:
    """Return the number of the trial that this one repeats, if it is a retry."""
    with experimental():
        return RetryHeartbeatStaleTrialCallback.retried_trial_number(trial)


def _place(trial: FrozenTrial) -> int:
    first = retry_of(trial)
    return trial.number if first is None else first
