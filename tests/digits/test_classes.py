from pathlib import Path

import pytest

from inknet.digits import DataError
from inknet.digits.classes import class_names, name_classes, read_class_names
from inknet.mlp import ModelFileError, Network
from tests.digits.helpers import one_sentence


def named(classes: object) -> Network:
    network = Network([4, 3])
    network.metadata = {"classes": classes}
    return network


def test_a_networks_names_are_kept_in_its_file(tmp_path: Path) -> None:
    named(["one", "zwei", "3" * 60]).save(tmp_path / "model.pkl")
    assert class_names(Network.load(tmp_path / "model.pkl")) == ("one", "zwei", "3" * 60)
    assert class_names(Network([4, 7, 3])) == ("0", "1", "2")


@pytest.mark.parametrize(
    ("classes", "reason"),
    [
        (["a", "b"], "3 outputs, but names for 2"),
        (["a", "b", "c", "d"], "names for 4"),
        (["a", "b", "a"], "names must be unique, but 'a' is repeated"),
        (["a", "b", ""], "a name must have 1 to 60 printable characters, got ''"),
        (["a", "b", "\x1b[31m"], "a name must have"),
        (["a", "b", "c" * 61], "a name must have"),
        (["a", "b", 3], "must be a list of strings"),
        ("abc", "must be a list of strings"),
        ({"a": 1}, "must be a list of strings"),
    ],
)
def test_names_that_do_not_fit_a_model(classes: object, reason: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        class_names(named(classes))
    assert reason in one_sentence(caught.value)


def test_a_file_of_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeff  T-shirt \r\n\r\nGröße\n".encode())
    assert read_class_names(path) == ("T-shirt", "Größe")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_of_names_as_windows_writes_it(encoding: str, tmp_path: Path) -> None:
    """PowerShell's `>` and Notepad's "Unicode" are UTF-16, with a byte order mark."""
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    (tmp_path / "names.txt").write_bytes(f"{mark}T-shirt\r\nGröße\r\n".encode(encoding))
    assert read_class_names(tmp_path / "names.txt") == ("T-shirt", "Größe")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "two or more names, one per line, got 0"),
        (b"only\n\n", "two or more names, one per line, got 1"),
        (b"a\nb\na\n", "names must be unique, but 'a' is repeated"),
        (b"c\na\nb\nb\na\n", "names must be unique, but 'a' is repeated"),
        (b"a\nb\0\n", "printable characters, got 'b\\x00'"),
        (b"\xff\xfe", "two or more names, one per line, got 0"),
        (b"\xff\xfea", "cannot be read"),
        (b"\xffa\nb\n", "cannot be read"),
    ],
)
def test_a_file_that_holds_no_names(tmp_path: Path, text: bytes, reason: str) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(text)
    with pytest.raises(DataError) as caught:
        read_class_names(path)
    assert reason in one_sentence(caught.value)
    assert "names.txt" in str(caught.value)
    with pytest.raises(DataError, match="nowhere: cannot be read"):
        read_class_names(tmp_path / "nowhere")


def test_labels_find_their_names() -> None:
    assert name_classes([0, 2, 1, 2], None, "x") == ("0", "1", "2")
    # A class that has no image is still a class.
    assert name_classes([3, 1, 1, 1], None, "x") == ("0", "1", "2", "3")
    assert name_classes([0, 1], ["a", "b", "c"], "x") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("labels", "names", "reason"),
    [
        ([0, 1, 5], None, "label 5 makes more classes than images"),
        ([0, 1, 3], None, "label 3 makes more classes than images"),
        ([0, -1], None, "labels must be non-negative integers, got -1"),
        ([4, 4], None, "there must be two or more classes, but every label is 4"),
        ([0, 3], ["a", "b", "c"], "label 3 has no name; there are names for 0 to 2"),
        ([0, 9], ["a", "b", "c"], "label 9 has no name; there are names for 0 to 2"),
    ],
)
def test_labels_that_are_no_classes(labels: list[int], names: list[str] | None, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        name_classes(labels, names, "labels.gz")
    assert f"labels.gz: {reason}" in one_sentence(caught.value)
