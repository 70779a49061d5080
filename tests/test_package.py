"""The wheel contains the page and the model, is small and reproducible, and works in an empty environment."""

import contextlib
import importlib.metadata
import json
import shutil
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
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

from inknet.digits import load_mnist

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source archive, and the wheel from it, without leaving files in the repository."""
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


def test_wheel_is_reproducible(built: Path, tmp_path: Path) -> None:
    copy, folder = tmp_path / "copy", tmp_path / "dist"
    copy.mkdir()
    for name in (".gitignore", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "src", "web", "models"):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, copy / name, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copyfile(ROOT / name, copy / name)
    for path in copy.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    # With both named, the wheel comes from the tree itself; the other one came from the source archive.
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--sdist",
        "--wheel",
        "--outdir",
        str(folder),
        str(copy),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, umask=0o077)
    assert result.returncode == 0, result.stdout + result.stderr
    assert {path.name for path in folder.iterdir()} == {path.name for path in built.iterdir()}
    assert [path.name for path in built.iterdir() if path.read_bytes() != (folder / path.name).read_bytes()] == []


def test_metadata_are_complete_and_the_readme_renders(built: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


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


def with_dependencies(folder: Path, name: str) -> dict[str, importlib.metadata.Distribution]:
    """Return an installed package and its dependencies, with the requested extras only."""
    there = {canonicalize_name(found.name): found for found in importlib.metadata.distributions(path=[str(folder)])}
    wanted: dict[str, importlib.metadata.Distribution] = {}
    waiting, done = [Requirement(name)], set()
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in done:
            continue
        done.add(key)
        wanted[key[0]] = there[key[0]]
        for line in there[key[0]].requires or ():
            next_one = Requirement(line)
            marker = next_one.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*requirement.extras, "")):
                waiting.append(next_one)
    return wanted


def test_dependencies_are_few_and_small(installed: Path) -> None:
    # The lock file has the extras `metrics` and `docs` too, which `pip install inknet` does not bring.
    (folder,) = (installed.parent / "lib").glob("python*/site-packages")
    packages = with_dependencies(folder, "inknet")
    assert {"inknet", "numpy", "fastapi"} <= set(packages)
    assert "prometheus-client" not in packages
    assert len(packages) < 35
    # What Python compiled as it was installed is among them.
    files = {Path(file.locate()) for package in packages.values() for file in package.files or ()}
    size = sum(file.stat().st_size for file in files if file.is_file())
    assert 10e6 < size < 130e6, f"{len(packages)} packages, {size / 1e6:.0f} MB"


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
