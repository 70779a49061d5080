"""The code blocks of the book run and print what the page shows."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from tests.code_blocks import Block, compare, read_blocks, run_python
from tests.docs.pages import DOCS, PAGES, ROOT

pytestmark = pytest.mark.slow

#: What a page may use, beside what it makes itself.
LENT = ("data", "deploy", "docs", "examples", "models", "scripts")
#: So many blocks of a page are not run here, and why; any other page has none.
NOT_RUN = {
    "benchmarks.md": 1,  # a quarter of an hour
    "deploy.md": 7,  # they need an account at AWS, Docker, a cluster
    "exchange.md": 2,  # PyTorch, and a file that it wrote
    "own-data.md": 1,  # Fashion-MNIST, a package of Debian's
    "sweeping.md": 3,  # hours, and a database for several machines
}
#: What `inknet serve` says where nothing else is said.
ADDRESS = "127.0.0.1:8000"

Serve = Callable[[str], None]


def runnable(page: str) -> list[Block]:
    """Return the blocks of a page that are to be run, in order."""
    blocks = read_blocks((DOCS / page).read_text(encoding="utf-8"))
    return [block for block in blocks if block.language in {"python", "sh"} and "no-run" not in block.words]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's working folder, with the `inknet` command on the PATH."""
    for name in LENT:
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
    return number


@pytest.fixture
def serve(folder: Path, port: int) -> Iterator[Serve]:
    """Start servers by a command, on the free port; stop them at the end."""
    with contextlib.ExitStack() as stack:

        def start(command: str) -> None:
            server = subprocess.Popen(
                ["bash", "-euc", f"exec {command}"], cwd=folder, env=os.environ | {"INKNET_PORT": str(port)}
            )
            stack.callback(server.wait, 20)
            stack.callback(server.terminate)
            for _ in range(200):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready"):
                    return
                assert server.poll() is None, f"{command} has ended"
                time.sleep(0.1)
            pytest.fail(f"{command} is not ready after 20 s")

        yield start


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)])
def test_blocks_run_as_the_page_says(page: str, folder: Path, port: int, serve: Serve) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    blocks = runnable(page)
    if any(ADDRESS in block.code for block in blocks) and not any(_serves(block) for block in blocks):
        serve("inknet serve")
    for block in blocks:
        where = f"{DOCS / page}"
        code = block.code.replace(ADDRESS, f"127.0.0.1:{port}")
        block = Block(block.language, block.words, code, block.line, block.output)  # noqa: PLW2901
        if _serves(block):
            serve(code.strip().removesuffix("&"))
            continue
        if block.language == "python":
            # What is so small gains nothing by a second thread, and on a busy machine loses much.
            with threadpool_limits(1):
                printed = run_python(block, namespace, where)
        else:
            shell = subprocess.run(
                ["bash", "-euo", "pipefail"],
                input=code,
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert shell.returncode == 0, f"{where}, line {block.line}:\n{code}{shell.stdout}{shell.stderr}"
            printed = shell.stdout
        if block.promised is not None:
            try:
                compare(printed, block.promised)
            except AssertionError as error:
                pytest.fail(f"{where}, line {block.line}: {error}")


def _serves(block: Block) -> bool:
    """Return whether a block only starts a server."""
    return block.language == "sh" and re.fullmatch(r"inknet serve[^\n]*", block.code.strip()) is not None


@pytest.mark.parametrize("page", PAGES)
def test_few_blocks_are_left_out_and_each_has_a_known_language(page: str) -> None:
    blocks = read_blocks((DOCS / page).read_text(encoding="utf-8"))
    left_out = [block for block in blocks if "no-run" in block.words]
    assert len(left_out) <= NOT_RUN.get(page, 0), f"{page} has {len(left_out)} blocks that no test runs"
    # A block in a language that nothing runs would be a way to hide one.
    known = {"python", "sh", "quote", "formula", "text", "json", "toml", "yaml", ""}
    assert {block.language for block in blocks} <= known
