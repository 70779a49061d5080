"""A small training set, and the plan of a sweep that takes a second."""

import numpy as np
import pytest

from inknet.digits import load_mnist, write_idx
from inknet.sweep import Plan, parse_space
from tests.sweep.helpers import Digits

ROWS, HELD_OUT = 700, 200


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Digits:
    """Write a small training set, and return its files."""
    folder = tmp_path_factory.mktemp("digits")
    images, labels = load_mnist("test")
    write_idx(folder / "images", np.rint(images[:ROWS] * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(folder / "labels", labels[:ROWS].astype(np.uint8))
    return {"images": folder / "images", "labels": folder / "labels"}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute on one thread per process: more would compete for the cores."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture
def plan() -> Plan:
    space = parse_space({"hidden": "5..20", "learning-rate": "0.01..0.3", "batch-size": "20"})
    return Plan(space, epochs=3, held_out=HELD_OUT)
