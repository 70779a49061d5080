"""The command line in processes of its own: output and error messages."""

import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inknet import Network
from inknet.digits import load_mnist, write_idx
from tests.cli.helpers import complaint, run, run_process

MODEL = Path(__file__).parents[2] / "models" / "digits-784-200-10.pkl"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save an untrained network."""
    path = tmp_path_factory.mktemp("models") / "tiny.pkl"
    Network([784, 5, 10], bias="layer", seed=3).save(path)
    return path


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the first ten test images as PNG files, named by index."""
    folder = tmp_path_factory.mktemp("images")
    for index, row in enumerate(load_mnist("test")[0][:10]):
        Image.fromarray(np.rint(row * 255).astype(np.uint8).reshape(28, 28)).save(folder / f"{index}.png")
    return folder


def test_help_and_version() -> None:
    for arguments in ([], ["--help"], ["-h"]):
        result = run(*arguments, COLUMNS="60")
        for command in ("train", "evaluate", "predict", "serve", "inspect", "report"):
            assert command in result.stdout + result.stderr
        assert "\x1b" not in result.stdout
    assert run("--help").returncode == 0
    assert run("--version").stdout.startswith("inknet 0.")


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "serve", "inspect", "report"])
def test_help_of_every_command(command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert "--help" in result.stdout


def test_importing_the_cli_is_cheap() -> None:
    heavy = "{'numpy', 'PIL', 'fastapi', 'pydantic', 'uvicorn', 'inknet.mlp', 'inknet.digits'}"
    code = f"import sys, inknet.cli; print(*sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


@pytest.mark.slow
def test_evaluate_the_shipped_model() -> None:
    result = json.loads(run("evaluate", MODEL, "--json").stdout)
    assert result["count"] == 10_000
    assert result["accuracy"] >= 0.983
    confusion = np.array(result["confusion"])
    assert confusion.sum(axis=1).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.trace(confusion) == round(result["accuracy"] * 10_000)
    card = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    assert (card["accuracy"], card["sha256"]) == (result["accuracy"], result["sha256"])


def test_evaluate_idx_files(model: Path, tmp_path: Path) -> None:
    rows, numbers = load_mnist("test")
    write_idx(tmp_path / "images", np.rint(rows[:50] * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(tmp_path / "labels", numbers[:50].astype(np.uint8))
    files: list[str | Path] = ["--images", tmp_path / "images", "--labels", tmp_path / "labels"]
    result = json.loads(run("evaluate", model, *files, "--json").stdout)
    assert result["count"] == 50
    assert 0 <= result["accuracy"] <= 1
    assert 2 < result["loss"] < 3, "the loss of an untrained network is about log 10"
    assert "of 50 images right" in run("evaluate", model, *files).stdout
    assert "belong together" in complaint("evaluate", model, *files[:2])
    write_idx(tmp_path / "images", np.zeros((50, 28, 28), dtype=np.uint8))
    assert "image 0 of 50, counted from 0: there is no ink" in complaint("evaluate", model, *files)
    write_idx(tmp_path / "images", np.zeros((50, 20, 20), dtype=np.uint8))
    assert "the images have 400 pixels, but" in complaint("evaluate", model, *files)


def test_evaluate_matches_a_calculation_by_hand(tmp_path: Path) -> None:
    # For any image, this network returns 3 with probability 0.5, 8 with 0.25, and each other digit with 1/32.
    network = Network([784, 10])
    network.layers[0].weights = np.zeros((10, 784))
    network.layers[0].biases = np.log([1 / 32, 1 / 32, 1 / 32, 1 / 2, 1 / 32, 1 / 32, 1 / 32, 1 / 32, 1 / 4, 1 / 32])
    network.save(tmp_path / "three.pkl")
    labels = np.array([3, 8, 3, 0, 3], dtype=np.uint8)
    write_idx(tmp_path / "images", np.rint(load_mnist("test")[0][:5] * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(tmp_path / "labels", labels)
    files = ["--images", str(tmp_path / "images"), "--labels", str(tmp_path / "labels")]
    result = json.loads(run("evaluate", tmp_path / "three.pkl", *files, "--json").stdout)
    assert (result["accuracy"], result["count"], result["errors"]) == (0.6, 5, 2)
    # (1 + 2 + 1 + 5 + 1) / 5 bits.
    assert result["loss"] == pytest.approx(2 * np.log(2), rel=1e-6)
    confusion = np.zeros((10, 10))
    confusion[0, 3], confusion[3, 3], confusion[8, 3] = 1, 3, 1
    assert result["confusion"] == confusion.tolist()
    lines = run("evaluate", tmp_path / "three.pkl", *files).stdout.splitlines()
    assert lines[0] == "three: 60.00 % of 5 images right"
    shares = {cells[1].strip(): cells[-2].strip() for line in lines if len(cells := line.split("│")) > 2}
    nothing = dict.fromkeys("1245679", "–")
    assert shares == {"0": "0.00 %", "3": "100.00 %", "8": "0.00 %"} | nothing


@pytest.mark.slow
def test_evaluate_escapes_markup_in_names(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "[b] of [x].pkl"
    path.write_bytes(model.read_bytes())
    assert run("evaluate", path).stdout.startswith("[b] of [x]: ")


def test_predict(images: Path) -> None:
    lines = run("predict", images / "0.png", images / "1.png").stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["7", "2"]
    answers = json.loads(run("predict", images / "0.png", images / "2.png", "--json").stdout)
    assert [answer["digit"] for answer in answers] == [7, 1]
    for answer in answers:
        assert answer["confidence"] == max(answer["probabilities"])
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_predict_shows_uncertainty(model: Path, images: Path) -> None:
    answer = json.loads(run("predict", images / "0.png", "--model", model, "--json").stdout)[0]
    assert answer["certain"] is False, "an untrained network is never certain"
    assert run("predict", images / "0.png", "--model", model).stdout.endswith(" %  perhaps no digit\n")
    assert run("predict", images / "0.png").stdout.endswith(" %\n")


@pytest.mark.slow
def test_predict_from_standard_input(images: Path) -> None:
    result = run_process("predict", "-", stdin=(images / "0.png").read_bytes())
    assert result.stdout.split()[:2] == ["-", "7"]


def test_predict_reports_unreadable_files_and_continues(images: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.png").write_bytes(b"no image")
    Image.new("L", (28, 28), 255).save(tmp_path / "blank.png")
    bad = [tmp_path / "noise.png", tmp_path / "blank.png", tmp_path / "nowhere.png", tmp_path]
    result = run("predict", bad[0], images / "0.png", *bad[1:], images / "1.png")
    assert result.returncode == 2
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["7", "2"]
    errors = result.stderr.splitlines()
    assert len(errors) == 4
    for path, line, reason in zip(
        bad, errors, ["unknown image format; send one of", "no ink", "No such file", "Is a directory"], strict=True
    ):
        assert line.startswith(f"inknet: {path}: ")
        assert reason in line


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_predict_limits_the_file_size(images: Path) -> None:
    result = run("predict", "/dev/zero", images / "0.png")
    assert result.returncode == 2
    assert result.stdout.split()[1] == "7"
    assert result.stderr == "inknet: /dev/zero: larger than 268,435,456 bytes\n"


@pytest.mark.skipif(os.name == "nt", reason="not allowed in file names on Windows")
def test_control_characters_in_file_names_are_escaped(images: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "\x1b[31m\n7.png", tmp_path / "\x1b]0;\x07"
    good.write_bytes((images / "0.png").read_bytes())
    result = run("predict", good, bad)
    assert result.stdout == f"{tmp_path}/\\x1b[31m\\n7.png  7  {result.stdout.split()[-2]} %\n"
    assert result.stderr == f"inknet: {tmp_path}/\\x1b]0;\\x07: No such file or directory\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems require Unicode")
def test_file_names_that_are_not_unicode(images: Path, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    path.write_bytes((images / "0.png").read_bytes())
    assert run_process("predict", path, PYTHONUTF8="1", PYTHONIOENCODING="utf-8:strict").stdout.split()[1] == "7"
    assert json.loads(run("predict", path, "--json").stdout)[0]["image"] == str(path)


@pytest.mark.slow
def test_output_encoding_without_arrows(model: Path) -> None:
    result = run_process("inspect", model, PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert r"784 \u2192 5 relu" in result.stdout


def test_inspect(model: Path) -> None:
    whole = json.loads(run("inspect", model, "--json").stdout)
    assert whole["sizes"] == [784, 5, 10]
    assert whole["parameter_count"] == 784 * 5 + 1 + 5 * 10 + 1
    layer = json.loads(run("inspect", model, "--layer", "1", "--json").stdout)
    assert (layer["nodes"], layer["inputs"], layer["activation"]) == (10, 5, "softmax")
    node = json.loads(run("inspect", model, "--layer", "0", "--node", "4", "--json").stdout)
    network = Network.load(model)
    strongest = int(np.abs(network.layers[0].nodes[4].weights).argmax())
    assert node["strongest_inputs"][0] == {
        "input": strongest,
        "weight": float(network.layers[0].nodes[4].weights[strongest]),
    }
    onward = network.layers[1].weights[:, 4]
    order = np.argsort(-np.abs(onward))[:5]
    assert node["strongest_outputs"] == [{"node": int(i), "weight": float(onward[i])} for i in order]
    text = run("inspect", model, "--layer", "0", "--node", "4").stdout
    assert "▀" not in text, "a picture needs colors, and a pipe has none"
    assert "▀" in run("inspect", model, "--layer", "0", "--node", "4", FORCE_COLOR="1", TERM="xterm-256color").stdout


def test_inspect_draws_the_weights(tmp_path: Path) -> None:
    network = Network([784, 10])
    # Positive weights at the top, negative ones at the bottom, zeros between.
    network.layers[0].weights = np.repeat([[2.0], [0.0], [-2.0]], [28, 26 * 28, 28], axis=0).T.repeat(10, axis=0)
    network.save(tmp_path / "stripes.pkl")
    node = ["inspect", str(tmp_path / "stripes.pkl"), "--layer", "0", "--node", "0"]
    picture = run(*node, FORCE_COLOR="1", TERM="xterm-256color", COLORTERM="truecolor").stdout
    orange, white, blue = "2;230;97;1", "2;255;255;255", "2;33;102;172"
    rows = [line for line in picture.splitlines() if "▀" in line]
    assert len(rows) == 14
    assert [row.count("▀") for row in rows] == [28] * 14
    assert [(f"38;{orange}" in row, f"48;{blue}" in row) for row in rows] == [
        (True, False),
        *[(False, False)] * 12,
        (False, True),
    ]
    assert f"38;{white};48;{white}" in rows[1]


def test_inspect_prints_valid_json_for_nan_and_infinity(tmp_path: Path) -> None:
    network = Network([2, 3], seed=0)
    network.layers[0].weights = np.full((3, 2), 3e38)
    network.metadata = {"loss": float("nan"), "rates": [float("inf"), 0.5], "name": "\x1b[31mred"}
    network.save(tmp_path / "odd.pkl")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    whole = json.loads(run("inspect", tmp_path / "odd.pkl", "--json").stdout, parse_constant=refuse)
    assert whole["metadata"] == {"loss": None, "rates": [None, 0.5], "name": "\x1b[31mred"}
    assert "\x1b" not in run("inspect", tmp_path / "odd.pkl").stdout
    layer = run("inspect", tmp_path / "odd.pkl", "--layer", "0", "--json")
    assert layer.stderr == ""
    assert json.loads(layer.stdout)["weights"] == dict.fromkeys(("min", "max", "mean"), float(np.float32(3e38))) | {
        "sd": 0
    }


def test_inspect_out_of_range(model: Path) -> None:
    assert "--layer must be from 0 to 1, got 2" in complaint("inspect", model, "--layer", "2")
    assert "--node must be from 0 to 4, got 5" in complaint("inspect", model, "--layer", "0", "--node", "5")
    assert "--node needs --layer" in complaint("inspect", model, "--node", "0")


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch executed",)


@pytest.mark.parametrize("command", ["evaluate", "inspect"])
def test_files_that_are_not_models_are_rejected(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "garbage.pkl").write_bytes(b"garbage")
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    assert "No such file" in complaint(command, "nowhere.pkl")
    for name in ("garbage.pkl", "evil.pkl"):
        assert f"{name} is not a model file" in complaint(command, name)
    complaint(command, tmp_path)
    assert not (tmp_path / "executed").exists()


def test_predict_and_serve_reject_files_that_are_not_models(images: Path, tmp_path: Path) -> None:
    (tmp_path / "garbage.pkl").write_bytes(b"garbage")
    assert "is not a model file" in complaint("predict", images / "0.png", "--model", tmp_path / "garbage.pkl")
    assert "is not a model file" in complaint("serve", "--port", "0", "--model", tmp_path / "garbage.pkl")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["evaluat"], "evaluat"),
        (["evaluate"], "MODEL"),
        (["evaluate", "--nonsense"], "--nonsense"),
        (["predict"], "IMAGE"),
        (["inspect", "x", "--layer", "first"], "--layer"),
    ],
)
def test_invalid_arguments_are_rejected(arguments: list[str], reason: str) -> None:
    assert reason in complaint(*arguments)


#: With a buffer, the output is written at the end; without one, line by line.
BUFFERS = pytest.mark.parametrize("unbuffered", ["", "1"])


@pytest.mark.slow
@BUFFERS
@pytest.mark.parametrize("arguments", [["predict", "IMAGE"], ["inspect", str(MODEL)], ["--help"], ["--version"]])
def test_closed_output_is_quiet(images: Path, arguments: list[str], unbuffered: str) -> None:
    read, write = os.pipe()
    os.close(read)
    words = [word.replace("IMAGE", str(images / "0.png")) for word in arguments]
    result = subprocess.run(
        [sys.executable, "-m", "inknet", *words],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    os.close(write)
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@BUFFERS
def test_full_disk_is_reported_in_one_line(images: Path, unbuffered: str) -> None:
    command = [sys.executable, "-m", "inknet", "predict", str(images / "0.png")]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert result.returncode == 2
    assert result.stderr == "inknet: the output: No space left on device\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_closed_standard_input_is_reported_in_one_line() -> None:
    command = [sys.executable, "-m", "inknet", "predict", "-"]
    result = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *command], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "inknet: -: Bad file descriptor\n"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    command = [sys.executable, "-m", "inknet", "predict", str(tmp_path / "pipe")]
    # Opening the pipe blocks until the command has opened it, too, and waits for an image.
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
        (tmp_path / "pipe").open("wb"),
    ):
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=30)
    assert (process.returncode, *output) == (130, b"", b"")


@pytest.fixture
def some_digits(tmp_path: Path) -> list[str]:
    """Write thirty labeled images."""
    rows, numbers = load_mnist("test")
    write_idx(tmp_path / "images", np.rint(rows[:30] * 255).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(tmp_path / "labels", numbers[:30].astype(np.uint8))
    return ["--images", str(tmp_path / "images"), "--labels", str(tmp_path / "labels")]


@pytest.mark.slow
def test_report_of_a_model(model: Path, some_digits: list[str], tmp_path: Path) -> None:
    result = run("report", model, *some_digits, "--output", tmp_path / "new" / "out", "--drawings", "2")
    assert (result.returncode, result.stderr) == (0, "")
    assert "of 30 images right" in result.stdout
    assert result.stdout.endswith(f"Written: {tmp_path / 'new' / 'out' / 'report.html'}\n")
    assert "tiny" in (tmp_path / "new" / "out" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "new" / "out" / "robustness.png").is_file()


@pytest.mark.slow
def test_report_without_the_pen_digits(
    model: Path,
    some_digits: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from inknet.cli import app
    from inknet.digits.datasets import pen_strokes

    monkeypatch.setattr(pen_strokes, "resource", lambda name: tmp_path / name)
    app(["report", str(model), *some_digits, "--output", str(tmp_path / "out")], standalone_mode=False)
    assert "Omitted: accuracy by pen" in capsys.readouterr().out
    assert not (tmp_path / "out" / "robustness.png").exists()


@pytest.mark.slow
def test_report_of_a_run(some_digits: list[str], tmp_path: Path) -> None:
    few = ["--hidden", "4", "--epochs", "2", "--held-out", "10", "--batch-size", "10"]
    assert run("train", *some_digits, *few, "--run", tmp_path / "run").returncode == 0
    files = [*some_digits, "--output", str(tmp_path / "out"), "--drawings", "0", "--json"]
    result = json.loads(run("report", tmp_path / "run", *files).stdout)
    assert result["count"] == 30
    assert Path(result["pictures"][-1]).name == "history.png"
    assert Path(result["report"]).is_file()
    (tmp_path / "run" / "history.jsonl").write_text('{"epoch": 1}\n', encoding="utf-8")
    assert "is not the history of a training" in complaint("report", tmp_path / "run", *files)


@pytest.mark.slow
def test_report_errors(model: Path, some_digits: list[str], tmp_path: Path) -> None:
    assert "belong together" in complaint("report", model, *some_digits[:2])
    assert "no such" in complaint("report", tmp_path / "none.pkl", *some_digits).lower()
    (tmp_path / "file").touch()
    assert "File exists" in complaint("report", model, *some_digits, "--output", tmp_path / "file")
    code = "import sys; sys.modules['matplotlib'] = None; from inknet.cli import main; main()"
    command = [sys.executable, "-c", code, "report", str(model)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "inknet: a report needs matplotlib: pip install 'inknet[plots]'\n"
