"""Ctrl-C as a request to stop, instead of an exception in the middle of a step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["catch_interrupt"]


@contextmanager
def catch_interrupt() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event; a second one raises KeyboardInterrupt, as usual.

    The event is never set outside the main thread, which gets no signals, or if Ctrl-C is ignored, as in a background
    job, or handled by an embedding program.
    """
    interrupt = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous in (None, signal.SIG_IGN):
        yield interrupt
        return

    def request(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
        interrupt.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, request)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, previous)
