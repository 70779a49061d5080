"""Programs of the system that tests need."""

import os
import shutil
from typing import NoReturn

import pytest

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    # Without a process of its own, drawing costs a tenth less.
    "--in-process-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def leave_out(reason: str) -> NoReturn:
    """Skip a test because a program is missing; fail where all are required, as in CI."""
    if os.environ.get("REQUIRE_BROWSERS"):
        pytest.fail(reason)
    pytest.skip(reason)
