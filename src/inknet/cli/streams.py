"""Standard output and error that are closed, full or read by nobody."""

import io
import os
import sys

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
            setattr(sys, name, _text(io.FileIO(number, "w", closefd=False), sys.getdefaultencoding()))
    # Not the stream of an embedding program, or of a test.
    if sys.stderr is sys.__stderr__ and isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _text(_BestEffort(2, "w", closefd=False), sys.stderr.encoding)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The output's encoding may lack characters such as arrows; standard error escapes them by default.
        sys.stdout.reconfigure(errors="backslashreplace")


class _BestEffort(io.FileIO):
    """A file that drops what cannot be written."""

    def write(self, data: "io.ReadableBuffer", /) -> int:  # type: ignore[name-defined]
        try:
            return super().write(data)
        except OSError:
            return len(memoryview(data))


def _text(file: io.FileIO, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(file), encoding, errors="backslashreplace", line_buffering=True)
