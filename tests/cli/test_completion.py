"""Shell completion: by the shells' protocols, and in the shells that are installed."""

import os
import pty
import resource
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from inknet.cli.completion import WORDS
from inknet.cli.export import SUFFIXES
from inknet.cli.run_log import FILES
from inknet.digits.training.recipes import RECIPES
from inknet.mlp import InknetError, Network
from inknet.mlp.activations import ACTIVATIONS
from inknet.mlp.initializers import INITIALIZERS
from inknet.mlp.losses import LOSSES
from inknet.mlp.optimizers import OPTIMIZERS
from inknet.mlp.schedules import SCHEDULES
from inknet.mlp.training.early_stopping import EARLY_STOPPING_RULES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("option", "table"),
    [
        ("recipe", RECIPES),
        ("init", INITIALIZERS),
        ("loss", LOSSES),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
        ("early-stopping", EARLY_STOPPING_RULES),
        ("format", SUFFIXES),
        ("log", FILES),
    ],
)
def test_words_match_the_registries(option: str, table: dict[str, object] | tuple[str, ...]) -> None:
    assert WORDS[option] == tuple(table)


@pytest.mark.parametrize(("option", "keyword"), [("activation", "hidden"), ("output", "output"), ("bias", "bias")])
def test_words_are_accepted_by_a_network(option: str, keyword: str) -> None:
    def taken(word: str) -> bool:
        options: dict[str, Any] = {keyword: word}
        with suppress(InknetError):
            return bool(Network([2, 2, 2], **options))
        return False

    assert set(WORDS[option]) == {word for word in (*ACTIVATIONS, "node", "layer") if taken(word)}


def offered(shell: str, line: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Ask as a shell's script asks, with the cursor at the end of the line."""
    asked = {
        "bash": {"COMP_WORDS": line.replace(" ", "\n"), "COMP_CWORD": str(line.count(" "))},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    command = [sys.executable, *options, "-m", "inknet"]
    environment = os.environ | asked | {"_INKNET_COMPLETE": f"complete_{shell}"}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("line", "words", "others"),
    [
        ("inknet tr", ["train"], ["serve"]),
        ("inknet train --wei", ["--weight-decay"], ["--seed"]),
        ("inknet train --recipe ", ["source", "digits"], []),
        ("inknet train --activation le", ["leaky-relu"], ["sigmoid"]),
        ("inknet train --early-stopping loss-flat,", ["loss-flat,loss-rises"], ["loss-flat,loss-flat"]),
    ],
)
def test_commands_options_and_values(line: str, words: list[str], others: list[str]) -> None:
    answer = offered("bash", line).stdout.split()
    assert [word for word in words if word not in answer] == []
    assert [word for word in others if word in answer] == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_the_same_words(shell: str) -> None:
    answer = offered(shell, "inknet train --activation le").stdout
    assert "leaky-relu" in answer
    assert "sigmoid" not in answer


def test_file_names_are_completed_by_the_shell() -> None:
    assert offered("bash", "inknet evaluate mod").stdout.strip() == ""
    assert offered("zsh", "inknet serve --model mod").stdout.strip() == "_files"


def test_completion_does_not_load_numpy() -> None:
    assert "numpy" not in offered("bash", "inknet train --init g", "-X", "importtime").stderr


@pytest.mark.performance
def test_completion_takes_half_a_second_at_most() -> None:
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        offered("bash", "inknet train --init g")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    # Of the processor's time, which a busy machine does not lengthen; the first may still have to compile.
    assert min(seconds() for _ in range(3)) < 0.5


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Put `inknet` first on the path, and make a home with nothing in it but zsh's usual beginning."""
    command = tmp_path / "bin" / "inknet"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m inknet "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / ".zshrc").write_text("autoload -Uz compinit; compinit -u -D\n", encoding="utf-8")
    (tmp_path / "model.pkl").touch()
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path), "TERM": "xterm"}
    return {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | own


def typed(shell: list[str], lines: list[tuple[str, str]], environment: dict[str, str]) -> None:
    """Type into a shell on a terminal of its own, and wait each time for what it must then show."""
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        shell,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        env=environment,
        cwd=environment["HOME"],
        start_new_session=True,
    ) as process:
        try:
            for keys, expected in lines:
                os.write(terminal, keys.encode())
                shown, end = b"", time.monotonic() + 20
                while expected.encode() not in shown:
                    ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
                    assert ready, f"{shell[0]}, after {keys!r}, shows {shown!r}"
                    shown += os.read(terminal, 65536)
        finally:
            process.kill()
            os.close(its_end)
            os.close(terminal)


@pytest.mark.parametrize("shell", [["bash", "--norc", "-i"], ["zsh", "-i"]], ids=["bash", "zsh"])
def test_completion_in_a_real_shell(shell: list[str], environment: dict[str, str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    script = f"_INKNET_COMPLETE=source_{shell[0]} inknet"
    typed(
        shell,
        [
            (f'eval "$({script})"; echo rea""dy\n', "ready"),
            ("inknet train --rec\t", "--recipe"),
            ("di\t", "digits"),
            ("\x15inknet eval\t", "evaluate"),
            ("mo\t", "model.pkl"),
        ],
        environment,
    )


def test_completion_in_fish(environment: dict[str, str]) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    asked = "complete -C 'inknet train --init g'; complete -C 'inknet evaluate mod'"
    script = f"_INKNET_COMPLETE=source_fish inknet | source; {asked}"
    result = subprocess.run(
        ["fish", "--private", "-c", script],
        env=environment,
        cwd=environment["HOME"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout.split() == ["glorot", "model.pkl"]


def test_install_completion_for_bash(environment: dict[str, str]) -> None:
    # The shell is found out from the process that asks.
    script = "inknet --install-completion; true"
    subprocess.run(["bash", "--norc", "-c", script], env=environment, check=True, capture_output=True)
    home = Path(environment["HOME"])
    (line,) = (home / ".bashrc").read_text(encoding="utf-8").split("\n")[1:2]
    assert line == f"source '{home}/.bash_completions/inknet.sh'"
    assert "complete -o default -F _inknet_completion inknet" in (home / ".bash_completions/inknet.sh").read_text()
