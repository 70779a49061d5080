"""`inknet train` killed with SIGKILL, a small sample of `tests.robustness.kill_training`."""

from random import Random

import numpy as np
import pytest

from inknet.mlp import Network, Trainer
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.recorded import RecordedStepper
from tests.robustness.kill_training import KINDS, Training, differences, kill_and_resume

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[False, True], ids=["adam", "deferred"])
def training(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Training:
    training = Training(tmp_path_factory.mktemp("killed"), rows=600, epochs=3, deferred=request.param)
    training.write_digits()
    training.finish(training.folder / "whole")
    return training


def test_a_killed_run_resumes_to_the_same_bits(training: Training) -> None:
    counts = kill_and_resume(training, training.folder / "whole", KINDS, seconds=0.5, seed=7)
    assert all(counts[kind] == 1 for kind in KINDS)


def test_the_kills_cover_plain_and_deferred_steps(training: Training) -> None:
    network = Network.load(training.folder / "whole" / "best.pkl")
    optimizer = "gradient-descent" if training.deferred else "adam"
    images = np.zeros((2, network.sizes[0]))
    stepper = Trainer(network, images, [0, 1], batch_size=training.batch_size, optimizer=optimizer).stepper
    assert isinstance(stepper, (DeferredStepper, RecordedStepper)) == training.deferred


def test_resuming_removes_a_partial_file(training: Training) -> None:
    run = training.folder / "part"
    assert training.kill(run, "rename", Random(2), 0)
    assert list(run.glob(".*.tmp"))
    training.finish(run)
    assert differences(run, training.folder / "whole") == []
