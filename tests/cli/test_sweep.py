"""`inknet sweep` on a few hundred digits."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inknet.cli import main
from inknet.digits import load_mnist, write_idx
from inknet.sweep.sweep import open_results
from tests.cli.helpers import Result, complaint, run

pytestmark = pytest.mark.slow

OPTIONS = ("--hidden", "10,20", "--learning-rate", "0.003..0.3", "--held-out", "200")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Write a small training set, and return its options."""
    folder = tmp_path_factory.mktemp("digits")
    images, labels = load_mnist("test")
    write_idx(folder / "images", np.rint(images[:700] * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(folder / "labels", labels[:700].astype(np.uint8))
    return ("--images", str(folder / "images"), "--labels", str(folder / "labels"))


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "inknet", *map(str, arguments)]


def _inknet(*arguments: str | Path) -> Result:
    return run(*arguments)


def _trials(text: str) -> list[int]:
    """Return the numbers of the trials that were reported as finished."""
    return [int(number) for number in re.findall(r"^trial +(\d+) ", text, flags=re.MULTILINE)]


@pytest.fixture(scope="module")
def swept(files: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Run a sweep with finalists, and return its folder and its JSON document."""
    run = tmp_path_factory.mktemp("swept") / "run"
    result = _inknet(
        *("sweep", *files, *OPTIONS, "--run", str(run), "--trials", "12", "--epochs", "3", "--batch-size", "20"),
        *("--finalists", "2", "--seeds", "2", "--json"),
    )
    assert result.returncode == 0, result.stderr
    assert _trials(result.stderr) == list(range(12))
    assert len(re.findall("^finalist ", result.stderr, flags=re.MULTILINE)) == 4
    document: dict[str, Any] = json.loads(result.stdout)
    return run, document


def test_json_document(swept: tuple[Path, dict[str, Any]]) -> None:
    run, document = swept
    assert document["run"] == str(run)
    assert document["model"] == str(run / "best.pkl")
    assert document["stopped"] == "all trials are done"
    assert document["plan"]["space"] == {"hidden": "10,20", "learning-rate": "0.003..0.3", "batch-size": "20"}
    assert len(document["trials"]) == 12
    accuracies = [trial["accuracy"] for trial in document["trials"] if trial["state"] == "complete"]
    assert document["best"]["accuracy"] == max(accuracies)
    assert sum(document["importances"].values()) == pytest.approx(1) if document["importances"] else True
    assert [len(finalist["accuracies"]) for finalist in document["finalists"]] == [2, 2]


def test_best_network_is_a_normal_model(swept: tuple[Path, dict[str, Any]], files: tuple[str, ...]) -> None:
    _, document = swept
    result = _inknet("evaluate", document["model"], *files, "--json")
    assert result.returncode == 0, result.stderr
    evaluated = json.loads(result.stdout)
    assert evaluated["count"] == 700
    # It was trained on all but the last 200.
    assert evaluated["accuracy"] > 0.8
    seven = Path(__file__).parents[2] / "examples" / "seven.png"
    result = _inknet("predict", seven, "--model", document["model"], "--json")
    assert result.returncode == 0, result.stderr
    (answer,) = json.loads(result.stdout)
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_report_on_a_sweep(swept: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    run, document = swept
    result = _inknet("report", run, "--output", tmp_path, "--json")
    assert result.returncode == 0, result.stderr
    reported = json.loads(result.stdout)
    assert {name: reported[name] for name in ("best", "trials", "finalists")} == {
        name: document[name] for name in ("best", "trials", "finalists")
    }
    assert Path(reported["report"]) == tmp_path / "report.html"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for title in ("Finalists", "Accuracy by size and learning rate", "Accuracy by training time", "All trials"):
        assert f"<h2>{title}</h2>" in page
    assert page.count("<img ") == len(reported["pictures"]) >= 3
    assert "http" not in page
    assert f"<td>{100 * document['best']['accuracy']:.2f} %</td>" in page


def test_ctrl_c_then_resume(files: tuple[str, ...], tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--run", run, "--trials", "6", "--epochs", "4", "--batch-size", "1")
    with subprocess.Popen(_command("sweep", *files, *OPTIONS, *options), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"6 trials, in {run}\n"
        line = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.splitlines()[-1] == f"Continue with: inknet sweep --resume {run}"
    # A line that Ctrl-C interrupts may be printed twice.
    done = set(_trials(line + rest))
    result = _inknet("sweep", "--resume", run, "--json")
    assert result.returncode == 0, result.stderr
    trials = json.loads(result.stdout)["trials"]
    assert sorted([*done, *_trials(result.stderr)]) == [trial["number"] for trial in trials]
    assert len(trials) == 6


def test_resume_after_kill_loses_nothing(files: tuple[str, ...], tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--run", run, "--trials", "5", "--epochs", "4", "--batch-size", "1", "--heartbeat", "1")
    with subprocess.Popen(_command("sweep", *files, *OPTIONS, *options), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for _ in range(2):
            line = process.stderr.readline()
        time.sleep(0.3)
        process.kill()
        rest = process.stderr.read()
    done = _trials(line + rest)
    assert 1 <= len(done) < 5
    before = {trial.number: trial for trial in open_results(run).trials}
    result = _inknet("sweep", "--resume", run, "--json")
    assert result.returncode == 0, result.stderr
    trials = json.loads(result.stdout)["trials"]
    assert len(trials) == 5
    after = {trial.number: trial for trial in open_results(run).trials}
    assert before.items() <= after.items()
    assert (run / "best.pkl").is_file()
    assert not list(run.glob(".*.tmp"))


def test_options_override_the_space_file(files: tuple[str, ...], tmp_path: Path) -> None:
    space = tmp_path / "space.toml"
    space.write_text('hidden = [5, 6]\nlearning-rate = "0.01..0.1"\nbatch-size = 50\nepochs = 1\nheld-out = 100\n')
    result = _inknet(
        *("sweep", *files, "--space", str(space), "--learning-rate", "0.2", "--trials", "1"),
        *("--run", str(tmp_path / "run"), "--json"),
    )
    assert result.returncode == 0, result.stderr
    plan = json.loads(result.stdout)["plan"]
    assert plan["space"] == {"hidden": "5,6", "learning-rate": "0.2", "batch-size": "50"}
    assert (plan["epochs"], plan["held_out"]) == (1, 100)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--hidden", "many"), "hidden must be a positive integer, got 'many'"),
        (("--activation", "elu"), "activation must be one of"),
        (("--trials", "0"), "greater than or equal to 1"),
        (("--resume", "nowhere"), "nowhere is not a run folder"),
        (("--resume", "nowhere", "--hidden", "5"), "leave out --hidden"),
        (("--space", "none.toml"), "cannot read none.toml"),
        (("--storage", "sqlite:///x.db"), "postgresql://user@host/database"),
        (("--each", "hidden", "--hidden", "5..9"), "several choices"),
    ],
)
def test_invalid_options_are_rejected_in_one_line(
    options: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = () if "--resume" in options else ("--run", str(tmp_path / "run"))
    monkeypatch.setattr(sys, "argv", ["inknet", "sweep", *options, *run])
    with pytest.raises(SystemExit) as exit_info:
        main()
    assert exit_info.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hidden = " + "[" * 100_000 + "]" * 100_000, "it is nested too deeply"),
        ("hidden = " + "{a=" * 100_000 + "5" + "}" * 100_000, "it is nested too deeply"),
        ("hidden = " + "9" * 5000, "digits"),
        ("hidden = [[5]]", "must be a string, a number, or a list of them, got [[5]]"),
        ("hidden = [" + "[5]," * 5000 + "]", "got [[5], [5], "),
    ],
    ids=["deep-list", "deep-table", "long-number", "list", "long-list"],
)
def test_hostile_space_file_is_refused_in_one_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(text, encoding="utf-8")
    line = complaint("sweep", "--space", tmp_path / "space.toml", "--run", tmp_path / "run")
    assert says in line
    assert len(line) < 300


def test_missing_optuna_names_the_extra(tmp_path: Path) -> None:
    without = "import sys; sys.modules['optuna'] = None\n"
    error = "a sweep needs optuna: pip install 'inknet[sweep]'\n"
    code = f"{without}from inknet.cli import main; main()"
    command = [sys.executable, "-c", code, "sweep", "--run", str(tmp_path / "run")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (2, f"inknet: {error}")
    assert not (tmp_path / "run").exists()
    result = subprocess.run(
        [sys.executable, "-c", f"{without}import inknet.sweep"], capture_output=True, text=True, check=False
    )
    assert result.stderr.endswith(f"MissingExtraError: {error}")
