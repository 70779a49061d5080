"""One process's share of a study, beside any number of other processes.

Only the storage coordinates the processes. It numbers the trials, and the number is a trial's place in line; a retry
keeps the place of the trial that it repeats. Processes that start a trial at the same moment may start one too many:
the last in line withdraws.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

from inknet.errors import InknetError, TrainingError

__all__ = ["FINISHED", "place", "run_trials"]

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


class _WithdrawnError(Exception):
    """A trial is not needed, or was retried elsewhere."""


def run_trials(
    study: optuna.Study,
    storage: RDBStorage,
    wanted: int,
    objective: Callable[[optuna.Trial], float],
    check_interrupt: Callable[[], None],
    on_waiting: Callable[[], None],
) -> Iterator[FrozenTrial]:
    """Run one trial of a study after another until `wanted` are finished, by any process; yield those of this process.

    A trial is queued again if its objective raises `KeyboardInterrupt`. `on_waiting` is called when other processes are
    running the last trials, which may yet have to be retried here.
    """
    number = -1
    ended: list[FrozenTrial] = []

    def run(trial: optuna.Trial) -> float:
        nonlocal number
        number = trial.number
        trial.set_user_attr("process", f"{socket.gethostname()}:{os.getpid()}")
        _withdraw_if_surplus(study, number, wanted)
        try:
            return objective(trial)
        except KeyboardInterrupt:
            RetryHeartbeatStaleTrialCallback()(study, study.trials[number])
            raise
        except ValueError as error:
            # Not to be confused with Optuna's own, below: every further trial could fail like this one.
            raise (
                error if isinstance(error, InknetError) else TrainingError(f"trial {number} failed: {error}")
            ) from error
        finally:
            # A retry that was queued in the meantime may be ahead in line.
            _withdraw_if_surplus(study, number, wanted)

    waiting = False
    while True:
        check_interrupt()
        fail_stale_trials(study)
        trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state != TrialState.FAIL]
        running = [trial for trial in trials if trial.state == TrialState.RUNNING]
        if any(trial.state == TrialState.WAITING for trial in trials) or len(trials) < wanted:
            waiting = False
            try:
                study.optimize(run, 1, catch=(_WithdrawnError,), callbacks=[lambda _, trial: ended.append(trial)])
            except (UpdateFinishedTrialError, ValueError) as error:
                # Optuna cannot finish a trial that has failed: after a long sleep, the trial is retried elsewhere.
                if isinstance(error, InknetError) or study.trials[number].state != TrialState.FAIL:
                    raise
            yield from (trial for trial in ended if trial.state in FINISHED)
            ended.clear()
        elif not running:
            return
        elif waiting:
            time.sleep(0.5)
        else:
            waiting = True
            # Optuna never retries a trial that was killed before its first heartbeat.
            study_id = storage.get_study_id_from_name(study.study_name)
            for trial in running:
                storage.record_heartbeat(storage.get_trial_id_from_study_id_trial_number(study_id, trial.number))
            on_waiting()


def _withdraw_if_surplus(study: optuna.Study, number: int, wanted: int) -> None:
    trials = study.get_trials(deepcopy=False)
    ahead = [other for other in trials if other.state != TrialState.FAIL and place(other) < place(trials[number])]
    if len(ahead) >= wanted or trials[number].state == TrialState.FAIL:
        raise _WithdrawnError


def place(trial: FrozenTrial) -> int:
    """Return a trial's place in line: its number or, for a retry, that of the trial that it repeats."""
    first = RetryHeartbeatStaleTrialCallback.retried_trial_number(trial)
    return trial.number if first is None else first
