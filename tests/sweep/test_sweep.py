"""A sweep in a single process: its trials, resuming, and the best network."""

import itertools
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy

from inknet import Network
from inknet.digits import load_idx_pair, write_idx
from inknet.mlp import InputError
from inknet.sweep import Plan, Results, Sweep, parse_space
from inknet.sweep.sweep import open_results
from tests.digits.helpers import one_sentence
from tests.sweep.helpers import Digits, Notes, Settings

pytestmark = pytest.mark.slow


def run(path: Path, plan: Plan, digits: Digits, trials: int = 6) -> tuple[Results, Notes]:
    sweep, notes = Sweep.start(path, plan, trials=trials, **digits), Notes()
    try:
        return sweep.run(notes), notes
    finally:
        sweep.close()


def settings(results: Results) -> list[Settings]:
    return [trial.settings for trial in results.trials]


def press_ctrl_c(at_trial: int) -> Callable[[int, int], None]:
    def on_epoch(trial: int, epoch: int) -> None:
        if (trial, epoch) == (at_trial, 2):
            signal.raise_signal(signal.SIGINT)

    return on_epoch


def test_runs_the_trials_and_saves_the_best_network(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    results, notes = run(tmp_path / "run", plan, digits)
    assert [trial.number for trial in results.trials] == list(range(6))
    assert notes.done == results.trials
    best = max(results.trials, key=lambda trial: trial.accuracy or 0)
    assert results.best == best
    assert notes.bests[-1] == best.number
    # Its network is a normal model with the accuracy of the trial.
    network = Network.load(tmp_path / "run" / "best.pkl")
    assert network.metadata["trial"] == best.number
    assert network.sizes == (784, best.settings["hidden"], 10)
    images, labels = load_idx_pair(**digits)
    assert (network.predict(images[-200:]).argmax(axis=1) == labels[-200:]).mean() == pytest.approx(best.accuracy)
    assert network.parameter_count == best.parameters
    # No other network is saved.
    assert list((tmp_path / "run").glob("*.pkl")) == [tmp_path / "run" / "best.pkl"]


def test_seed_determines_the_settings(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    results, _ = run(tmp_path / "one", plan, digits)
    for one in settings(results):
        assert 5 <= int(one["hidden"]) <= 20
        assert 0.01 <= float(one["learning-rate"]) <= 0.3
        assert one["batch-size"] == 20
    again, _ = run(tmp_path / "again", plan, digits)
    assert settings(again) == settings(results)
    assert [trial.accuracy for trial in again.trials] == [trial.accuracy for trial in results.trials]
    other, _ = run(tmp_path / "other", replace(plan, seed=1), digits)
    assert settings(other) != settings(results)


@pytest.mark.parametrize("transaction", [1, 4, 9])
def test_ctrl_c_does_not_interrupt_a_transaction(transaction: int, plan: Plan, digits: Digits, tmp_path: Path) -> None:
    """An interrupted transaction could leave the file locked, so that the process waits for itself."""
    sweep = Sweep.start(tmp_path / "run", plan, trials=2, **digits)
    begun, whole = itertools.count(1), []

    def press(_connection: sqlalchemy.Connection) -> None:
        if threading.current_thread() is threading.main_thread() and next(begun) == transaction:
            signal.raise_signal(signal.SIGINT)
            whole.append(transaction)

    sqlalchemy.event.listen(sweep._storage.engine, "begin", press)
    with pytest.raises(KeyboardInterrupt):
        sweep.run(Notes())
    assert whole == [transaction]
    assert len(sweep.results().trials) <= 1
    assert len(sweep.run(Notes()).trials) == 2
    sweep.close()


def test_resume_after_ctrl_c_repeats_the_interrupted_trial(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    whole, _ = run(tmp_path / "whole", plan, digits)
    sweep = Sweep.start(tmp_path / "cut", plan, trials=6, **digits)
    with pytest.raises(KeyboardInterrupt):
        sweep.run(Notes(press_ctrl_c(at_trial=3)))
    assert len(sweep.results().trials) == 3
    sweep.close()
    sweep = Sweep.resume(tmp_path / "cut")
    notes = Notes()
    notes.done = list(sweep.results().trials)
    results = sweep.run(notes)
    sweep.close()
    # The interrupted trial is repeated under a new number with the same settings.
    assert [trial.number for trial in results.trials] == [0, 1, 2, 4, 5, 6]
    assert [trial.retry_of for trial in results.trials] == [None, None, None, 3, None, None]
    assert settings(results)[:4] == settings(whole)[:4]
    assert [trial.accuracy for trial in results.trials[:4]] == [trial.accuracy for trial in whole.trials[:4]]


def test_resuming_a_finished_sweep_runs_only_additional_trials(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    results, _ = run(tmp_path / "run", plan, digits, trials=2)
    before = (tmp_path / "run" / "best.pkl").read_bytes()
    sweep, notes = Sweep.resume(tmp_path / "run"), Notes()
    assert sweep.run(notes) == results
    assert notes.begun == []
    assert (tmp_path / "run" / "best.pkl").read_bytes() == before
    sweep.close()
    sweep, notes = Sweep.resume(tmp_path / "run", trials=4), Notes()
    notes.done = list(results.trials)
    more = sweep.run(notes)
    sweep.close()
    assert [trial.number for trial in more.trials] == [0, 1, 2, 3]
    assert more.trials[:2] == results.trials


def test_missing_best_network_is_trained_again(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    run(tmp_path / "run", plan, digits, trials=3)
    best = tmp_path / "run" / "best.pkl"
    parameters = Network.load(best).parameters
    for path in (tmp_path / "run").glob("*.pkl"):
        path.unlink()
    sweep, notes = Sweep.resume(tmp_path / "run"), Notes()
    results = sweep.run(notes)
    sweep.close()
    assert results.best is not None
    assert notes.begun == [(results.best.number, results.best.settings)]
    assert (Network.load(best).parameters == parameters).all()


def test_each_tries_its_choices_in_turn(digits: Digits, tmp_path: Path) -> None:
    space = parse_space({"hidden": "4,8,16", "learning-rate": "0.05..0.3", "batch-size": "20"})
    results, _ = run(tmp_path / "run", Plan(space, epochs=2, held_out=200, each="hidden"), digits, trials=9)
    assert [trial.settings["hidden"] for trial in results.trials] == [4, 8, 16] * 3


def test_finalists_are_the_best_trials_with_new_seeds(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    sweep, notes = Sweep.start(tmp_path / "run", plan, trials=4, **digits), Notes()
    found = sweep.run(notes)
    results = sweep.run(notes, 2, seeds=3)
    complete = sorted(found.trials, key=lambda trial: -(trial.accuracy or 0))
    assert notes.queued == ([trial.settings for trial in complete[:2]], 6)
    assert len(notes.finals_done) == 6
    assert Counter(len(finalist.accuracies) for finalist in results.finalists) == {3: 2}
    first, second = results.finalists
    assert first.mean >= second.mean
    assert first.mean == pytest.approx(sum(first.accuracies) / 3)
    assert first.sd == pytest.approx((sum((one - first.mean) ** 2 for one in first.accuracies) / 2) ** 0.5)
    # A second call returns the same finalists; the trials are unchanged.
    assert sweep.run(Notes(), 2, seeds=3) == results
    assert results.trials == found.trials
    sweep.close()
    assert open_results(tmp_path / "run") == results


def test_each_selects_the_best_of_each_choice_as_finalist(digits: Digits, tmp_path: Path) -> None:
    space = parse_space({"hidden": "2,20", "learning-rate": "0.05..0.3", "batch-size": "20"})
    plan = Plan(space, epochs=2, held_out=200, each="hidden")
    sweep = Sweep.start(tmp_path / "run", plan, trials=6, **digits)
    results = sweep.run(Notes(), finalists=5, seeds=1)
    sweep.close()
    assert sorted(int(finalist.settings["hidden"]) for finalist in results.finalists) == [2, 20]
    assert results.finalists[0].sd is None


def test_invalid_arguments_are_rejected(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        Sweep.start(tmp_path / "run", replace(plan, held_out=700), **digits)
    assert "held_out must be less than the number of images, 700, got 700" in one_sentence(refusal.value)
    with pytest.raises(InputError) as refusal:
        Sweep.start(tmp_path / "run", plan, trials=0, **digits)
    assert one_sentence(refusal.value) == "trials must be a positive integer, got 0"
    with pytest.raises(InputError) as refusal:
        Sweep.start(tmp_path / "run", plan, images=digits["images"])
    assert "belong together" in one_sentence(refusal.value)
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError) as refusal:
        Sweep.start(tmp_path / "run", plan, storage="mysql://somebody@somewhere/x", **digits)
    assert "postgresql://" in one_sentence(refusal.value)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "settings.json").write_text('{"recipe": {}}')
    with pytest.raises(InputError) as refusal:
        Sweep.resume(tmp_path / "other")
    assert "is not the folder of a sweep" in one_sentence(refusal.value)


def test_resume_rejects_other_images(plan: Plan, digits: Digits, tmp_path: Path) -> None:
    files: Digits = {"images": tmp_path / "images", "labels": digits["labels"]}
    files["images"].write_bytes(digits["images"].read_bytes())
    run(tmp_path / "run", plan, files, trials=1)
    content = bytearray(files["images"].read_bytes())
    content[1000] ^= 1
    files["images"].write_bytes(content)
    with pytest.raises(InputError, match="was started with other images"):
        Sweep.resume(tmp_path / "run")


def test_other_image_sizes_and_classes(plan: Plan, tmp_path: Path) -> None:
    """Images of 6×5 pixels that are bright at the top, in the middle or at the bottom: three classes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300).astype(np.uint8)
    images = rng.integers(0, 60, (300, 6, 5)).astype(np.uint8)
    for row, label in enumerate(labels):
        images[row, 2 * label : 2 * label + 2] += 150
    write_idx(tmp_path / "images", images)
    write_idx(tmp_path / "labels", labels)
    results, _ = run(
        tmp_path / "run",
        replace(plan, held_out=50),
        {"images": tmp_path / "images", "labels": tmp_path / "labels"},
        trials=2,
    )
    assert results.best is not None
    assert (results.best.accuracy or 0) > 0.9
    network = Network.load(tmp_path / "run" / "best.pkl")
    assert (network.sizes[0], network.sizes[-1]) == (30, 3)
    assert network.metadata["shape"] == [6, 5]
