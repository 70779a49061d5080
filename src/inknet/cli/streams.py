"""Standard output and error that are closed, full or read by nobody."""

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["prepare_streams"]


def prepare_streams() -> None:
    """Make the standard streams safe to write to.

    A closed one becomes the null device: the next file or socket would get its number. Messages on standard error that
    cannot be written are dropped, because they must not stop the command that they are about.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_WRONLY)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, _text(number, sys.getdefaultencoding()))
    # Not the stream of an embedding program, or of a test.
    if sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _text(2, sys.stderr.encoding)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The output's encoding may lack characters such as arrows; standard error escapes them by default.
        sys.stdout.reconfigure(errors="backslashreplace")


class _BestEffort(io.RawIOBase):
    """Writes to an open file descriptor; drops what cannot be written."""

    def __init__(self, number: int) -> None:
        self._number = number

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        with suppress(OSError):
            return os.write(self._number, data)
        return len(memoryview(data))


def _text(number: int, encoding: str) -> io.TextIOWrapper:
    buffer = io.BufferedWriter(_BestEffort(number))
    return io.TextIOWrapper(buffer, encoding, errors="backslashreplace", line_buffering=True)
