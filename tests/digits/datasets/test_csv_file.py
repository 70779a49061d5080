import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import DataError, load_idx_pair
from inknet.digits.datasets.csv_file import is_csv, read_csv
from inknet.digits.datasets.dataset import load_dataset
from tests.digits.helpers import one_sentence

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 28, 28)).astype(np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 4
NOTHING = dict.fromkeys(("data", "images", "labels", "drawings", "classes"))


def table(pixels: NDArray[np.uint8], labels: NDArray[np.uint8], separator: str = ",", end: str = "\n") -> str:
    rows = np.column_stack([labels, pixels.reshape(len(pixels), -1)])
    return "".join(separator.join(map(str, row)) + end for row in rows.tolist())


HEADERS = {
    "Kaggle's": "label," + ",".join(f"pixel{index}" for index in range(784)) + "\n",
    "in CSV": "label," + ",".join(f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)) + "\n",
    "quoted": '"label",' + ",".join(f'"{index}"' for index in range(784)) + "\n",
    "OpenML's": "class," + ",".join(f"pixel{index}" for index in range(784)) + "\r\n",
    "none": "",
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(("separator", "end"), [(",", "\n"), (", ", "\r\n")])
def test_a_label_and_its_pixels_per_row(header: str, separator: str, end: str, tmp_path: Path) -> None:
    text = HEADERS[header] + table(PIXELS, LABELS, separator, end)
    for name, content in (
        ("a.csv", text.encode()),
        ("b.CSV", text.encode("utf-8-sig")),
        ("c.csv.gz", gzip.compress(text.encode())),
    ):
        (tmp_path / name).write_bytes(content)
        assert is_csv(tmp_path / name)
        pixels, labels = read_csv(tmp_path / name)
        assert (pixels == PIXELS).all()
        assert (labels == LABELS).all()
        assert pixels.dtype == labels.dtype == np.uint8


def test_pixels_that_make_no_square(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2,3\n4,5,6\n")
    assert read_csv(tmp_path / "a.csv")[0].tolist() == [[[2, 3]], [[5, 6]]]
    (tmp_path / "a.csv").write_text("1,2")
    assert read_csv(tmp_path / "a.csv")[0].tolist() == [[[2]]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the first column must be the label, got ''"),
        ("pixel0,pixel1\n1,2\n", "the first column must be the label, got 'pixel0'"),
        ("x" * 99 + ",1\n", "must be the label, got '" + "x" * 60 + "'"),
        ("label,a\n", "must be one or more images, got none"),
        ("label\n1\n2\n", "must be a label and pixels, got 1 column"),
        ("label,a\n1,2\n1,2,3\n", "columns changed"),
        ("label,a\n1,256\n", "256"),
        ("label,a\n1,-1\n", "-1"),
        ("label,a\n1,0.5\n", "0.5"),
        ("label,a\n1,\n", "could not convert"),
        ("label,a\nseven,1\n", "seven"),
    ],
)
def test_errors_name_the_file_and_the_reason(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_csv(path)
    message = one_sentence(caught.value)
    assert message.startswith(str(path))
    assert reason in message


@pytest.mark.parametrize(
    "content",
    [None, b"\xff\xff\xff", gzip.compress(b"label,a\n1,2\n")[:-5], b"1,2"],
    ids=["missing", "not text", "truncated", "without a header"],
)
def test_files_that_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / ("broken.csv" if content == b"\xff\xff\xff" else "broken.csv.gz")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken.csv.*: cannot be read: "):
        read_csv(path)


def test_training_and_evaluation_take_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(HEADERS["Kaggle's"] + table(PIXELS, LABELS))
    data = load_dataset(NOTHING | {"images": str(path)})
    assert data.shape == (28, 28)
    assert data.classes == ("0", "1", "2", "3")
    images, labels = load_idx_pair(path, classes=4)
    assert (data.images == images).all()
    assert (images == PIXELS.reshape(12, 784) / np.float32(255)).all()
    assert (labels == LABELS).all()
    with pytest.raises(DataError, match=r"train.csv: labels must be 0 to 1, got 2 in row 2"):
        load_idx_pair(path, classes=2)
    emnist = tmp_path / "emnist-letters-train.csv"
    emnist.write_text(table(PIXELS.transpose(0, 2, 1), LABELS))
    assert (load_idx_pair(emnist)[0] == images).all()
