import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from inknet.mlp import Network, Trainer
from inknet.mlp.training.interrupts import catch_interrupt
from tests.mlp.helpers import two_blobs

INPUTS, LABELS = two_blobs()


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    """Start from Python's own handler, whatever the shell that runs the tests has left, and end with what there was."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def _press_at(epoch: int, rows: int, steps: list[tuple[int, int]]) -> Callable[[int, int, float], None]:
    """Return an `on_step` that records the steps and presses Ctrl-C at one of them."""

    def on_step(at_epoch: int, at_rows: int, loss: float) -> None:  # noqa: ARG001 - a callback's shape
        steps.append((at_epoch, at_rows))
        if (at_epoch, at_rows) == (epoch, rows):
            os.kill(os.getpid(), signal.SIGINT)

    return on_step


OPTIONS: dict[str, Any] = {"epochs": 5, "batch_size": 10, "learning_rate": 0.1, "optimizer": "adam", "ema_decay": 0.9}


def test_ctrl_c_ends_after_the_current_step_with_the_last_whole_epoch() -> None:
    steps: list[tuple[int, int]] = []
    network = Network([2, 4, 2], seed=1)
    history = network.train(INPUTS, LABELS, **OPTIONS, on_step=_press_at(3, 20, steps))
    assert history.stopped == "interrupted"
    assert len(history) == 2
    assert steps[-1] == (3, 20)
    two_epochs = Network([2, 4, 2], seed=1)
    two_epochs.train(INPUTS, LABELS, **{**OPTIONS, "epochs": 2})
    assert network.parameters.tobytes() == two_epochs.parameters.tobytes()


def test_ctrl_c_in_the_first_epoch_keeps_the_network() -> None:
    network = Network([2, 4, 2], seed=1)
    before = network.parameters.tobytes()
    history = network.train(INPUTS, LABELS, **OPTIONS, on_step=_press_at(1, 10, []))
    assert len(history) == 0
    assert network.parameters.tobytes() == before


def test_an_interrupted_training_resumes_with_the_same_bits() -> None:
    whole = Network([2, 4, 2], seed=1)
    whole.train(INPUTS, LABELS, **OPTIONS)
    broken = Trainer(Network([2, 4, 2], seed=1), INPUTS, LABELS, **OPTIONS, on_step=_press_at(3, 40, []))
    broken.run()
    # By the state, which must be that of the last whole epoch, including the optimizer's state and the average.
    resumed = Network([2, 4, 2], seed=1)
    resumed.train(INPUTS, LABELS, **OPTIONS, resume=broken.state.as_dict())
    assert resumed.parameters.tobytes() == whole.parameters.tobytes()
    # And by the trainer itself.
    broken.on_step = None
    assert len(broken.run()) == 5
    assert broken.network.parameters.tobytes() == whole.parameters.tobytes()


def test_a_second_ctrl_c_interrupts_at_once_and_keeps_the_best() -> None:
    def impatient(epoch: int, rows: int, loss: float) -> None:  # noqa: ARG001 - a callback's shape
        if (epoch, rows) == (2, 30):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    network = Network([2, 4, 2], seed=1)
    with pytest.raises(KeyboardInterrupt):
        network.train(INPUTS, LABELS, **OPTIONS, on_step=impatient)
    one_epoch = Network([2, 4, 2], seed=1)
    one_epoch.train(INPUTS, LABELS, **{**OPTIONS, "epochs": 1})
    assert network.parameters.tobytes() == one_epoch.parameters.tobytes()


def test_the_handler_is_restored_after_an_error() -> None:
    def fail(epoch: int, rows: int, loss: float) -> None:  # noqa: ARG001 - a callback's shape
        raise LookupError

    with pytest.raises(LookupError):
        Network([2, 2]).train(INPUTS, LABELS, on_step=fail)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    history = Network([2, 2]).train(INPUTS, LABELS, **OPTIONS, on_step=_press_at(2, 10, []))
    assert len(history) == 5
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_other_threads_do_not_install_a_handler() -> None:
    seen: list[Any] = []

    def look() -> None:
        with catch_interrupt() as interrupt:
            seen.extend([signal.getsignal(signal.SIGINT), interrupt.is_set()])

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler, False]


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import numpy as np
from inknet.mlp import Network

network = Network([2, 4, 2])
history = network.train(
    np.random.default_rng(0).random((5000, 2)), np.arange(5000) % 2, epochs=100_000, batch_size=1,
    on_epoch=lambda report, trainer: print("epoch", report.epoch, flush=True),
)
print(history.stopped, len(history))
"""


@pytest.mark.slow
def test_a_real_ctrl_c_from_outside() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "epoch 1\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert err == ""
    lines = out.splitlines()
    epochs = 1 + sum(line.startswith("epoch") for line in lines)
    assert lines[-1] == f"interrupted {epochs}"
    assert np.isfinite(epochs)
