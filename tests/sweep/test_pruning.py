from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import IntDistribution
from optuna.trial import TrialState

from inknet.sweep import Plan, Sweep, parse_space
from inknet.sweep.trial import new_pruner
from tests.sweep.helpers import Digits, Notes

pytestmark = pytest.mark.slow


def study_of(*courses: tuple[int, list[float]]) -> optuna.Study:
    """Return a study of finished trials: the size of each, and its accuracy after each epoch."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize")
    for size, course in courses:
        trial = optuna.create_trial(
            value=max(course),
            params={"hidden": size},
            distributions={"hidden": IntDistribution(1, 99)},
            intermediate_values=dict(enumerate(course, 1)),
        )
        study.add_trial(trial)
    return study


def running(size: int, course: list[float]) -> optuna.trial.FrozenTrial:
    return optuna.create_trial(
        state=TrialState.RUNNING,
        params={"hidden": size},
        distributions={"hidden": IntDistribution(1, 99)},
        intermediate_values=dict(enumerate(course, 1)),
    )


@pytest.mark.parametrize(
    ("course", "pruned"),
    [
        # The others' accuracies after epoch 2 are 0.5, 0.6, 0.7, 0.2 and 0.9: the median is 0.6.
        ([0.1], False),
        ([0.1, 0.59], True),
        ([0.1, 0.6], False),
        ([0.65, 0.1], False),
        # After epoch 3: 0.8, 0.3, 0.7, 0.75 and 0.9.
        ([0.74, 0.1, 0.1], True),
        ([0.1, 0.76, 0.1], False),
        # No other trial has an epoch 4.
        ([0.1, 0.1, 0.1, 0.1], False),
    ],
)
def test_trial_below_the_median_is_pruned(course: list[float], pruned: bool) -> None:
    others = [[0.1, 0.5, 0.8], [0.6, 0.6, 0.3], [0.1, 0.7, 0.7], [0.1, 0.2, 0.75], [0.8, 0.9, 0.9]]
    pruner = new_pruner(Plan(prune_after=2))
    assert bool(pruner.prune(study_of(*((5, other) for other in others)), running(5, course))) is pruned
    # The first few trials tell too little.
    assert not pruner.prune(study_of(*((5, other) for other in others[:4])), running(5, course))


def test_each_compares_only_trials_of_the_same_choice() -> None:
    small, large = [(5, [0.3]), (5, [0.35]), (5, [0.4])], [(50, [0.9]), (50, [0.92]), (50, [0.95])]
    plan = Plan(parse_space({"hidden": "5,50"}), prune_after=1)
    assert new_pruner(plan).prune(study_of(*small, *large), running(5, [0.5]))
    pruner = new_pruner(replace(plan, each="hidden"))
    assert not pruner.prune(study_of(*small, *large), running(5, [0.5]))
    assert pruner.prune(study_of(*small, *large), running(50, [0.5]))
    assert not pruner.prune(study_of(*small, *large[:2]), running(50, [0.5]))


def test_sweep_prunes_bad_trials(digits: Digits, tmp_path: Path) -> None:
    # Trials with a hundredth of the best rate learn nothing, and most of them are pruned.
    plan = Plan(
        parse_space({"hidden": "10", "learning-rate": "0.0003..0.3", "batch-size": "20"}), epochs=4, held_out=200
    )
    sweep = Sweep.start(tmp_path / "run", plan, trials=14, **digits)
    results = sweep.run(Notes())
    sweep.close()
    pruned = [trial for trial in results.trials if trial.state == "pruned"]
    assert len(results.trials) == 14
    assert pruned
    for trial in pruned:
        assert 2 <= trial.epochs < 4
        assert trial.number >= 5
    assert all(trial.epochs == 4 for trial in results.trials if trial.state == "complete")


def test_diverging_trial_is_pruned(digits: Digits, tmp_path: Path) -> None:
    plan = Plan(parse_space({"hidden": "10", "learning-rate": "1e18"}), epochs=2, held_out=200)
    sweep = Sweep.start(tmp_path / "run", plan, trials=2, **digits)
    results = sweep.run(Notes())
    sweep.close()
    assert [(trial.state, trial.epochs, trial.accuracy) for trial in results.trials] == [("pruned", 0, None)] * 2
    assert results.best is None
    assert not (tmp_path / "run" / "best.pkl").exists()
