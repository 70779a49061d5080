"""`inknet train --log`: what a run's logs hold, and that they hold it once, however the run was cut short."""

import csv
import io
import json
import shutil
import signal
import struct
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stderr
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from inknet.cli import main
from inknet.cli.run_log import log_formats
from inknet.digits import load_mnist, write_idx
from inknet.mlp import InknetError

pytestmark = pytest.mark.slow

Event = import_module("tensorboardX.proto.event_pb2").Event

EPOCHS = 4
KILLED_AT = Path(__file__).parents[1] / "robustness" / "killed_at.py"
TAGS = ["accuracy/held-out", "learning_rate", "loss/held-out", "loss/training", "seconds"]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write a small training set, and return the options of a training of it."""
    folder = tmp_path_factory.mktemp("digits")
    images, labels = load_mnist("test")
    write_idx(folder / "images", np.rint(images[:300] * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(folder / "labels", labels[:300].astype(np.uint8))
    files = ["--images", str(folder / "images"), "--labels", str(folder / "labels")]
    return [*files, "--hidden", "8", "--epochs", str(EPOCHS), "--batch-size", "8", "--held-out", "100"]


def train(*arguments: str | Path) -> tuple[int, str]:
    """Run `inknet train` in this process, where it need not first be imported; return its status and its messages."""
    errors = io.StringIO()
    command = ["inknet", "train", *map(str, arguments)]
    with patch.object(sys, "argv", command), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), errors.getvalue()


def train_and_die(moment: str, number: int, *arguments: str | Path) -> None:
    """Run `inknet train` and kill it with `tests/robustness/killed_at.py`."""
    command = [sys.executable, str(KILLED_AT), moment, str(number), "train", *map(str, arguments)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def whole(options: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train with both logs and without an interruption; return the run folder."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    assert train(*options, "--run", run, "--log", "csv,tensorboard")[0] == 0
    return run


def rows(run: Path) -> list[dict[str, str]]:
    """Return the lines of metrics.csv."""
    with (run / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def without_seconds(run: Path) -> list[dict[str, str]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows(run)]


def events(run: Path) -> list[Any]:
    """Return the events in a run folder's one event file, as TensorBoard's format has them.

    Each is a length of eight bytes, four bytes of checksum, the event, and four more.
    """
    (path,) = run.glob("events.out.tfevents.*")
    data, found = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert len(data) >= length + 16, "the last event is half written"
        found.append(Event.FromString(data[12 : 12 + length]))
        data = data[length + 16 :]
    return found


def points(run: Path) -> dict[tuple[str, int], float]:
    """Return the points of all curves, by tag and step; each must be there once."""
    every = [
        ((value.tag, event.step), value.simple_value)
        for event in events(run)
        for value in event.summary.value
        if value.HasField("simple_value")
    ]
    assert set(Counter(place for place, _ in every).values()) <= {1}
    return dict(every)


def test_csv_matches_the_history(whole: Path) -> None:
    history = [json.loads(line) for line in (whole / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [int(row["epoch"]) for row in rows(whole)] == [1, 2, 3, 4]
    assert [{name: float(value) for name, value in row.items()} for row in rows(whole)] == history


def test_event_file_matches_the_history(whole: Path) -> None:
    assert events(whole)[0].file_version == "brain.Event:2"
    curves = points(whole)
    assert sorted(curves) == [(tag, step) for tag in TAGS for step in range(1, EPOCHS + 1)]
    for row in rows(whole):
        step = int(row["epoch"])
        assert curves["loss/training", step] == pytest.approx(float(row["loss"]), rel=1e-6)
        assert curves["loss/held-out", step] == pytest.approx(float(row["validation_loss"]), rel=1e-6)
        assert curves["accuracy/held-out", step] == pytest.approx(float(row["validation_accuracy"]), rel=1e-6)
    times = [event.wall_time for event in events(whole)[1:]]
    assert times == sorted(times)


def test_event_file_contains_the_settings(whole: Path) -> None:
    values = {value.tag: value for event in events(whole) for value in event.summary.value}
    text = values["settings/text_summary"].tensor.string_val[0].decode()
    assert json.loads(text) == json.loads((whole / "settings.json").read_text(encoding="utf-8"))
    begin = values["_hparams_/session_start_info"].metadata.plugin_data.content
    for name in (b"recipe.learning_rate", b"recipe.sizes", b"784, 8, 10", b"data_sha256"):
        assert name in begin


def test_no_held_out_values_without_a_held_out_set(options: list[str], tmp_path: Path) -> None:
    run = tmp_path / "run"
    few = [*options[:-1], "0", "--early-stopping", "none"]
    assert train(*few, "--run", run, "--log", "tensorboard, csv")[0] == 0
    assert {row["validation_loss"] for row in rows(run)} == {""}
    assert {tag for tag, _ in points(run)} == {"learning_rate", "loss/training", "seconds"}


def test_no_log_without_the_option(options: list[str], tmp_path: Path) -> None:
    assert train(*options, "--run", tmp_path / "run")[0] == 0
    assert not list(tmp_path.glob("run/metrics.csv")) + list(tmp_path.glob("run/events*"))


@pytest.mark.parametrize(
    ("moment", "number"),
    # An epoch writes its network, the best, the history, the last state, and metrics.csv; before come the settings,
    # and metrics.csv without an epoch.
    [("epoch", 60), ("write", 7), ("rename", 11), ("renamed", 12)],
)
def test_a_killed_and_resumed_run_logs_every_epoch_once(
    moment: str, number: int, options: list[str], whole: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    train_and_die(moment, number, *options, "--run", run, "--log", "csv,tensorboard")
    assert (run / "metrics.csv").exists()
    assert len(rows(run)) < EPOCHS
    # It goes on with the logs that are there, without being told.
    assert train("--resume", run)[0] == 0
    assert without_seconds(run) == without_seconds(whole)
    curves = points(run)
    assert sorted(curves) == sorted(points(whole))
    assert [place for place, value in points(whole).items() if place[0] != "seconds" and curves[place] != value] == []


def test_incomplete_records_of_a_killed_run_are_removed(options: list[str], whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_and_die("epoch", 60, *options, "--run", run, "--log", "csv,tensorboard")
    (path,) = run.glob("events*")
    with path.open("ab") as file:
        file.write(path.read_bytes()[-30:-7])
    with pytest.raises(AssertionError, match="half written"):
        events(run)
    with (run / "metrics.csv").open("a", encoding="utf-8") as text:
        text.write("7,0.12")
    assert train("--resume", run)[0] == 0
    assert without_seconds(run) == without_seconds(whole)
    assert sorted(points(run)) == sorted(points(whole))


def test_a_log_can_be_added_on_resume(whole: Path, tmp_path: Path) -> None:
    # This one is at its end: the logs are made of its history alone.
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    for path in (*run.glob("events*"), run / "metrics.csv"):
        path.unlink()
    assert train("--resume", run, "--log", "csv,tensorboard")[0] == 0
    assert rows(run) == rows(whole)
    assert points(run) == points(whole)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--log", "wandb"), "--log must be csv, tensorboard or both, separated by a comma, got 'wandb'"),
        (("--log", ""), "--log must be csv, tensorboard or both, separated by a comma, got ''"),
        (("--log", "csv,"), "--log must be csv, tensorboard or both, separated by a comma, got ''"),
        (("--from", "model.pkl", "--drawings", "file.jsonl", "--log", "csv"), "leave out --log"),
    ],
)
def test_unknown_formats_are_refused(arguments: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    status, errors = train(*arguments, "--run", tmp_path / "run")
    assert status == 2
    assert errors.startswith("inknet: ")
    assert reason in errors
    assert not (tmp_path / "run").exists()


def test_a_missing_extra_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(InknetError, match=r"needs tensorboardx: pip install 'inknet\[tensorboard\]'"):
        log_formats("csv,tensorboard")
    assert log_formats("csv") == ["csv"]
    assert log_formats(None) == []


def test_an_unwritable_log_is_one_line_and_the_run_can_be_resumed(
    options: list[str], whole: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    train_and_die("epoch", 60, *options, "--run", run, "--log", "csv")
    (run / "metrics.csv").unlink()
    (run / "metrics.csv").mkdir()
    status, errors = train("--resume", run)
    assert status == 2
    line = errors.splitlines()[-1]
    assert line.startswith(f"inknet: cannot write the run's log: {run / 'metrics.csv'}: Is a directory; ")
    assert f"continue with --resume {run}" in line
    (run / "metrics.csv").rmdir()
    assert train("--resume", run, "--log", "csv")[0] == 0
    assert without_seconds(run) == without_seconds(whole)
