"""Checks a stored study before anything is computed from it: its file may be damaged, or come from anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from sqlalchemy.exc import SQLAlchemyError

from inknet.errors import InputError
from inknet.mlp.scalars import is_integer, is_number
from inknet.sweep.plan import Plan
from inknet.sweep.space import Space
from inknet.sweep.worker import FINISHED

__all__ = ["check_study", "reading"]


def check_study(study: optuna.Study, plan: Plan, storage: RDBStorage) -> None:
    """Raise `InputError`, naming the first fault, unless results can be read from a study and trials added to it."""
    searched = {name: dimension for name, dimension in plan.space.items() if not dimension.single()}
    with reading(study.study_name):
        for trial in _trials(study):
            _check_settings(trial, searched)
    if (name := study.user_attrs.get("finalists")) is not None:
        with reading(name):
            _check_finals(optuna.load_study(study_name=name, storage=storage), plan)


def _check_finals(finals: optuna.Study, plan: Plan) -> None:
    """Check the study of the finalists; raise any error if it is damaged."""
    settings = finals.user_attrs["settings"]
    for values in settings:
        # Validates the values.
        optuna.create_trial(value=0.0, params=values, distributions={**plan.space})
    for trial in _trials(finals):
        finalist, seed = trial.params.get("finalist", 0), trial.params.get("seed", 1)
        if not (is_integer(finalist, 0) and finalist < len(settings) and is_integer(seed, 1)):
            raise ValueError(f"trial {trial.number} must have a finalist and a seed, got {trial.params}")


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn any error that a stored value causes into an `InputError` about the study of this name."""
    try:
        yield
    except (StorageInternalError, SQLAlchemyError, InputError):
        raise
    except Exception as error:
        # What an invalid value raises depends on who parses it: Optuna, SQLAlchemy, json, datetime.
        reason = error if isinstance(error, ValueError) else f"a value cannot be read, {error!r}"
        raise InputError(f"the study {name!r} is damaged: {reason}; restore its file, or start another sweep") from None


def _trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials of a study, checked."""
    if study.directions != [StudyDirection.MAXIMIZE]:
        raise ValueError(f"its direction must be maximize, got {', '.join(one.name for one in study.directions)}")
    trials = study.get_trials(deepcopy=False)
    # Validates what Optuna knows of a trial: times, values, and parameters in their ranges.
    optuna.create_study(direction="maximize").add_trials(trials)
    for number, trial in enumerate(trials):
        if trial.number != number:
            raise ValueError(f"trial {number} is missing")
        _check_trial(trial)
    return trials


def _check_trial(trial: FrozenTrial) -> None:
    number, known = trial.number, trial.user_attrs
    accuracies = trial.intermediate_values
    for share in (*accuracies.values(), *(trial.values or ())):
        if not (is_number(share) and share <= 1):
            raise ValueError(f"the accuracy of trial {number} must be a number from 0 to 1, got {share!r}")
    if not all(is_integer(epoch, 1) for epoch in accuracies):
        raise ValueError(f"the epochs of trial {number} must be positive integers, got {list(accuracies)}")
    if trial.state in FINISHED and not (is_number(known.get("seconds")) and is_integer(known.get("parameters"), 1)):
        raise ValueError(f"trial {number} must have its seconds and its number of parameters, got {known}")
    first, history = trial.system_attrs.get("failed_trial", 0), trial.system_attrs.get("retry_history", [])
    if not (
        "fixed_params" not in trial.system_attrs
        and is_integer(first, 0)
        and first <= number
        and isinstance(history, list)
        and all(is_integer(other, 0) for other in history)
    ):
        raise ValueError(f"trial {number} must be a retry of an earlier one, got {trial.system_attrs}")


def _check_settings(trial: FrozenTrial, searched: Space) -> None:
    expected = searched
    if trial.state not in FINISHED:
        # It may have ended before all were suggested.
        expected = {name: dimension for name, dimension in searched.items() if name in trial.params}
    if trial.distributions != expected:
        raise ValueError(f"the settings of trial {trial.number} must be those of the plan, got {trial.params}")
