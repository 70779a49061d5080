from pathlib import Path

import optuna
import pytest
from optuna.distributions import IntDistribution
from optuna.trial import TrialState

from inknet.sweep import Plan, Sweep, parse_space
from inknet.sweep.pruning import Median
from tests.sweep.helpers import Digits, Notes


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
    ("course", "ended"),
    [
        # The others' bests by epoch 2 are 0.5, 0.6 and 0.7: the median is 0.6.
        ([0.1], False),
        ([0.1, 0.59], True),
        ([0.1, 0.6], False),
        ([0.65, 0.1], False),
        # By epoch 3: 0.8, 0.6 and 0.7.
        ([0.65, 0.1, 0.1], True),
        # Nobody else came as far as epoch 4.
        ([0.1, 0.1, 0.1, 0.1], False),
    ],
)
def test_by_hand(course: list[float], ended: bool) -> None:
    study = study_of((5, [0.1, 0.5, 0.8]), (5, [0.6, 0.2, 0.3]), (5, [0.1, 0.7, 0.7]))
    assert Median(2, None, enough=3).prune(study, running(5, course)) is ended


def test_like_is_compared_with_like() -> None:
    study = study_of((5, [0.3]), (5, [0.4]), (50, [0.9]), (50, [0.95]))
    assert Median(1, None, enough=2).prune(study, running(5, [0.5]))
    assert not Median(1, "hidden", enough=2).prune(study, running(5, [0.5]))
    assert Median(1, "hidden", enough=2).prune(study, running(50, [0.5]))
    assert not Median(1, "hidden", enough=3).prune(study, running(50, [0.5]))


def test_a_sweep_prunes(digits: Digits, tmp_path: Path) -> None:
    # A hundredth of a rate learns nothing in an epoch: of such trials most are ended.
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


def test_a_loss_that_explodes_is_a_pruned_trial(digits: Digits, tmp_path: Path) -> None:
    plan = Plan(parse_space({"hidden": "10", "learning-rate": "1e18"}), epochs=2, held_out=200)
    sweep = Sweep.start(tmp_path / "run", plan, trials=2, **digits)
    results = sweep.run(Notes())
    sweep.close()
    assert [(trial.state, trial.epochs, trial.accuracy) for trial in results.trials] == [("pruned", 0, None)] * 2
    assert results.best is None
    assert not (tmp_path / "run" / "best.pkl").exists()
