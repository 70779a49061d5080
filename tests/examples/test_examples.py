"""The examples run, reach their accuracy, and plot their results."""

import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"


def load(name: str) -> ModuleType:
    spec = spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(name: str, folder: Path) -> tuple[str, NDArray[np.uint8]]:
    """Run an example; return what it printed, and its plot, (height, width, 3)."""
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py"), "plot.png"]
    quiet = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=quiet)
    assert done.stderr == ""
    assert [path.name for path in folder.iterdir()] == ["plot.png"]
    with Image.open(folder / "plot.png") as image:
        return done.stdout, np.asarray(image.convert("RGB"))


def share_of(plot: NDArray[np.uint8], color: str) -> float:
    """Return the fraction of a plot's pixels that are close to a color."""
    wanted = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])
    return float((np.abs(plot.astype(int) - wanted).max(axis=2) < 12).mean())


def test_two_moons(tmp_path: Path) -> None:
    printed, plot = run("two_moons", tmp_path)
    found = re.search(r"(\d+\.\d) % of 2,000 new points right", printed)
    assert found is not None
    assert float(found[1]) >= 97
    moons = load("two_moons")
    for color in (moons.INK, moons.RUBRIC):
        assert share_of(plot, color) > 0.002
    # Intermediate shades, where the network is uncertain.
    assert len(np.unique(plot.reshape(-1, 3), axis=0)) > 100


def test_moons_are_interleaved_half_circles() -> None:
    moons = load("two_moons")
    places, moon = moons.make_moons(1000, seed=3, noise=0.0)
    assert np.hypot(*places[moon == 0].T) == pytest.approx(np.ones(500))
    assert np.hypot(*(places[moon == 1] - [1, 0.5]).T) == pytest.approx(np.ones(500))
    assert (places[moon == 0][:, 1] >= 0).all()
    assert (places[moon == 1][:, 1] <= 0.5).all()


def test_regression(tmp_path: Path) -> None:
    printed, plot = run("regression", tmp_path)
    found = re.search(r"root-mean-square error (\d\.\d+), with noise of 0\.1", printed)
    assert found is not None
    # Much closer to the curve than the noisy training data.
    assert float(found[1]) < 0.05
    regression = load("regression")
    for color in (regression.INK, regression.RUBRIC, regression.FAINT):
        assert share_of(plot, color) > 0.001
    # The prediction follows the wave: high on the left, then low.
    rubric = np.array([int(regression.RUBRIC[at : at + 2], 16) for at in (1, 3, 5)])
    rows, columns = np.nonzero(np.abs(plot.astype(int) - rubric).max(axis=2) < 12)
    left = columns < np.quantile(columns, 0.2)
    assert rows[left].min() < rows[~left].min()


@pytest.mark.parametrize(("name", "picture"), [("two_moons", "two-moons.png"), ("regression", "regression.png")])
def test_docs_show_the_current_plots(name: str, picture: str, tmp_path: Path) -> None:
    _, plot = run(name, tmp_path)
    with Image.open(IMAGES / picture) as image:
        shown = np.asarray(image.convert("RGB"))
    # Fonts and the last bits of sums may differ between machines.
    assert shown.shape == plot.shape
    assert np.abs(shown.astype(int) - plot).mean() < 8
