"""The `inknet` command, killed by its own hand, with SIGKILL, at a moment that no clock would hit.

Usage: python -m experiments.dying MOMENT NUMBER ARGUMENT …

A moment is one of `MOMENTS`, and the number says which time it comes, from 1: `rename 7` is when the seventh file has
been written, and has not got its name yet. The arguments are the command's.
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
from inknet.mlp import Trainer

#: Called each time the moment comes: whether it is the time to die.
Due = Callable[[], bool]


def in_an_epoch(due: Due) -> None:
    """Die in the middle of an epoch, when the learning rate of a step is asked for, as every way of learning does."""
    rate = Trainer._rate

    def dying(*arguments: Any) -> Any:  # noqa: ANN401 - passed on as they are
        die_if(due())
        return rate(*arguments)

    patch.object(Trainer, "_rate", dying).start()


def in_a_write(due: Due) -> None:
    """Die when a part of a file has been written."""

    class PartOfAFile(io.FileIO):
        def write(self, data: Any) -> int:  # noqa: ANN401 - whatever holds bytes
            part = super().write(bytes(data)[: random.randrange(len(data))])  # noqa: S311 - anywhere will do
            die_if(True)
            return part

    opens = Path.open

    def dying(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        return PartOfAFile(path, mode) if mode == "xb" and due() else opens(path, mode, *arguments, **options)

    patch.object(Path, "open", dying).start()


def before_a_rename(due: Due) -> None:
    """Die when a file is whole, and has not got its name yet."""
    rename = os.replace

    def dying(*arguments: Any) -> None:  # noqa: ANN401 - passed on as they are
        die_if(due())
        rename(*arguments)

    patch.object(os, "replace", dying).start()


def after_a_rename(due: Due) -> None:
    """Die when a file has just got its name, before the folder is flushed."""
    rename = os.replace

    def dying(*arguments: Any) -> None:  # noqa: ANN401 - passed on as they are
        rename(*arguments)
        die_if(due())

    patch.object(os, "replace", dying).start()


MOMENTS: dict[str, Callable[[Due], None]] = {
    "epoch": in_an_epoch,
    "write": in_a_write,
    "rename": before_a_rename,
    "renamed": after_a_rename,
}


def die_if(due: bool) -> None:
    """Be killed, as by `kill -9`: nothing is cleaned up, and no more is written."""
    if due:
        os.kill(os.getpid(), signal.SIGKILL)


def counter(number: int) -> Due:
    """Return what is true the `number`-th time it is called."""
    times = iter(range(1, number + 1))
    return lambda: next(times, None) == number


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in MOMENTS:
        sys.exit(f"usage: python -m experiments.dying {'|'.join(MOMENTS)} NUMBER ARGUMENT …")
    moment, number = sys.argv[1], int(sys.argv[2])
    random.seed(number)
    MOMENTS[moment](counter(number))
    sys.argv[1:] = sys.argv[3:]
    main()
