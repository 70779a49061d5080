"""Run the `inknet` command and send it SIGKILL at a moment too short for a clock to hit.

Usage: python -m tests.robustness.killed_at MOMENT NUMBER ARGUMENT …

MOMENT is one of `MOMENTS`; NUMBER counts from 1: `rename 7` kills the command when the seventh file has been written
and not yet renamed. The remaining arguments are those of `inknet`.
"""

import io
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from inknet.cli import main
from inknet.mlp import SCHEDULES, Schedule

#: Called each time the moment comes; returns whether to die now.
Due = Callable[[], bool]


def during_epoch(due: Due) -> None:
    """Die in the middle of an epoch, when a step asks for its learning rate."""

    def killer(schedule: Schedule) -> Schedule:
        def killing(epoch: float, epochs: int) -> float:
            kill_if(due())
            return schedule(epoch, epochs)

        return killing

    patch.dict(SCHEDULES, {name: killer(schedule) for name, schedule in SCHEDULES.items()}).start()


def during_write(due: Due) -> None:
    """Die when a random part of a file has been written."""

    class PartialFile(io.FileIO):
        def write(self, data: Any) -> int:  # noqa: ANN401 - any bytes-like object
            written = super().write(bytes(data)[: random.randrange(len(data))])
            kill_if(True)
            return written

    path_open = Path.open

    def killing(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - passed through
        return PartialFile(path, mode) if mode == "xb" and due() else path_open(path, mode, *arguments, **options)

    patch.object(Path, "open", killing).start()


def before_rename(due: Due) -> None:
    """Die when a temporary file is complete but not yet renamed."""
    replace = os.replace

    def killing(*arguments: Any) -> None:  # noqa: ANN401 - passed through
        kill_if(due())
        replace(*arguments)

    patch.object(os, "replace", killing).start()


def after_rename(due: Due) -> None:
    """Die when a file has been renamed, before its folder is flushed."""
    replace = os.replace

    def killing(*arguments: Any) -> None:  # noqa: ANN401 - passed through
        replace(*arguments)
        kill_if(due())

    patch.object(os, "replace", killing).start()


MOMENTS: dict[str, Callable[[Due], None]] = {
    "epoch": during_epoch,
    "write": during_write,
    "rename": before_rename,
    "renamed": after_rename,
}


def kill_if(due: bool) -> None:
    """Die as by `kill -9`: no cleanup, no flush."""
    if due:
        os.kill(os.getpid(), signal.SIGKILL)


def true_at(number: int) -> Due:
    """Return a function that is true on its `number`-th call."""
    calls = iter(range(1, number + 1))
    return lambda: next(calls, None) == number


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in MOMENTS:
        sys.exit(f"usage: python -m tests.robustness.killed_at {'|'.join(MOMENTS)} NUMBER ARGUMENT …")
    moment, number = sys.argv[1], int(sys.argv[2])
    random.seed(number)
    MOMENTS[moment](true_at(number))
    sys.argv[1:] = sys.argv[3:]
    main()
