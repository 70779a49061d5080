"""Processes that share a study run exactly as many trials as wanted."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from inknet.mlp import TrainingError
from inknet.sweep.storage import open_storage, storage_session
from inknet.sweep.trial import assign
from inknet.sweep.worker import place, run_trials


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[RDBStorage]:
    with storage_session():
        storage = open_storage(tmp_path, heartbeat=1)
        yield storage
    storage.remove_session()
    storage.engine.dispose()


@pytest.fixture
def study(storage: RDBStorage) -> optuna.Study:
    return optuna.create_study(storage=storage, direction="maximize")


def run(
    study: optuna.Study,
    storage: RDBStorage,
    wanted: int,
    objective: Callable[[optuna.Trial], float] = lambda _: 0.5,
) -> list[int]:
    """Run a worker; return the numbers of the trials that it finished."""
    finished = run_trials(study, storage, wanted, objective, lambda: None, lambda: None)
    return [trial.number for trial in finished]


def states(study: optuna.Study) -> list[str]:
    return [trial.state.name for trial in study.trials]


@pytest.mark.slow
def test_runs_the_missing_trials(study: optuna.Study, storage: RDBStorage) -> None:
    study.add_trial(optuna.create_trial(value=0.1))
    assert run(study, storage, wanted=3) == [1, 2]
    assert run(study, storage, wanted=3) == []


@pytest.mark.slow
def test_last_of_two_trials_started_at_once_withdraws(
    study: optuna.Study, storage: RDBStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimize = study.optimize

    def race(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - those of optimize
        # Another process starts the only trial after this one has counted them.
        study.add_trial(optuna.create_trial(value=0.1))
        optimize(*arguments, **options)

    monkeypatch.setattr(study, "optimize", race)
    assert run(study, storage, wanted=1) == []
    assert states(study) == ["COMPLETE", "FAIL"]


@pytest.mark.slow
def test_retry_goes_ahead_of_a_later_trial(study: optuna.Study, storage: RDBStorage) -> None:
    study.add_trial(optuna.create_trial(state=TrialState.FAIL))

    def objective(trial: optuna.Trial) -> float:
        if trial.number == 1:
            # Another process queues the retry of the dead trial 0 while this one is running.
            attributes = {"failed_trial": 0, "retry_history": [0]}
            study.add_trial(optuna.create_trial(state=TrialState.WAITING, system_attrs=attributes))
        return 0.5

    assert run(study, storage, 1, objective) == [2]
    assert states(study) == ["FAIL", "FAIL", "COMPLETE"]
    assert place(study.trials[2]) == 0


@pytest.mark.slow
def test_each_pair_of_finalist_and_seed_is_trained_once(study: optuna.Study, storage: RDBStorage) -> None:
    """The retry of a trial keeps its pair; one that is given up leaves its pair to a new trial."""
    pairs = []

    def objective(trial: optuna.Trial) -> float:
        pairs.append(assign(trial, finalists=2, seeds=2))
        if trial.number == 1:
            raise KeyboardInterrupt
        return 0.5

    with pytest.raises(KeyboardInterrupt):
        run(study, storage, 4, objective)
    study.add_trial(optuna.create_trial(state=TrialState.FAIL))
    assert run(study, storage, 4, objective) == [2, 4, 5]
    assert pairs == [(0, 1), (1, 1), (1, 1), (0, 2), (1, 2)]
    assert states(study) == ["COMPLETE", "FAIL", "COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


@pytest.mark.slow
def test_trial_killed_before_its_first_heartbeat_is_retried(study: optuna.Study, storage: RDBStorage) -> None:
    storage.grace_period = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study.ask()
    assert run(study, storage, wanted=1) == [1]
    assert states(study) == ["FAIL", "COMPLETE"]
    assert place(study.trials[1]) == 0


def test_interrupted_trial_is_queued_again(study: optuna.Study, storage: RDBStorage) -> None:
    def interrupt(_trial: optuna.Trial) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(study, storage, 1, interrupt)
    assert states(study) == ["FAIL", "WAITING"]
    assert run(study, storage, 1) == [1]


@pytest.mark.slow
def test_trial_that_was_retried_elsewhere_is_dropped(study: optuna.Study, storage: RDBStorage) -> None:
    """A laptop that sleeps is presumed dead: its trial has failed when it wakes up."""

    def sleep(trial: optuna.Trial) -> float:
        if trial.number == 0:
            study.tell(trial.number, state=TrialState.FAIL)
        return 0.5

    assert run(study, storage, 1, sleep) == [1]
    assert states(study) == ["FAIL", "COMPLETE"]


def test_other_errors_are_raised(study: optuna.Study, storage: RDBStorage) -> None:
    def fail(_trial: optuna.Trial) -> float:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run(study, storage, 1, fail)


@pytest.mark.slow
def test_error_of_a_trial_ends_the_worker(study: optuna.Study, storage: RDBStorage) -> None:
    """It once looked like Optuna's own ValueError about a finished trial: trials failed for ever, silently."""
    begun: list[int] = []

    def objective(trial: optuna.Trial) -> float:
        begun.append(trial.number)
        if len(begun) > 3:
            pytest.fail("it never ends")
        raise ValueError("cannot convert float NaN to integer")

    with pytest.raises(TrainingError, match="trial 0 failed: cannot convert float NaN to integer"):
        run(study, storage, wanted=2, objective=objective)
    assert begun == [0]
