"""`inknet train --from MODEL --drawings FILE`, on a small model and some of the data."""

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import inknet.digits
from inknet import Network, Recognizer
from inknet.cli import main
from inknet.digits import PenDigit, load_mnist, load_pen_digits, split_by_writer
from inknet.digits.normalizing.moments import moment_normalize

pytestmark = pytest.mark.slow

#: Exit status, standard output, standard error.
Run = Callable[..., tuple[int, str, str]]
OPTIONS = ("--from", "small.pkl", "--drawings", "mine.jsonl", "--run", "run")


@pytest.fixture(scope="module")
def model() -> Network:
    images, labels = load_mnist("train")
    network = Network([784, 20, 10], init="he", seed=1)
    network.metadata = {"moments": True}
    network.train(moment_normalize(images[:3000]), labels[:3000], epochs=3, learning_rate=0.1)
    return network


@pytest.fixture(scope="module")
def pens() -> list[PenDigit]:
    return load_pen_digits()


@pytest.fixture
def run(
    model: Network,
    pens: list[PenDigit],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Return a function that runs the command in this process, in a folder with a model and fifty drawings."""
    model.save(tmp_path / "small.pkl")
    learned, held_out = split_by_writer(pens)
    (tmp_path / "mine.jsonl").write_text("".join(map(line, held_out[:50])), encoding="utf-8")
    sets = {split: tuple(part[:2000] for part in load_mnist(split)) for split in ("train", "test")}
    # The whole of it would take a minute.
    monkeypatch.setattr(
        inknet.digits, "load_mnist", lambda split, data: load_mnist(split, data) if data else sets[split]
    )
    monkeypatch.setattr(inknet.digits, "load_pen_digits", lambda: [*learned[:100], *held_out[:10]])
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["inknet", "train", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output, errors = capsys.readouterr()
        return int(ended.value.code or 0), output, errors

    return call


def line(digit: PenDigit) -> str:
    return json.dumps({"strokes": [stroke.tolist() for stroke in digit.strokes], "label": digit.label}) + "\n"


def test_json_is_one_document_and_the_model_can_be_used(run: Run, tmp_path: Path) -> None:
    status, output, errors = run(*OPTIONS, "--json", "--seed", "2", "--epochs", "3", "--learning-rate", "0.002")
    assert status == 0, errors
    result = json.loads(output)
    assert sorted(result) == ["after", "before", "held_out", "learned", "model"]
    assert (result["model"], result["learned"], result["held_out"]) == ("run/best.pkl", 40, 10)
    assert 0.75 < result["before"]["mnist"] < result["after"]["mnist"] + 0.02
    assert result["before"]["drawings"] <= result["after"]["drawings"] <= 1
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["best.pkl", "settings.json"]
    settings = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert settings["fine_tuning"]["learning_rate"] == 0.002
    assert settings["from_sha256"] == Recognizer.load("small.pkl").sha256
    assert Recognizer.load("run/best.pkl").network.metadata == {"moments": True}
    assert [text.split()[1] for text in errors.splitlines() if text.startswith("epoch")] == ["1", "2", "3"]


def test_the_summary_shows_both_accuracies_and_the_model(run: Run, tmp_path: Path) -> None:
    status, output, _ = run(*OPTIONS[:4], "--epochs", "1")
    assert status == 0
    assert re.search(r"^MNIST test set, 2,000 images: accuracy \d+\.\d\d % → \d+\.\d\d %$", output, re.MULTILINE)
    assert re.search(r"^10 held-out drawings: accuracy \d+\.\d\d % → \d+\.\d\d %$", output, re.MULTILINE)
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}-fine-tuned", folder.name)
    assert f"runs/{folder.name}/best.pkl" in output
    first = (folder / "best.pkl").read_bytes()
    assert run(*OPTIONS, "--epochs", "1")[0] == 0
    assert (tmp_path / "run" / "best.pkl").read_bytes() == first


def test_ctrl_c_leaves_nothing_behind(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inknet.mlp.training.steppers.plain import PlainStepper

    step = PlainStepper.step

    def interrupted(*arguments: Any) -> float:  # noqa: ANN401 - passed on as they are
        os.kill(os.getpid(), signal.SIGINT)
        return step(*arguments)

    monkeypatch.setattr(PlainStepper, "step", interrupted)
    before = sorted(tmp_path.iterdir())
    status, output, errors = run(*OPTIONS)
    assert (status, output) == (130, "")
    assert "Traceback" not in errors
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--from", "small.pkl"), "belong together"),
        (("--drawings", "mine.jsonl", "--images", "x", "--labels", "y"), "not both"),
        ((*OPTIONS, "--recipe", "digits"), "leave out --recipe"),
        ((*OPTIONS, "--hidden", "30"), "leave out --hidden"),
        ((*OPTIONS, "--batch-size", "8"), "leave out --batch-size"),
        ((*OPTIONS, "--images", "x", "--labels", "y"), "leave out --images"),
        ((*OPTIONS, "--held-out", "5"), "leave out --held-out"),
        ((*OPTIONS, "--resume", "run"), "leave out --"),
        ((*OPTIONS, "--epochs", "0"), "epochs"),
        ((*OPTIONS, "--learning-rate", "-1"), "learning_rate"),
        ((*OPTIONS, "--learning-rate", "1e30"), "lower the learning rate"),
        ((*OPTIONS, "--seed", "-1"), "seed"),
        ((*OPTIONS, "--data", "nowhere"), "nowhere"),
        ((*OPTIONS, "--run", "mine.jsonl"), "not empty"),
        ((*OPTIONS, "--from", "nowhere.pkl"), "nowhere.pkl"),
        ((*OPTIONS, "--from", "mine.jsonl"), "mine.jsonl"),
        ((*OPTIONS, "--from", "wrong.pkl"), "784 inputs"),
        ((*OPTIONS, "--from", "shapes.pkl"), "does not read digits"),
        ((*OPTIONS, "--drawings", "nowhere.jsonl"), "nowhere.jsonl"),
        ((*OPTIONS, "--drawings", "small.pkl"), "small.pkl: cannot be read"),
        ((*OPTIONS, "--drawings", "broken.jsonl"), "broken.jsonl, line 2: not a drawing"),
        ((*OPTIONS, "--drawings", "few.jsonl"), "at least 5"),
    ],
)
def test_errors_are_one_line(options: tuple[str, ...], reason: str, run: Run, tmp_path: Path) -> None:
    lines = (tmp_path / "mine.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "few.jsonl").write_text("".join(lines[:4]), encoding="utf-8")
    (tmp_path / "broken.jsonl").write_text(lines[0] + '{"strokes": [[[NaN, 0]]]}\n', encoding="utf-8")
    Network([700, 10]).save(tmp_path / "wrong.pkl")
    Network([784, 3]).save(tmp_path / "shapes.pkl")
    before = sorted(tmp_path.rglob("*"))
    status, output, errors = run(*options)
    assert (status, output) == (2, "")
    complaint = errors.splitlines()[-1]
    assert complaint.startswith("inknet: ")
    assert reason in complaint
    assert "Traceback" not in errors
    assert sorted(tmp_path.rglob("*")) == before
