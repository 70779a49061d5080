"""MNIST: found, verified, scaled; fetched where it is not."""

import gzip
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import DataError, IdxError, load_idx_pair, load_mnist, read_idx, write_idx
from inknet.digits.datasets import mnist
from inknet.resources import resource

REPOSITORY = resource("data") / "mnist"


def test_the_test_set() -> None:
    images, labels = load_mnist("test")
    assert images.shape == (10_000, 784)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0, 1)
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert labels.dtype == np.int64


@pytest.mark.slow
def test_the_training_set() -> None:
    images, labels = load_mnist("train")
    assert images.shape == (60_000, 784)
    assert labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def copy_test_set(folder: Path, change: int | None = None) -> None:
    """Write the test set, uncompressed, with one byte of the images changed if that is wanted."""
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        data = bytearray(gzip.decompress((REPOSITORY / f"{name}.gz").read_bytes()))
        if change is not None and "images" in name:
            data[change] ^= 1
        (folder / name).write_bytes(data)


def test_plain_files_do_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_test_set(tmp_path)
    monkeypatch.setenv("INKNET_DATA", str(tmp_path))
    assert len(load_mnist("test")[0]) == 10_000


def test_one_changed_byte_is_refused(tmp_path: Path) -> None:
    copy_test_set(tmp_path, change=5000)
    with pytest.raises(DataError, match="SHA-256 differs"):
        load_mnist("test", tmp_path)


def test_the_same_bytes_with_signs_are_refused(tmp_path: Path) -> None:
    copy_test_set(tmp_path)
    with (tmp_path / "t10k-images-idx3-ubyte").open("r+b") as file:
        file.write(bytes([0, 0, 9]))
    with pytest.raises(DataError, match="SHA-256 differs"):
        load_mnist("test", tmp_path)


def test_the_argument_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKNET_DATA", str(tmp_path))
    assert len(load_mnist("test", str(REPOSITORY))[0]) == 10_000
    with pytest.raises(DataError, match=r"has no t10k-images-idx3-ubyte or t10k-images-idx3-ubyte\.gz"):
        load_mnist("test")


def test_a_split_that_there_is_not() -> None:
    with pytest.raises(DataError, match="split must be 'train' or 'test', got 'validation'"):
        load_mnist(cast("Literal['test']", "validation"), REPOSITORY)


def test_pairs_that_do_not_fit(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    write_idx(images, np.zeros((3, 2, 2), dtype=np.uint8))
    write_idx(labels, np.array([0, 11, 12], dtype=np.uint8))
    with pytest.raises(IdxError, match="labels must be 0 to 9, got 11 in row 1"):
        load_idx_pair(images, labels)
    write_idx(labels, np.array([0, 1, -1], dtype=np.int8))
    with pytest.raises(IdxError, match="labels must be 0 to 9, got -1 in row 2"):
        load_idx_pair(images, labels)
    write_idx(labels, np.zeros(2, dtype=np.uint8))
    with pytest.raises(IdxError, match=r"2 labels but .* has 3 images"):
        load_idx_pair(images, labels)
    with pytest.raises(IdxError, match="must hold uint8"):
        load_idx_pair(labels, labels)
    with pytest.raises(IdxError, match="must hold integers"):
        load_idx_pair(images, images)
    write_idx(labels, np.array(3, dtype=np.uint8))
    with pytest.raises(IdxError, match=r"must hold integers of shape \(n,\), got uint8 of shape \(\)"):
        load_idx_pair(images, labels)
    write_idx(images, np.zeros((0, 28, 28), dtype=np.uint8))
    with pytest.raises(IdxError, match=r"must hold uint8 .* got uint8 of shape \(0, 28, 28\)"):
        load_idx_pair(images, labels)


def test_a_pair_of_any_width_and_any_classes(tmp_path: Path) -> None:
    images, labels = tmp_path / "images.gz", tmp_path / "labels"
    write_idx(images, np.full((3, 2, 4), 51, dtype=np.uint8))
    write_idx(labels, np.array([0, 11, 2], dtype=np.uint8))
    rows, numbers = load_idx_pair(images, labels, classes=12)
    assert rows.shape == (3, 8)
    assert rows[0, 0] == np.float32(0.2)
    assert numbers.tolist() == [0, 11, 2]


@contextmanager
def mirror_of(folder: Path, handler: type[SimpleHTTPRequestHandler] | None = None) -> Iterator[str]:
    """Serve a folder's files on the loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler or QuietHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def mirror() -> Iterator[str]:
    """Serve the repository's files."""
    with mirror_of(REPOSITORY) as address:
        yield address


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide the repository's data, and return an empty cache."""
    monkeypatch.setattr(mnist, "resource", lambda name: tmp_path / "nowhere" / name)
    monkeypatch.delenv("INKNET_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "inknet"


def test_fetched_once_from_the_second_mirror_when_the_first_is_away(
    mirror: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/", mirror))
    assert len(load_mnist("test")[0]) == 10_000
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/",))
    assert len(load_mnist("test")[0]) == 10_000, "the second time it comes from the cache"
    assert read_idx(nowhere / "t10k-labels-idx1-ubyte.gz").shape == (10_000,)


@pytest.mark.slow
def test_a_damaged_file_in_the_cache_is_fetched_again(
    mirror: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere.mkdir(parents=True)
    (nowhere / "t10k-images-idx3-ubyte.gz").write_bytes(b"half of a download")
    monkeypatch.setattr(mnist, "MIRRORS", (mirror,))
    assert len(load_mnist("test")[0]) == 10_000


@pytest.mark.slow
def test_a_mirror_with_wrong_data_gives_way_to_the_next(
    mirror: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_text("<html>moved</html>")
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7])))
    with mirror_of(tmp_path) as wrong:
        monkeypatch.setattr(mnist, "MIRRORS", (wrong,))
        with pytest.raises(DataError, match=r"could not be downloaded .* must start with 00 00, got 3c 68 74 6d"):
            load_mnist("test")
        monkeypatch.setattr(mnist, "MIRRORS", (wrong, mirror))
        assert load_mnist("test")[1][:5].tolist() == [7, 2, 1, 0, 4]
    assert sorted(file.name for file in nowhere.iterdir()) == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


@pytest.mark.usefixtures("nowhere")
def test_no_mirror_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/",))
    with pytest.raises(DataError, match=r"could not be downloaded .* name its folder with --data"):
        load_mnist("test")


@pytest.mark.usefixtures("nowhere")
def test_a_mirror_is_given_half_a_minute_and_room_for_any_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []

    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            limits.append(size or 0)
            return b""

    def urlopen(_address: str, timeout: float) -> Endless:
        limits.append(timeout)
        return Endless()

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/",))
    with pytest.raises(DataError, match="could not be downloaded"):
        load_mnist("test")
    timeout, size = limits
    assert 20 <= timeout <= 40
    # The images of the training set are 9.9 MB.
    assert 12_000_000 < size < 100_000_000


def test_a_cache_that_cannot_be_written_says_so(mirror: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", (mirror,))
    nowhere.parent.write_text("a file in the way of the folder")
    with pytest.raises(DataError, match=r"could not be downloaded .* name its folder with --data"):
        load_mnist("test")


def test_a_download_that_breaks_off_leaves_nothing(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class BreaksOff(QuietHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1648854")
            self.end_headers()
            self.wfile.write((REPOSITORY / "t10k-images-idx3-ubyte.gz").read_bytes()[:1000])

    with mirror_of(REPOSITORY, BreaksOff) as address:
        monkeypatch.setattr(mnist, "MIRRORS", (address,))
        with pytest.raises(DataError, match="could not be downloaded"):
            load_mnist("test")
    assert list(nowhere.iterdir()) == []


TEST_SET = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("inside", ["", "MNIST/raw", "raw", "{name}"])
def test_the_names_and_folders_of_those_who_distribute_it(
    suffix: str, dotted: bool, inside: str, tmp_path: Path
) -> None:
    """Kaggle's archive, for example, has a folder of the file's own name."""
    for name in TEST_SET:
        file = name.replace("-idx", ".idx") if dotted else name
        folder = tmp_path / inside.format(name=file)
        folder.mkdir(parents=True, exist_ok=True)
        content = (REPOSITORY / f"{name}.gz").read_bytes()
        (folder / f"{file}{suffix}").write_bytes(content if suffix else gzip.decompress(content))
    images, labels = load_mnist("test", tmp_path)
    assert (images == load_mnist("test", REPOSITORY)[0]).all()
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]


def keras_file(path: Path, **changed: NDArray[np.generic]) -> Path:
    pixels, numbers = (read_idx(REPOSITORY / f"{name}.gz") for name in TEST_SET)
    np.savez(path, **{"x_test": pixels, "y_test": numbers, "x_train": pixels} | changed)
    return path


def test_the_file_of_keras(tmp_path: Path) -> None:
    file = keras_file(tmp_path / "mnist.npz")
    for place in (file, tmp_path, str(file)):
        images, labels = load_mnist("test", place)
        assert (images == load_mnist("test", REPOSITORY)[0]).all()
        assert labels[:5].tolist() == [7, 2, 1, 0, 4]
    with pytest.raises(DataError, match=r"mnist.npz is not MNIST's train-images-idx3-ubyte: its SHA-256 differs"):
        load_mnist("train", file)


@pytest.mark.slow
def test_other_files_of_arrays(tmp_path: Path) -> None:
    pixels = read_idx(REPOSITORY / f"{TEST_SET[0]}.gz")
    for changed in (pixels[1:], pixels.astype(np.int64), pixels[..., np.newaxis], np.ones_like(pixels)):
        with pytest.raises(DataError, match="SHA-256 differs"):
            load_mnist("test", keras_file(tmp_path / "mnist.npz", x_test=changed))
    np.savez(tmp_path / "mnist.npz", images=pixels[:1])
    with pytest.raises(DataError, match=r"has no array 'x_test'; Keras's mnist.npz has x_train"):
        load_mnist("test", tmp_path)
    for content in (b"", b"PK", (tmp_path / "mnist.npz").read_bytes()[:300]):
        (tmp_path / "mnist.npz").write_bytes(content)
        with pytest.raises(DataError, match=r"mnist.npz: cannot be read: "):
            load_mnist("test", tmp_path)


@pytest.mark.parametrize("name", ["emnist-letters-train-images-idx3-ubyte", "EMNIST-digits-images.gz", "my_emnist.idx"])
def test_the_images_of_emnist_are_upright(name: str, tmp_path: Path) -> None:
    pixels = np.arange(3 * 28 * 28).reshape(3, 28, 28).astype(np.uint8)
    write_idx(tmp_path / name, pixels)
    write_idx(tmp_path / "labels", np.array([0, 1, 2], dtype=np.uint8))
    images, _ = load_idx_pair(tmp_path / name, tmp_path / "labels")
    assert (images.reshape(3, 28, 28) == pixels.transpose(0, 2, 1) / np.float32(255)).all()
    write_idx(tmp_path / "fashion-images", pixels)
    images, _ = load_idx_pair(tmp_path / "fashion-images", tmp_path / "labels")
    assert (images.reshape(3, 28, 28) == pixels / np.float32(255)).all()
