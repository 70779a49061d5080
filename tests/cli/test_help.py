"""The help of every command: complete on any terminal, with valid examples."""

import re
import shlex
import subprocess
import sys
from functools import cache

import pytest
import typer.main

from inknet.cli import app
from tests.cli.helpers import run_process

pytestmark = pytest.mark.slow

GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)  # type: ignore[attr-defined]


@cache
def page(command: str, columns: int) -> str:
    """Return the help of a command on a terminal of this width, which determines its style when the command starts."""
    return run_process(command, "--help", COLUMNS=str(columns)).stdout


def options(command: str) -> set[str]:
    """Return a command's options, by their names on the command line."""
    parameters = GROUP.commands[command].params  # type: ignore[attr-defined]
    return {name for parameter in parameters for name in parameter.opts if name.startswith("-")}


def examples(text: str) -> list[str]:
    """Return the examples in a help text, continued lines joined."""
    block = text.partition("Examples:")[2].partition("Exit status:")[0]
    return [line.strip() for line in re.sub(r"\\\s*\n\s*", "", block).splitlines() if line.strip()]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", [40, 80])
def test_every_command_has_a_help_page(command: str, columns: int) -> None:
    text = page(command, columns)
    assert sorted(name for name in options(command) if name not in text) == []
    assert "Exit status:" in text
    assert "…" not in text.replace("INKNET_PORT, …", "")
    if columns == 80:
        assert max(map(len, text.splitlines())) <= columns
    if command == "train":
        assert "runs/<time>-<recipe>" in " ".join(text.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_are_valid_commands(command: str) -> None:
    lines = examples(page(command, 80))
    assert lines
    for line in lines:
        words = shlex.split(line)
        place = words.index("inknet")
        assert words[place + 1] == command
        given = {word.partition("=")[0] for word in words[place + 2 :] if re.match("--?[a-z]", word)}
        assert given <= options(command), line


def test_main_help_groups_the_commands() -> None:
    text = run_process("--help", COLUMNS="80").stdout
    places = [
        text.index(group)
        for group in ("Train a network", "Evaluate a network", "Use a network", "Exchange a network", "Environment:")
    ]
    assert places == sorted(places)
    assert all(re.search(rf"^  {command} .*\w", text, flags=re.MULTILINE) for command in COMMANDS)
    assert "INKNET_DATA" in text
    assert "docs/" in text
    assert max(map(len, text.splitlines())) <= 80


def test_main_help_does_not_load_rich() -> None:
    """Loading Rich takes longer than everything else on that page."""
    code = "import atexit, sys, inknet.cli; atexit.register(lambda: print('rich' in sys.modules)); inknet.cli.main()"
    result = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("Usage: inknet ")
    assert result.stdout.splitlines()[-1] == "False"
