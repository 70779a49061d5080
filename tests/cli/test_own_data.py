"""Training, evaluation and inspection on images of any size and classes."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inknet import Network
from inknet.digits import PenDigit, ink_strokes, load_pen_digits, write_idx
from tests.cli.helpers import complaint, run
from tests.programs import leave_out

pytestmark = pytest.mark.slow

FASHION = Path("/usr/share/datasets/fashion-mnist")
#: A small network, and few steps, but long ones.
QUICK = ("--recipe", "images", "--hidden", "8", "--epochs", "8", "--learning-rate", "0.02", "--batch-size", "10")
CLOTHES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def write_corners(folder: Path, name: str, count: int, seed: int) -> list[str]:
    """Write images of 6×9 with a bright corner, one of three; return the options that name the files."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count).astype(np.uint8)
    images = rng.integers(0, 90, (count, 6, 9)).astype(np.uint8)
    for label, (rows, columns) in enumerate(((slice(3), slice(4)), (slice(3), slice(5, 9)), (slice(3, 6), slice(4)))):
        images[labels == label, rows, columns] += 120
    write_idx(folder / f"{name}-images", images)
    write_idx(folder / f"{name}-labels", labels)
    return ["--images", f"{name}-images", "--labels", f"{name}-labels"]


@pytest.fixture(scope="module")
def corners(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run, trained on images of 6×9 and three classes with names."""
    folder = tmp_path_factory.mktemp("corners")
    (folder / "names.txt").write_text("upper left\n[b]right\nlower\n", encoding="utf-8")
    files = write_corners(folder, "train", 300, seed=0)
    options = (*QUICK, "--classes", "names.txt", "--run", "run")
    result = run("train", *options, *files, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "270 images" in result.stderr, "a tenth is held out"
    write_corners(folder, "test", 100, seed=1)
    return folder


TEST = ("--images", "test-images", "--labels", "test-labels")


def test_network_sizes_follow_from_the_data(corners: Path) -> None:
    network = Network.load(corners / "run" / "best.pkl")
    assert network.sizes == (54, 8, 3)
    assert network.metadata["classes"] == ["upper left", "[b]right", "lower"]
    assert network.metadata["shape"] == [6, 9]


def test_run_on_other_data_can_be_resumed(corners: Path, tmp_path: Path) -> None:
    files = write_corners(tmp_path, "train", 300, seed=0)
    (tmp_path / "names.txt").write_bytes((corners / "names.txt").read_bytes())
    options = (*QUICK, "--classes", "names.txt", "--run", "run")
    assert run("train", *options, *files, cwd=tmp_path).returncode == 0
    # The names are in the run's settings: the file is needed no more.
    (tmp_path / "names.txt").unlink()
    for file in (tmp_path / "run").glob("*.pkl"):
        file.unlink()
    (tmp_path / "run" / "history.jsonl").unlink()
    assert run("train", "--resume", "run", cwd=tmp_path).returncode == 0
    again, first = (Network.load(folder / "run" / "best.pkl") for folder in (tmp_path, corners))
    assert again.parameters.tobytes() == first.parameters.tobytes()
    assert again.metadata == first.metadata


def test_evaluate_shows_the_class_names(corners: Path) -> None:
    result = json.loads(run("evaluate", "run/best.pkl", *TEST, "--json", cwd=corners).stdout)
    assert result["classes"] == ["upper left", "[b]right", "lower"]
    assert result["count"] == 100
    assert result["accuracy"] > 0.95
    confusion = np.array(result["confusion"])
    assert confusion.shape == (3, 3)
    assert np.trace(confusion) == round(100 * result["accuracy"])
    text = run("evaluate", "run/best.pkl", *TEST, cwd=corners).stdout
    for name in ("upper left", "[b]right", "lower"):
        assert text.count(name) == 2, "a column and a row"
    assert "taken for none of its classes" in text


def test_evaluate_errors(corners: Path) -> None:
    write_idx(corners / "wide", np.zeros((100, 6, 10), dtype=np.uint8))
    write_idx(corners / "seven", np.full(100, 7, dtype=np.uint8))
    assert "pass its images with --images" in complaint("evaluate", "run/best.pkl", cwd=corners)
    wide = complaint("evaluate", "run/best.pkl", "--images", "wide", "--labels", "test-labels", cwd=corners)
    assert "60 pixels, but best takes 6×9 = 54" in wide
    seven = complaint("evaluate", "run/best.pkl", "--images", "test-images", "--labels", "seven", cwd=corners)
    assert "labels must be 0 to 2, got 7 in row 0" in seven
    assert "was not trained on drawings" in complaint("evaluate", "run/best.pkl", "--images", ".", cwd=corners)
    for command in ("predict", "serve"):
        some = ("x.png",) if command == "predict" else ()
        assert "784 inputs" in complaint(command, "--model", "run/best.pkl", *some, cwd=corners)


def test_inspect_and_report(corners: Path) -> None:
    assert "upper left" in run("inspect", "run/best.pkl", cwd=corners).stdout
    assert run("inspect", "run/best.pkl", "--layer", "0", "--node", "3", cwd=corners).returncode == 0
    result = run("report", "run", *TEST, "--output", "report", cwd=corners)
    assert result.returncode == 0, result.stderr
    assert "Omitted: accuracy by pen, size, slant and position" in result.stdout
    page = (corners / "report" / "report.html").read_text(encoding="utf-8")
    assert "Rows: the class; columns: the answer." in page
    for name in ("confusion", "hardest", "history", "nodes", "reliability"):
        with Image.open(corners / "report" / f"{name}.png") as image:
            assert np.ptp(np.asarray(image.convert("L"))) > 100


def write_folder(folder: Path, drawings: Sequence[PenDigit], names: dict[int, str]) -> None:
    """Write drawings of some digits as image files, one folder for each."""
    for place, drawing in enumerate(drawings):
        if drawing.label in names:
            (folder / names[drawing.label]).mkdir(parents=True, exist_ok=True)
            ink = ink_strokes(drawing.strokes)
            Image.fromarray(255 - ink).resize((90, 90)).save(folder / names[drawing.label] / f"{place}.png")


def test_folder_of_drawings_end_to_end(tmp_path: Path) -> None:
    mine = [drawing for drawing in load_pen_digits() if drawing.writer == "w01"]
    names = {0: "ring", 1: "stick", 7: "hook"}
    write_folder(tmp_path / "drawings", mine[::2], names)
    write_folder(tmp_path / "others", mine[1::2], {0: "ring", 7: "hook"})
    (tmp_path / "drawings" / "hook" / "broken.png").write_text("no image")
    result = run("train", "--images", "drawings", "--epochs", "20", "--run", "run", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    # Unreadable files are reported in one line and skipped.
    (skipped,) = [line for line in result.stderr.splitlines() if "skipped" in line]
    assert "broken.png" in skipped
    settings = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert settings["recipe"]["name"] == "drawings"
    network = Network.load(tmp_path / "run" / "best.pkl")
    assert network.sizes == (784, 100, 3)
    assert network.metadata["classes"] == ["hook", "ring", "stick"]
    # Folders for some of the classes are enough to measure on.
    measured = json.loads(run("evaluate", "run/best.pkl", "--images", "others", "--json", cwd=tmp_path).stdout)
    assert measured["accuracy"] > 0.9
    assert np.array(measured["confusion"]).sum(axis=1)[2] == 0
    image = next((tmp_path / "others" / "ring").iterdir())
    assert run("predict", "--model", "run/best.pkl", image, cwd=tmp_path).stdout.split()[1] == "ring"
    (answer,) = json.loads(run("predict", "--model", "run/best.pkl", image, "--json", cwd=tmp_path).stdout)
    assert (answer["digit"], answer["label"], len(answer["probabilities"])) == (1, "ring", 3)
    (tmp_path / "others" / "ring").rename(tmp_path / "others" / "square")
    wrong = complaint("evaluate", "run/best.pkl", "--images", "others", cwd=tmp_path)
    assert "no class of that name; its classes are hook, ring, stick" in wrong


def test_drawings_from_the_page_end_to_end(tmp_path: Path) -> None:
    mine = [drawing for drawing in load_pen_digits() if drawing.writer == "w01" and drawing.label < 3]
    lines = [{"strokes": [stroke.tolist() for stroke in one.strokes], "label": one.label} for one in mine]
    (tmp_path / "drawings.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (tmp_path / "kinds.txt").write_text("ring\nstick\nswan\n", encoding="utf-8")
    options = ("--drawings", "drawings.jsonl", "--classes", "kinds.txt", "--epochs", "10", "--run", "run", "--json")
    result = run("train", *options, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["best"]["validation_accuracy"] > 0.8
    network = Network.load(tmp_path / "run" / "best.pkl")
    assert network.metadata["classes"] == ["ring", "stick", "swan"]
    assert network.metadata["recipe"] == "drawings"


def test_fashion_mnist(tmp_path: Path) -> None:
    if not FASHION.is_dir():
        leave_out("no Fashion-MNIST on this machine: apt-get install dataset-fashion-mnist, and this test runs")
    (tmp_path / "fashion.txt").write_text("\n".join(CLOTHES), encoding="utf-8")
    learned, test = (
        ("--images", FASHION / f"{name}-images-idx3-ubyte.gz", "--labels", FASHION / f"{name}-labels-idx1-ubyte.gz")
        for name in ("train", "t10k")
    )
    options = ("--recipe", "images", "--epochs", "2", "--classes", "fashion.txt", "--run", "run")
    result = run("train", *options, *learned, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    measured = json.loads(run("evaluate", "run/best.pkl", *test, "--json", cwd=tmp_path).stdout)
    assert measured["count"] == 10_000
    assert measured["classes"] == CLOTHES
    # Two epochs of thirty, which bring it to more than 0.895: see docs/own-data.md.
    assert measured["accuracy"] > 0.86
    # Clothes have not MNIST's form, and are seen as they are.
    assert Network.load(tmp_path / "run" / "best.pkl").metadata["normalize"] is False
