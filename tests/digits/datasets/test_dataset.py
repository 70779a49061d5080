import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inknet.digits import DataError, PenDigit, ink_strokes, write_idx
from inknet.digits.classes import DIGITS
from inknet.digits.datasets.dataset import Dataset, load_dataset
from inknet.mlp import InputError
from tests.digits.conftest import Mnist
from tests.digits.helpers import canvas_of, one_sentence

NOTHING: dict[str, Any] = {"data": None, "images": None, "labels": None, "drawings": None, "classes": None}


def test_idx_files_of_any_size_and_classes(tmp_path: Path) -> None:
    pixels = np.arange(5 * 3 * 4, dtype=np.uint8).reshape(5, 3, 4)
    write_idx(tmp_path / "images", pixels)
    write_idx(tmp_path / "labels", np.array([0, 1, 2, 1, 0], dtype=np.uint8))
    files = {"images": str(tmp_path / "images"), "labels": str(tmp_path / "labels")}
    data = load_dataset(NOTHING | files)
    assert data.shape == (3, 4)
    assert data.images.tobytes() == (pixels.reshape(5, 12).astype(np.float32) / 255).tobytes()
    assert data.labels.tolist() == [0, 1, 2, 1, 0]
    assert data.classes == ("0", "1", "2")
    named = load_dataset(NOTHING | files | {"classes": ["a", "b", "c", "d"]})
    assert named.classes == ("a", "b", "c", "d")
    assert named.metadata() == {"classes": ["a", "b", "c", "d"], "shape": [3, 4], "normalize": False}
    with pytest.raises(DataError, match="labels: label 2 has no name"):
        load_dataset(NOTHING | files | {"classes": ["a", "b"]})


@pytest.mark.parametrize("classes", [("+", "-"), ("a", "b"), ("0", "1")])
def test_other_classes_are_stated(classes: tuple[str, ...]) -> None:
    data = Dataset(np.zeros((4, 9), np.float32), np.array([0, 1, 0, 1]), (3, 3), classes)
    assert data.metadata() == {"classes": list(classes), "normalize": False}


def test_digits_need_no_metadata(mnist_test: Mnist) -> None:
    assert Dataset(*mnist_test, (28, 28), DIGITS).metadata() == {}
    # The same images off their places have no longer the form of MNIST's.
    moved = np.roll(mnist_test[0], 3, axis=1)
    assert Dataset(moved, mnist_test[1], (28, 28), DIGITS).metadata() == {"normalize": False}


@pytest.mark.parametrize(("moved", "is_normalized"), [((), True), ((1,), True), ((1, 3), False)])
def test_nine_tenths_of_the_images_have_the_form_of_mnist(
    moved: tuple[int, ...], is_normalized: bool, mnist_test: Mnist
) -> None:
    images = mnist_test[0][:10].copy()
    for index in moved:
        images[index] = np.roll(images[index], 3)
    assert Dataset(images, mnist_test[1][:10], (28, 28), DIGITS).normalized == is_normalized
    assert not Dataset(images, mnist_test[1][:10], (1, 784), DIGITS).normalized


@pytest.mark.slow
def test_a_folder_is_spread_so_that_its_end_has_all_classes(held_out: list[PenDigit], tmp_path: Path) -> None:
    for label, count in (("few", 5), ("many", 15)):
        (tmp_path / label).mkdir()
        for place in range(count):
            Image.fromarray(canvas_of(held_out[place].strokes)).save(tmp_path / label / f"{place:02}.png")
    (tmp_path / "few" / "broken.png").write_text("")
    data = load_dataset(NOTHING | {"images": str(tmp_path)})
    assert data.classes == ("few", "many")
    assert len(data.unreadable) == 1
    assert data.normalized
    for part in (4, 8, 12):
        share = np.mean(data.labels[-part:] == 0)
        assert abs(share - 0.25) <= 1 / part
    # Nothing is lost, and nothing is there twice; and the next time it is the same.
    assert np.bincount(data.labels).tolist() == [5, 15]
    assert len({(row.tobytes(), label) for row, label in zip(data.images, data.labels.tolist(), strict=True)}) == 20
    assert load_dataset(NOTHING | {"images": str(tmp_path)}).digest == data.digest


def test_drawings_are_inked_as_the_page_does(held_out: list[PenDigit], tmp_path: Path) -> None:
    lines = [{"strokes": [stroke.tolist() for stroke in one.strokes], "label": one.label % 3} for one in held_out[:30]]
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    data = load_dataset(NOTHING | {"drawings": str(file), "classes": ["a", "b", "c"]})
    assert data.classes == ("a", "b", "c")
    assert data.normalized
    inked = {(ink_strokes(one.strokes).tobytes(), one.label % 3) for one in held_out[:30]}
    assert {
        (np.rint(row * 255).astype(np.uint8).tobytes(), label)
        for row, label in zip(data.images, data.labels.tolist(), strict=True)
    } == inked
    file.write_text('{"strokes": [[[0, 0]]], "label": null}')
    with pytest.raises(DataError, match="no drawing has a label"):
        load_dataset(NOTHING | {"drawings": str(file)})
    file.write_text('{"strokes": [[[0, 0]]], "label": 2}')
    with pytest.raises(DataError, match="its label must be null or 0 to 1, got 2"):
        load_dataset(NOTHING | {"drawings": str(file), "classes": ["a", "b"]})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("images",), "belong together"),
        (("labels",), "belong together"),
        (("folder", "labels"), "leave out the labels"),
        (("folder", "classes"), "leave them out"),
        (("classes",), "leave them out"),
        (("drawings", "images", "labels"), "not both"),
        (("drawings", "folder"), "not both"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(given: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    file = tmp_path / "images"
    file.touch()
    settings = NOTHING | {name: str(tmp_path if name == "folder" else file) for name in given}
    if "folder" in given:
        settings["images"] = settings.pop("folder")
    with pytest.raises(InputError) as caught:
        load_dataset(settings | {"classes": ["a", "b"] if "classes" in given else None})
    assert reason in one_sentence(caught.value)


def test_missing_images(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_dataset(NOTHING | {"images": str(tmp_path / "nowhere")})
    assert "neither a folder nor a file" in one_sentence(caught.value)


def test_labels_that_count_from_one_say_so(tmp_path: Path) -> None:
    """As EMNIST's letters; otherwise class 0 would be a class that no image has."""
    write_idx(tmp_path / "images", np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2))
    write_idx(tmp_path / "labels", np.array([1, 2, 3, 1, 2, 3], dtype=np.uint8))
    files = NOTHING | {"images": str(tmp_path / "images"), "labels": str(tmp_path / "labels")}
    with pytest.raises(DataError, match=r"labels: no image has label 0, but labels count from 0: subtract 1, or name"):
        load_dataset(files)
    with pytest.raises(DataError, match="label 3 has no name; there are names for 0 to 2"):
        load_dataset(files | {"classes": ["a", "b", "c"]})
    assert load_dataset(files | {"classes": ["unused", "a", "b", "c"]}).classes == ("unused", "a", "b", "c")
