import itertools
import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inknet.digits import PenDigit, Recognizer, write_idx
from inknet.digits.classes import DIGITS
from inknet.digits.datasets.dataset import Dataset
from inknet.digits.drawing.distort import Distortion
from inknet.digits.outliers import OutlierDetector
from inknet.digits.training.recipes import Recipe
from inknet.digits.training.run import Run, training_set_of
from inknet.digits.training.training_set import render_pen_digits
from inknet.mlp import EpochReport, InputError, Network
from tests.digits.conftest import Mnist
from tests.digits.helpers import one_sentence

#: With everything that a resumed training has to take up again: moments, an average, a schedule, distortions.
RECIPE = Recipe(
    "all",
    sizes=(784, 16, 10),
    init="he",
    epochs=5,
    learning_rate=0.005,
    batch_size=20,
    optimizer="adam",
    schedule="cosine-warmup",
    weight_decay=0.01,
    label_smoothing=0.05,
    ema_decay=0.9,
    held_out=50,
    distortion=Distortion(),
    moments=True,
)


@pytest.fixture
def files(mnist_test: Mnist, tmp_path: Path) -> dict[str, Path]:
    images, labels = mnist_test[0][:400], mnist_test[1][:400]
    write_idx(tmp_path / "images", np.rint(images * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(tmp_path / "labels", labels.astype(np.uint8))
    return {"images": tmp_path / "images", "labels": tmp_path / "labels"}


class KilledError(Exception):
    pass


def kill_after(steps: int) -> Callable[[int, int, float], None]:
    """Return what kills a training after so many of its steps."""
    left = itertools.chain(range(steps), [None])

    def on_step(_epoch: int, _rows: int, _loss: float) -> None:
        if next(left) is None:
            raise KilledError

    return on_step


def test_a_killed_run_resumes_after_its_last_epoch(files: dict[str, Path], tmp_path: Path) -> None:
    recipe = replace(RECIPE, epochs=2)
    whole = Run.start(tmp_path / "whole", recipe, seed=2, **files)
    assert whole.train().stopped == "all 2 epochs are done"
    cut = Run.start(tmp_path / "cut", recipe, seed=2, **files)
    with pytest.raises(KilledError):
        cut.train(on_step=kill_after(20))
    resumed = Run.resume(tmp_path / "cut")
    assert resumed.epochs_done == 1
    assert len(resumed.train()) == 2
    assert (tmp_path / "cut" / "best.pkl").read_bytes() == (tmp_path / "whole" / "best.pkl").read_bytes()


def test_other_data_and_a_used_folder_are_refused(files: dict[str, Path], tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", RECIPE, seed=0, **files)
    with run.folder.lock(), pytest.raises(InputError):
        Run.resume(tmp_path / "run")
    write_idx(files["labels"], np.arange(400, dtype=np.uint8) % 10)
    with pytest.raises(InputError, match="the training data differ"):
        Run.resume(tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda settings: settings | {"seed": True}, "seed must be an integer"),
        (lambda settings: settings | {"seed": "0"}, "seed must be an integer"),
        (lambda settings: {name: settings[name] for name in settings if name != "data_sha256"}, "data_sha256"),
        (lambda settings: settings | {"recipe": settings["recipe"] | {"dropout": 0.5}}, "dropout"),
    ],
    ids=["truth value", "text", "missing", "unknown"],
)
def test_settings_of_another_version_are_refused(
    change: Callable[[dict[str, Any]], dict[str, Any]], reason: str, files: dict[str, Path], tmp_path: Path
) -> None:
    Run.start(tmp_path / "run", RECIPE, seed=0, **files)
    path = tmp_path / "run" / "settings.json"
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    with pytest.raises(InputError, match="its settings are not those of this version") as caught:
        Run.resume(tmp_path / "run")
    assert reason in one_sentence(caught.value)


def test_a_run_measured_on_held_out_images_may_stop_early(files: dict[str, Path], tmp_path: Path) -> None:
    recipe = replace(RECIPE, early_stopping=("accuracy-falls",))
    run = Run.start(tmp_path / "run", recipe, images=files["images"], labels=files["labels"])
    assert run.recipe.seed == 0
    assert run.recipe.stopping_rules


@pytest.mark.parametrize(("pen", "canvas"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_pen_digits_are_read_only_if_the_recipe_adds_them(
    pen: int, canvas: int, mnist_test: Mnist, held_out: list[PenDigit], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = iter([held_out[:6]])
    monkeypatch.setattr("inknet.digits.training.run.load_pen_digits", lambda: next(loaded))
    monkeypatch.setattr("inknet.digits.training.run.split_by_writer", lambda digits: (digits[:4], digits[4:]))
    data = Dataset(mnist_test[0][:5], mnist_test[1][:5], (28, 28), DIGITS)
    recipe = Recipe("x", held_out=0, pen_variants=pen, canvas_variants=canvas)
    made = training_set_of(recipe, data, 3)
    assert len(made.inputs) == 5 + 4 * (pen + canvas)
    assert (made.inputs[5:] == render_pen_digits(held_out[:4], pen, canvas, 3)[0]).all()
    assert len(list(loaded)) == (pen + canvas == 0)


def test_the_outlier_detector_doubts_few_of_the_held_out_writers(
    files: dict[str, Path], tmp_path: Path, held_out: list[PenDigit], monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[tuple[Any, ...]] = []

    def fit(*arguments: Any, **options: Any) -> OutlierDetector:  # noqa: ANN401 - of several types
        fitted.append((*arguments, options))
        return OutlierDetector(Network([26, 1], output="sigmoid"), 0.25)

    monkeypatch.setattr("inknet.digits.training.run.fit_outlier_detector", fit)
    monkeypatch.setattr("inknet.digits.training.run.load_pen_digits", lambda: held_out[:5])
    monkeypatch.setattr("inknet.digits.training.run.split_by_writer", lambda digits: (digits[:2], digits[2:]))
    run = Run.start(tmp_path / "run", replace(RECIPE, epochs=1, non_digits=30), seed=4, **files)
    run.train()
    [(network, digits, augment, options)] = fitted
    assert network is run.network
    assert digits == [run.training_set.inputs]
    assert augment is run.training_set.augment
    others = [render_pen_digits(held_out[2:5], *variants, seed=4)[0] for variants in ((1, 0), (0, 1))]
    for images, expected in zip(options.pop("held_out"), others, strict=True):
        assert np.array_equal(images, expected)
    assert options == {"moments": True, "non_digits": 30, "seed": 4}
    saved = Network.load(tmp_path / "run" / "best.pkl").metadata["certainty"]
    assert saved["threshold"] == 0.25


@pytest.mark.slow
@pytest.mark.parametrize("interrupted", [False, True])
def test_an_outlier_detector_is_fitted_after_the_training(
    interrupted: bool,
    files: dict[str, Path],
    tmp_path: Path,
    held_out: list[PenDigit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("inknet.digits.training.run.split_by_writer", lambda digits: (digits[:20], digits[20:]))
    monkeypatch.setattr("inknet.digits.training.run.load_pen_digits", lambda: held_out[:60])
    recipe = replace(RECIPE, epochs=1, non_digits=30, pen_variants=1)
    run = Run.start(tmp_path / "run", recipe, seed=0, **files)
    assert len(run.training_set.inputs) == 350 + 20

    def on_step(_epoch: int, rows: int, _loss: float) -> None:
        if interrupted and rows > 100:
            signal.raise_signal(signal.SIGINT)

    history = run.train(on_step=on_step)
    assert (history.stopped == "interrupted") == interrupted
    assert ("certainty" in run.network.metadata) != interrupted
    if not interrupted:
        saved = Recognizer.load(tmp_path / "run" / "best.pkl")
        assert saved.outlier_detector is not None
        assert saved.outlier_detector.network.sizes == (26, 96, 1)
        # Of the 40 digits held out, rendered in two ways, one may be rejected in each.
        assert saved.is_certain(render_pen_digits(held_out[20:60], 1, 0, 0)[0]).sum() >= 39
        assert saved.is_certain(render_pen_digits(held_out[20:60], 0, 1, 0)[0]).sum() >= 39


@pytest.mark.slow
@pytest.mark.parametrize("steps", [0, 7, 18, 30, 70, 89])
def test_a_run_with_every_ingredient_resumes_with_the_same_bits(
    steps: int, files: dict[str, Path], tmp_path: Path
) -> None:
    whole = Run.start(tmp_path / "whole", RECIPE, seed=2, **files)
    whole.train()
    cut = Run.start(tmp_path / "cut", RECIPE, seed=2, **files)
    with pytest.raises(KilledError):
        cut.train(on_step=kill_after(steps))
    resumed = Run.resume(tmp_path / "cut")
    # 350 rows in steps of 20: 18 steps an epoch.
    assert resumed.epochs_done == steps // 18
    assert resumed.recipe == replace(RECIPE, seed=2)
    history = resumed.train()
    assert len(history) == 5
    assert resumed.network.parameters.tobytes() == whole.network.parameters.tobytes()
    for name in ("best.pkl", *(f"epoch-{epoch:03}.pkl" for epoch in range(1, 6))):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_the_settings_are_plain_values_and_the_network_knows_its_recipe(files: dict[str, Path], tmp_path: Path) -> None:
    run = Run.start(tmp_path / "run", replace(RECIPE, epochs=1), seed=7, **files)
    settings = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert settings["seed"] == 7
    assert settings["recipe"]["distortion"]["rotation"] == 0.12
    assert settings["images"] == str(files["images"])
    seen: list[EpochReport] = []
    run.train(on_epoch=seen.append)
    assert [report.epoch for report in seen] == [1]
    # Saved before it is told of.
    metadata = Network.load(tmp_path / "run" / "best.pkl").metadata
    assert metadata["recipe"] == "all"
    assert metadata["moments"] is True
    assert metadata["seed"] == 7


def test_a_run_without_an_epoch_starts_from_the_beginning(files: dict[str, Path], tmp_path: Path) -> None:
    begun = Run.start(tmp_path / "run", RECIPE, seed=1, **files)
    resumed = Run.resume(tmp_path / "run")
    assert resumed.epochs_done == 0
    assert resumed.network.parameters.tobytes() == begun.network.parameters.tobytes()


@pytest.mark.parametrize("seed", [None, np.int64(3)])
def test_any_seed_is_an_integer_in_the_settings(seed: Any, files: dict[str, Path], tmp_path: Path) -> None:  # noqa: ANN401
    recipe = RECIPE.change(learning_rate=np.float32(0.01), epochs=np.int16(1), batch_size=np.uint8(50))
    begun = Run.start(tmp_path / "run", recipe, seed=seed, **files)
    stored = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))["seed"]
    assert type(stored) is int
    assert seed in (None, stored)
    resumed = Run.resume(tmp_path / "run")
    assert resumed.recipe == begun.recipe
    assert resumed.network.parameters.tobytes() == begun.network.parameters.tobytes()


@pytest.mark.parametrize(
    "change",
    [
        {"sizes": (784, 0, 10)},
        {"optimizer": "lion"},
        {"schedule": "sometimes"},
        {"loss": "hinge"},
        {"ema_decay": 1.5},
        {"label_smoothing": -1},
        {"early_stopping": ("bored",)},
        {"early_stopping": ("accuracy-falls",), "held_out": 0},
        {"held_out": 400},
        {"held_out": 10.5},
    ],
    ids=str,
)
def test_invalid_options_are_refused_before_a_folder_is_created(
    change: dict[str, object], files: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        Run.start(tmp_path / "run", replace(RECIPE, **change), **files)  # type: ignore[arg-type]
    one_sentence(caught.value)
    assert not (tmp_path / "run").exists()
