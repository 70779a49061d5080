"""Ctrl-C as a request to stop, instead of an exception in the middle of a step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupt", "catch_interrupt"]


class Interrupt:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.requested = False


@contextmanager
def catch_interrupt() -> Iterator[Interrupt]:
    """Turn the first Ctrl-C into a flag; a second one raises KeyboardInterrupt, as usual.

    The flag is never set outside the main thread, which gets no signals, or if Ctrl-C is ignored, as in a background
    job, or handled by an embedding program.
    """
    interrupt = Interrupt()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous in (None, signal.SIG_IGN):
        yield interrupt
        return

    def request(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
        interrupt.requested = True
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, request)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, previous)
