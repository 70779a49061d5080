"""Runs `inknet` in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path


def run(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `inknet` in a process of its own."""
    command = [sys.executable, "-m", "inknet", *map(str, arguments)]
    result = subprocess.run(command, input=stdin, capture_output=True, check=False, env=os.environ | environment)
    output, errors = result.stdout.decode(), result.stderr.decode()
    assert "Traceback" not in errors
    return subprocess.CompletedProcess(command, result.returncode, output, errors)


def complaint(*arguments: str | Path) -> str:
    """Run a failing command and return its error: exit status 2, no output, one line on standard error."""
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("inknet: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("inknet: ")
