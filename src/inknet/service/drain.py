"""Graceful shutdown: on SIGTERM, readiness fails first; the server closes only after that."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CloseConnections", "drain_on_sigterm"]


class CloseConnections:
    """ASGI middleware: closes connections while the app drains; a later request on one would be lost.

    Clients then send the next request on a new connection, to a process that goes on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_closing(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["app"].state.draining:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self.app(scope, receive, send_closing if scope["type"] == "http" else send)


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
