"""`inknet train`, run as a person runs it, on a few hundred digits."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inknet import Network
from inknet.cli import main
from inknet.digits import load_mnist, write_idx
from inknet.mlp.storage.model_file import load_model
from tests.cli.helpers import Result, run

ROWS = 900
#: Quick, and yet row by row long enough to be killed in the middle.
OPTIONS = ("--hidden", "20", "--epochs", "6", "--batch-size", "2", "--held-out", "100", "--early-stopping", "none")


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Write a small training set, and return the options that name it."""
    folder = tmp_path_factory.mktemp("digits")
    images, labels = load_mnist("test")
    write_idx(folder / "images", np.rint(images[:ROWS] * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(folder / "labels", labels[:ROWS].astype(np.uint8))
    return ("--images", str(folder / "images"), "--labels", str(folder / "labels"))


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "inknet", "train", *map(str, arguments)]


def _train(*arguments: str | Path, cwd: Path | None = None) -> Result:
    return run("train", *arguments, cwd=cwd)


def _history(run: Path) -> list[dict[str, Any]]:
    """Return a run's history, but for the seconds, which no two runs have in common."""
    reports = [json.loads(line) for line in (run / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in report.items() if name != "seconds"} for report in reports]


def _assert_same_run(run: Path, other: Path) -> None:
    """Assert that two runs ended with the same bits."""
    assert sorted(file.name for file in run.iterdir()) == sorted(file.name for file in other.iterdir())
    assert _history(run) == _history(other)
    for file in run.glob("*.pkl"):
        if file.name != "last.pkl":
            assert file.read_bytes() == (other / file.name).read_bytes()
    last, twin = load_model(run / "last.pkl"), load_model(other / "last.pkl")
    for report in [*last["training"]["history"], *twin["training"]["history"]]:
        del report["seconds"]
    assert _flat(last) == _flat(twin)


def _flat(value: object) -> object:
    """Return plain values with arrays as their bytes, so that they can be compared."""
    if isinstance(value, dict):
        return {name: _flat(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_flat(item) for item in value]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


@pytest.fixture(scope="module")
def whole(files: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train once without an interruption; return the run folder."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    result = _train(*OPTIONS, *files, "--run", run, "--seed", "3")
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    # A line an epoch, with what was measured.
    lines = [line for line in result.stderr.splitlines() if line.startswith("epoch")]
    assert len(lines) == 6
    assert all("accuracy" in line and "learning rate" in line for line in lines)
    return run


def test_files_of_a_run(whole: Path) -> None:
    assert sorted(file.name for file in whole.iterdir()) == [
        "best.pkl",
        *(f"epoch-{epoch:03}.pkl" for epoch in range(1, 7)),
        "history.jsonl",
        "last.pkl",
        "settings.json",
    ]
    history = _history(whole)
    assert [report["epoch"] for report in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["loss"] < history[0]["loss"]
    # It has learned something from 800 digits.
    assert max(report["validation_accuracy"] for report in history) > 0.7
    best = max(history, key=lambda report: (report["validation_accuracy"], -report["epoch"]))["epoch"]
    network = Network.load(whole / "best.pkl")
    assert network.sizes == (784, 20, 10)
    assert network.parameters.tobytes() == Network.load(whole / f"epoch-{best:03}.pkl").parameters.tobytes()
    settings = json.loads((whole / "settings.json").read_text(encoding="utf-8"))
    assert settings["seed"] == 3
    assert settings["recipe"]["batch_size"] == 2
    assert re.fullmatch("[0-9a-f]{64}", settings["data_sha256"])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_gives_others(
    whole: Path, files: tuple[str, ...], tmp_path: Path
) -> None:
    assert _train(*OPTIONS, *files, "--run", tmp_path / "again", "--seed", "3").returncode == 0
    _assert_same_run(tmp_path / "again", whole)
    assert _train(*OPTIONS, *files, "--run", tmp_path / "other", "--seed", "4").returncode == 0
    assert (tmp_path / "other" / "best.pkl").read_bytes() != (whole / "best.pkl").read_bytes()


def test_the_default_run_folder_is_named_after_time_and_recipe(files: tuple[str, ...], tmp_path: Path) -> None:
    result = _train("--hidden", "none", "--epochs", "1", "--held-out", "50", *files, "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    (run,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-source", run.name)
    assert json.loads(result.stdout)["run"] == f"runs/{run.name}"
    assert Network.load(run / "best.pkl").sizes == (784, 10)


def test_json_is_one_document(files: tuple[str, ...], tmp_path: Path) -> None:
    result = _train(*OPTIONS, *files, "--run", tmp_path / "run", "--json", "--epochs", "2")
    document = json.loads(result.stdout)
    assert document["run"] == str(tmp_path / "run")
    assert document["model"] == str(tmp_path / "run" / "best.pkl")
    assert [report["epoch"] for report in document["epochs"]] == [1, 2]
    assert document["best"] in document["epochs"]
    assert document["stopped"]


def _interrupt(run: Path, files: tuple[str, ...], how: signal.Signals, moment: random.Random) -> int | None:
    """Begin or resume a training, end it at a random moment, and return its exit status."""
    begun = (run / "settings.json").exists()
    arguments: tuple[str | Path, ...] = ("--resume", run) if begun else (*OPTIONS, *files, "--run", run, "--seed", "3")
    process = subprocess.Popen(_command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stderr is not None
        # The first line tells that the training begins.
        assert process.stderr.readline()
        time.sleep(moment.uniform(0, 0.25))
        process.send_signal(how)
        rest = process.stderr.read()
        assert "Traceback" not in rest
    return process.returncode


def _finish(run: Path) -> None:
    result = _train("--resume", run)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.slow
def test_a_repeatedly_killed_run_ends_with_the_same_bits(
    seed: int, whole: Path, files: tuple[str, ...], tmp_path: Path
) -> None:
    moment = random.Random(seed)
    run = tmp_path / "killed"
    statuses = [_interrupt(run, files, signal.SIGKILL, moment) for _ in range(4)]
    assert -signal.SIGKILL in statuses
    _finish(run)
    # What a kill left half written is no part of the run.
    for file in set(run.iterdir()) - {run / file.name for file in whole.iterdir()}:
        assert re.search(r"\.tmp|^\.", file.name), file
        file.unlink()
    _assert_same_run(run, whole)


@pytest.mark.slow
def test_an_interrupted_run_says_how_to_resume_and_ends_with_the_same_bits(
    whole: Path, files: tuple[str, ...], tmp_path: Path
) -> None:
    run = tmp_path / "interrupted"
    command = _command(*OPTIONS, *files, "--run", run, "--seed", "3", "--json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while not (line := process.stderr.readline()).startswith("epoch"):
            assert line, "it ended before its first epoch"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode == 130
    assert f"inknet train --resume {run}" in re.sub(r"\s*\n\s*", " ", errors).replace(" /", " /")
    document = json.loads(output)
    assert document["stopped"] == "interrupted"
    assert 1 <= len(document["epochs"]) < 6
    _finish(run)
    _assert_same_run(run, whole)


def test_resuming_a_finished_run_changes_nothing(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "done"
    shutil.copytree(whole, run)
    _finish(run)
    _assert_same_run(run, whole)


Complain = Callable[..., str]


@pytest.fixture
def complain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complain:
    """Return a function that runs what must fail: one line on standard error, status 2, and nothing left behind.

    It runs in this process, in a folder of its own; whatever would be a traceback is an exception here.
    """
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["inknet", "train", *map(str, arguments)])
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(SystemExit) as ended:
            main()
        output, errors = capsys.readouterr()
        assert (ended.value.code, output) == (2, ""), errors
        assert errors.startswith("inknet: ")
        assert errors.count("\n") == 1
        assert sorted(tmp_path.rglob("*")) == before
        return errors

    return run


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--hidden", "abc"), "abc"),
        (("--hidden", "0"), "size"),
        (("--hidden", "-5"), "size"),
        (("--epochs", "0"), "epoch"),
        (("--epochs", "two"), "--epochs"),
        (("--recipe", "cake"), "cake"),
        (("--activation", "swish"), "swish"),
        (("--output", "relu"), "relu"),
        (("--bias", "none"), "bias"),
        (("--init", "zeros"), "zeros"),
        (("--optimizer", "lion"), "lion"),
        (("--schedule", "sometimes"), "sometimes"),
        (("--loss", "hinge"), "hinge"),
        (("--early-stopping", "bored"), "bored"),
        (("--learning-rate", "-1"), "learning"),
        (("--learning-rate", "nan"), "learning"),
        (("--batch-size", "0"), "batch"),
        (("--weight-decay", "-0.1"), "decay"),
        (("--held-out", "900"), "--held-out"),
        (("--held-out", "-1"), "held_out must be"),
        (("--held-out", "0", "--early-stopping", "accuracy-falls"), "accuracy"),
        (("--seed", "-1"), "seed"),
        (("--nonsense",), "nonsense"),
        (("--resume", "somewhere"), "--resume"),
    ],
)
def test_invalid_options_are_refused(
    options: tuple[str, ...], reason: str, files: tuple[str, ...], complain: Complain
) -> None:
    assert reason in complain(*OPTIONS, *files, "--run", "run", *options)


def test_invalid_data_are_refused(files: tuple[str, ...], tmp_path: Path, complain: Complain) -> None:
    write_idx(tmp_path / "wide", np.zeros((900, 28, 30), dtype=np.uint8))
    (tmp_path / "names.txt").write_text("one\ntwo\n")
    write_idx(tmp_path / "few", np.zeros((7, 28, 28), dtype=np.uint8))
    write_idx(tmp_path / "eleven", np.full(900, 11, dtype=np.uint8))
    (tmp_path / "text").write_text("no IDX file")
    (tmp_path / "empty").mkdir()
    images, labels = files[1], files[3]
    run = ("--run", "run")
    assert "belong together" in complain("--images", images, *run)
    assert "belong together" in complain("--labels", labels, *run)
    for recipe in ("digits", "drawings"):
        assert "28×30" in complain("--images", "wide", "--labels", labels, "--recipe", recipe, *run)
    assert "label 9 has no name" in complain("--images", images, "--labels", labels, "--classes", "names.txt", *run)
    assert "nowhere.txt" in complain("--images", images, "--labels", labels, "--classes", "nowhere.txt", *run)
    assert "leave them out" in complain("--classes", "names.txt", *run)
    assert "two or more subfolders" in complain("--images", "empty", *run)
    assert "900 labels" in complain("--images", "few", "--labels", labels, *run)
    assert "11" in complain("--images", images, "--labels", "eleven", *run)
    assert "text" in complain("--images", "text", "--labels", labels, *run)
    assert "nowhere" in complain("--images", "nowhere", "--labels", labels, *run)
    assert "empty-folder" in complain("--data", "empty-folder", *run)


def test_a_run_folder_must_be_empty(files: tuple[str, ...], tmp_path: Path, complain: Complain) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("Dear Ada")
    assert "not empty" in complain(*OPTIONS, *files, "--run", "full")
    assert "not empty" in complain(*OPTIONS, *files, "--run", "full/letter.txt")
    (tmp_path / "empty").mkdir()
    assert _train(*OPTIONS, *files, "--epochs", "1", "--run", "empty", cwd=tmp_path).returncode == 0


Damage = Callable[[Path], object]


def _change(settings: Path, **changes: object) -> None:
    values = json.loads(settings.read_text(encoding="utf-8"))
    settings.write_text(json.dumps(values | changes), encoding="utf-8")


DAMAGES: dict[str, tuple[Damage, str]] = {
    "no settings": (lambda run: (run / "settings.json").unlink(), "not a run folder"),
    "no JSON": (lambda run: (run / "settings.json").write_text("{"), "cannot read"),
    "bytes": (lambda run: (run / "settings.json").write_bytes(b"\xff\xfe\x00"), "cannot read"),
    "a list": (lambda run: (run / "settings.json").write_text("[]"), "must be a JSON object"),
    "nothing in it": (lambda run: (run / "settings.json").write_text("{}"), "not those of this version"),
    "no recipe": (lambda run: _change(run / "settings.json", recipe=None), "not those of this version"),
    "half a recipe": (lambda run: _change(run / "settings.json", recipe={"name": "x"}), "not those of this version"),
    "a recipe of another time": (
        lambda run: _change(run / "settings.json", recipe={"name": "x", "distortion": None, "color": 1}),
        "not those of this version",
    ),
    "no seed": (lambda run: _change(run / "settings.json", seed=None), "not those of this version"),
    "a seed that is none": (lambda run: _change(run / "settings.json", seed="tuesday"), "not those of this version"),
    "data that have gone": (lambda run: _change(run / "settings.json", images="/nowhere/images"), "/nowhere/images"),
    "data of another kind": (lambda run: _change(run / "settings.json", images=5), "settings"),
    "other data": (lambda run: _change(run / "settings.json", data_sha256="0" * 64), "training data"),
    "a last epoch that is garbage": (lambda run: (run / "last.pkl").write_bytes(b"garbage"), "last.pkl"),
    "a last epoch cut short": (
        lambda run: (run / "last.pkl").write_bytes((run / "last.pkl").read_bytes()[:900]),
        "last.pkl",
    ),
    "a network without a training": (lambda run: shutil.copy(run / "best.pkl", run / "last.pkl"), "last.pkl"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_run_folder_is_refused(name: str, whole: Path, tmp_path: Path, complain: Complain) -> None:
    shutil.copytree(whole, tmp_path / "run")
    damage, reason = DAMAGES[name]
    damage(tmp_path / "run")
    assert reason in complain("--resume", "run")


def test_a_resumed_run_keeps_its_own_settings(whole: Path, tmp_path: Path, complain: Complain) -> None:
    shutil.copytree(whole, tmp_path / "run")
    for options in (
        ("--epochs", "9"),
        ("--hidden", "30"),
        ("--run", "elsewhere"),
        ("--data", "elsewhere"),
        ("--images", "elsewhere"),
        ("--labels", "elsewhere"),
        ("--recipe", "digits"),
        ("--seed", "8"),
        ("--learning-rate", "0.5"),
    ):
        assert options[0] in complain("--resume", "run", *options)


def test_changed_data_are_refused_on_resume(files: tuple[str, ...], tmp_path: Path, complain: Complain) -> None:
    for file in (files[1], files[3]):
        shutil.copy(file, tmp_path)
    own = ("--images", "images", "--labels", "labels")
    assert _train(*OPTIONS, *own, "--epochs", "1", "--run", "run", cwd=tmp_path).returncode == 0
    labels = np.fromfile(tmp_path / "labels", dtype=np.uint8)
    labels[-1] = (labels[-1] + 1) % 10
    labels.tofile(tmp_path / "labels")
    assert "training data" in complain("--resume", "run")


def test_an_exploding_loss_is_one_line(files: tuple[str, ...], tmp_path: Path) -> None:
    result = _train(*OPTIONS, *files, "--run", "run", "--learning-rate", "1e20", cwd=tmp_path)
    assert result.returncode == 2
    assert "lower the learning rate" in result.stderr.splitlines()[-1]


def test_a_run_folder_that_cannot_be_created(files: tuple[str, ...], tmp_path: Path, complain: Complain) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in complain(*OPTIONS, *files, "--run", "file/run")


def test_no_colors_in_a_pipe(files: tuple[str, ...], tmp_path: Path) -> None:
    result = _train(*OPTIONS, *files, "--epochs", "1", "--run", tmp_path / "run")
    assert "\x1b" not in result.stderr
    assert os.linesep in result.stderr
