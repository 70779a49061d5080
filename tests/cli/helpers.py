"""Runs `inknet` with its standard streams captured."""

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from inknet.cli import main


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Result:
    """Run `inknet` in this process, which has loaded its modules already."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        chdir(cwd or Path.cwd()),
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", ["inknet", *map(str, arguments)]),
        redirect_stdout(output),
        redirect_stderr(errors),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    for stream in (output, errors):
        stream.seek(0)
    return Result(int(ended.value.code or 0), output.read(), errors.read())


def run_process(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> Result:
    """Run `inknet` in a process of its own, for what depends on how Python starts."""
    command = [sys.executable, "-m", "inknet", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=os.environ | environment)
    output, errors = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in errors
    return Result(done.returncode, output, errors)


def complaint(*arguments: str | Path, cwd: Path | None = None) -> str:
    """Run a failing command and return its error: exit status 2, no output, one line on standard error."""
    result = run(*arguments, cwd=cwd)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("inknet: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("inknet: ")
