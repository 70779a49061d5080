"""`inknet train`, killed with SIGKILL at each kind of moment: some seconds of `kill_training`."""

import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

from inknet.mlp import ModelFileError, Network, Trainer
from inknet.mlp.storage.model_file import load_model, save_model
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.recorded import RecordedStepper
from tests.robustness.kill_training import KINDS, Training, differences, epochs_whole, kill_and_resume


@pytest.fixture(scope="module", params=[False, True], ids=["adam", "deferred"])
def training(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Training:
    training = Training(tmp_path_factory.mktemp("killed"), rows=600, epochs=3, deferred=request.param)
    training.write_digits()
    training.finish(training.folder / "whole")
    return training


def test_killed_at_each_kind_of_moment_a_run_goes_on_to_the_same_bits(training: Training) -> None:
    counts = kill_and_resume(training, training.folder / "whole", KINDS, seconds=0.5, seed=7)
    assert all(counts[kind] == 1 for kind in KINDS)


def test_the_kills_cover_plain_and_deferred_steps(training: Training) -> None:
    network = Network.load(training.folder / "whole" / "best.pkl")
    optimizer = "gradient-descent" if training.deferred else "adam"
    images = np.zeros((2, network.sizes[0]))
    stepper = Trainer(network, images, [0, 1], batch_size=training.batch_size, optimizer=optimizer).stepper
    assert isinstance(stepper, (DeferredStepper, RecordedStepper)) == training.deferred


def test_a_kill_leaves_a_part_of_a_file_which_the_next_training_takes_away(training: Training) -> None:
    run = training.folder / "part"
    assert training.kill(run, "rename", Random(2), 0)
    assert list(run.glob(".*.tmp"))
    training.finish(run)
    assert differences(run, training.folder / "whole") == []


@pytest.mark.parametrize("file", ["epoch-002.pkl", "last.pkl", "history.jsonl"])
def test_runs_that_differ_are_told_apart(file: str, training: Training, tmp_path: Path) -> None:
    whole, run = training.folder / "whole", tmp_path / "run"
    shutil.copytree(whole, run)
    assert differences(run, whole) == []
    path = run / file
    if path.suffix == ".pkl":
        model = load_model(path)
        model["network"]["parameters"][0] = np.nextafter(model["network"]["parameters"][0], np.float32(1))
        save_model(path, Network.from_dict(model["network"]), model["training"])
    else:
        path.write_text(path.read_text().replace('"loss": ', '"loss": 1'))
    assert differences(run, whole) == [f"{file} is not the same"]
    (run / "more").touch()
    assert len(differences(run, whole)) == 2


def test_a_torn_checkpoint_is_noticed(training: Training, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(training.folder / "whole", run)
    assert epochs_whole(run) == 3
    (run / "epoch-002.pkl").write_bytes((run / "epoch-002.pkl").read_bytes()[:-1])
    with pytest.raises(ModelFileError):
        epochs_whole(run)
    (run / "settings.json").unlink()
    assert epochs_whole(run) is None
