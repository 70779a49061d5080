"""The README's examples work, and its figures are those of the model card."""

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.code_blocks import Block, compare, read_blocks, run_python

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CARD = ROOT / "models" / "digits-784-200-10.json"


def blocks(text: str, language: str) -> list[Block]:
    return [block for block in read_blocks(text) if block.language == language]


def section(heading: str) -> str:
    match = re.search(rf"^### {heading}\n(.*?)(?=^##)", README, flags=re.DOTALL | re.MULTILINE)
    assert match is not None, f"the README has no section {heading!r}"
    return match[1]


def commands(text: str) -> list[str]:
    return [line for block in blocks(text, "sh") for line in block.code.splitlines() if line]


@pytest.mark.parametrize("block", blocks(README, "python"), ids=lambda block: f"line {block.line}")
def test_python_examples_print_their_comments(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert block.promised, "a Python example should say what it prints"
    compare(run_python(block, {}, "README.md"), block.promised)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve as `scripts/serve` does, on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "inknet", "serve", "--port", str(number)], cwd=ROOT) as server:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{number}/health/ready"):
                    break
                time.sleep(0.1)
            yield number
        finally:
            server.terminate()


def test_curl_examples(port: int) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    lines = commands(section("Over HTTP"))
    assert len(lines) == 3
    answers = [
        json.loads(
            subprocess.run(
                shlex.split(line.replace("127.0.0.1:8000", f"127.0.0.1:{port}")),
                cwd=ROOT,
                check=True,
                capture_output=True,
            ).stdout
        )
        for line in lines
    ]
    assert [answer.get("digit") for answer in answers[:2]] == [7, 7]
    assert answers[2]["sizes"] == [784, 200, 10]


def test_command_line_examples(tmp_path: Path) -> None:
    lines = commands(section("On the command line"))
    for name in ("examples", "models"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    printed = {}
    for line in lines:
        result = subprocess.run(
            line.split(), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{line}: {result.stderr}"
        printed[line] = result.stdout
    first = next(output for line, output in printed.items() if line.startswith("inknet predict"))
    assert first.split()[1] == "7"
    assert (tmp_path / "runs" / "first" / "best.pkl").is_file()


def test_figures_match_the_model_card() -> None:
    card = json.loads(CARD.read_text(encoding="utf-8"))
    figures = re.search(r"<!-- figures -->(.*)<!-- /figures -->", README, flags=re.DOTALL)
    assert figures is not None
    for name in ("accuracy", "pen_accuracy", "canvas_accuracy"):
        assert f"{100 * card[name]:.2f} %" in figures[1], f"the README does not give the card's {name}"


def test_links_work() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), f"the README links to {target}, which is not there"
