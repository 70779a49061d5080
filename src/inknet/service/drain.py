"""Graceful shutdown: on SIGTERM, readiness fails first; the server closes only after that."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from fastapi import FastAPI

__all__ = ["drain_on_sigterm"]


@contextmanager
def drain_on_sigterm(app: FastAPI, seconds: float) -> Iterator[None]:
    """On SIGTERM, set `app.state.draining`, and pass the signal to the server `seconds` later.

    In between, load balancers (such as Kubernetes) see that the service is not ready and route requests elsewhere.
    With 0 seconds, or outside the main thread, the server gets the signal at once.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if seconds == 0 or threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    loop = asyncio.get_running_loop()

    def drain(signum: int, frame: FrameType | None) -> None:
        # A second SIGTERM, or one during shutdown, is passed on at once.
        if app.state.draining or not loop.is_running():
            handler(signum, frame)
            return
        app.state.draining = True
        loop.call_soon_threadsafe(loop.call_later, seconds, handler, signum, frame)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
