import shutil
from pathlib import Path

import pytest
from PIL import Image

from inknet.digits import DataError, PenDigit
from inknet.digits.datasets.image_folder import read_image_folder
from inknet.digits.imaging.ink import read_ink
from inknet.digits.normalizing.normalize import normalize
from tests.digits.helpers import canvas_of, one_sentence


@pytest.fixture
def folder(held_out: list[PenDigit], tmp_path: Path) -> Path:
    """Write three drawings of two classes as image files of several kinds: a folder as it comes off a disk."""
    for name, digit, form in (("b/2.PNG", 0, "PNG"), ("b/1.bmp", 1, "BMP"), ("a/x.png", 2, "PNG")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(255 - canvas_of(held_out[digit].strokes)).save(tmp_path / name, form)
    (tmp_path / "a" / "notes.txt").write_text("not an image")
    (tmp_path / "a" / ".hidden.png").write_text("what some systems leave")
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / "readme.png").write_text("of no class")
    return tmp_path


def test_each_folder_is_a_class(folder: Path) -> None:
    images, labels, names, unreadable = read_image_folder(folder)
    assert names == ("a", "b")
    assert labels.tolist() == [0, 1, 1]
    assert unreadable == []
    for image, file in zip(images, ("a/x.png", "b/1.bmp", "b/2.PNG"), strict=True):
        expected = normalize(read_ink((folder / file).read_bytes()))
        assert image.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("suffix", "form"), [(".tif", "TIFF"), (".TIFF", "TIFF"), (".avif", "AVIF"), (".jfif", "JPEG")]
)
def test_files_of_every_format_count(suffix: str, form: str, folder: Path) -> None:
    with Image.open(folder / "b" / "1.bmp") as picture:
        picture.save(folder / "b" / f"3{suffix}", form)
    images, labels, _, unreadable = read_image_folder(folder)
    assert (labels.tolist(), unreadable) == ([0, 1, 1, 1], [])
    assert abs(images[1] - images[3]).mean() < 0.02


def test_unreadable_files_are_listed_and_skipped(folder: Path) -> None:
    (folder / "b" / "broken.png").write_bytes(b"\x89PNG")
    Image.new("L", (50, 50), 255).save(folder / "b" / "blank.png")
    (folder / "b" / "folder.png").mkdir()
    images, labels, _, unreadable = read_image_folder(folder)
    assert len(images) == len(labels) == 3
    assert [Path(sentence.partition(": ")[0]).name for sentence in unreadable] == [
        "blank.png",
        "broken.png",
        "folder.png",
    ]
    assert "no ink" in unreadable[0]
    assert "directory" in unreadable[2]


def test_unsuitable_folders(folder: Path) -> None:
    shutil.copytree(folder / "b", folder.parent / "single" / "b")
    for path, reason in (
        (folder / "a", "one per class, got 0"),
        (folder.parent / "single", "one per class, got 1"),
        (folder / "nowhere", "nowhere: cannot be read: No such file or directory"),
    ):
        with pytest.raises(DataError) as caught:
            read_image_folder(path)
        assert one_sentence(caught.value).endswith(reason)
    (folder / "c").mkdir()
    with pytest.raises(DataError, match=r"c: none of its 0 image files can be read"):
        read_image_folder(folder)
    (folder / "c" / "1.png").write_text("no image")
    with pytest.raises(DataError, match="none of its 1 image files"):
        read_image_folder(folder)
