"""The wheel holds the page and the model, and works where there is nothing else."""

import contextlib
import json
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from inknet.digits import load_mnist

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source archive, and from it the wheel; nothing is left in the repository."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_the_wheel_holds_page_model_and_types_and_no_data(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"inknet/web/index.html", "inknet/models/digits-784-200-10.pkl", "inknet/py.typed"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "ubyte" in name or "pendigits" in name or name.startswith("tests")]


def test_the_source_archive_holds_what_the_wheel_is_made_of(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "web/index.html", "src/inknet/__init__.py"} <= names


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty environment, its dependencies by the lock file; return its bin folder."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    (wheel,) = built.glob("*.whl")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for arguments in (["--require-hashes", "-r", str(ROOT / "requirements" / "core.txt")], ["--no-deps", str(wheel)]):
        subprocess.run([*pip, *arguments], check=True)
    return folder / "bin"


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    """Write the first image of MNIST's test set, a 7, into an otherwise empty folder."""
    images, labels = load_mnist("test")
    assert labels[0] == 7
    path = tmp_path / "seven.png"
    Image.fromarray((images[0] * 255).round().astype("uint8").reshape(28, 28)).save(path)
    return path


def test_predict_from_an_empty_folder(installed: Path, seven: Path) -> None:
    command = [str(installed / "inknet"), "predict", seven.name, "--json"]
    result = subprocess.run(command, cwd=seven.parent, check=True, capture_output=True, text=True)
    assert [answer["digit"] for answer in json.loads(result.stdout)] == [7]


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[str]:
    """Serve from an empty folder, and return the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    command = [str(installed / "inknet"), "serve", "--port", address.rpartition(":")[2]]
    with subprocess.Popen(command, cwd=tmp_path) as server:
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health/ready"):
                    break
                time.sleep(0.1)
            else:
                pytest.fail("the server was not ready after 30 s")
            yield address
        finally:
            server.terminate()


def test_serve_from_an_empty_folder(served: str, seven: Path) -> None:
    with urllib.request.urlopen(served) as page:
        assert b"inknet" in page.read()
    request = urllib.request.Request(
        f"{served}/predict", data=seven.read_bytes(), headers={"Content-Type": "image/png"}
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["digit"] == 7
