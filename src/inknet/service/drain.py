"""A stop that loses nobody: on SIGTERM, readiness falls first, and only then does the server close."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from fastapi import FastAPI

__all__ = ["draining_on_sigterm"]


@contextmanager
def draining_on_sigterm(app: FastAPI, seconds: float) -> Iterator[None]:
    """While the app runs, let SIGTERM set `app.state.draining`, and pass it on to the server some seconds later.

    Meanwhile those who send requests here (Kubernetes, a load balancer) see that this is not ready, and turn
    elsewhere. With 0 seconds, and outside the main thread, the server gets the signal at once, as usual.
    """
    serve_on = signal.getsignal(signal.SIGTERM)
    if seconds == 0 or threading.current_thread() is not threading.main_thread() or not callable(serve_on):
        yield
        return
    loop = asyncio.get_running_loop()

    def drain(signum: int, frame: FrameType | None) -> None:
        # A second SIGTERM, or one when the loop is closing, is not put off.
        if app.state.draining or not loop.is_running():
            serve_on(signum, frame)
            return
        app.state.draining = True
        loop.call_soon_threadsafe(loop.call_later, seconds, serve_on, signum, frame)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, serve_on)
