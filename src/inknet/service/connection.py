"""One connection to the server, which gives nobody more time or room than a request needs."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from inknet.service.problems import problem_response
from inknet.service.security_headers import security_headers
from inknet.service.settings import Settings

__all__ = ["Connection", "WholeAnswers"]

#: How long a client that was refused may go on sending into the void.
LINGER_SECONDS = 0.5


class WholeAnswers(h11.Connection):
    """Sends the head of an answer with the first part of its body: to send is what costs most about a small one."""

    _head: Sequence[bytes] = ()

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """Return what to send for an event, and keep a head until the next one; `send` joins what is returned here."""
        parts = super().send_with_data_passthrough(event)
        if parts is None:
            return None
        if isinstance(event, h11.Response):
            self._head = parts
            return []
        head, self._head = self._head, ()
        return [*head, *parts]


class Connection(H11Protocol):
    """uvicorn's connection, with a limit on the time that a request's headers take, and on how many there are.

    What cannot become a request is answered here: with a problem, as all other errors are.
    """

    _slow: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse one connection too many; expect the headers of a request from any other."""
        super().connection_made(transport)
        self.conn = WholeAnswers(h11.SERVER)
        # The app's lifespan put it there.
        self.settings: Settings = self.app_state["settings"]
        if len(self.connections) > self.settings.max_connections:
            self._refuse(503, "There are too many connections: try again in a second.", {"Retry-After": "1"})
        else:
            self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that has begun must have all its headers soon."""
        if self._refused:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._expect_nothing()
        elif self._slow is None:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget about it."""
        self._expect_nothing()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, msg)

    def _expect_headers(self) -> None:
        self._slow = self.loop.call_later(self.settings.header_seconds, self._on_slow_headers)

    def _expect_nothing(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _on_slow_headers(self) -> None:
        self._slow = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._refuse(408, "The request's headers took too long to come.")

    def _refuse(self, status: int, detail: str, more: dict[str, str] | None = None) -> None:
        """Answer with a problem, and close."""
        self._expect_nothing()
        self._refused = True
        scope: dict[str, Any] = {"path": "/", "scheme": self.scheme}
        headers = security_headers(scope) | {"Connection": "close", "Cache-Control": "no-store"} | (more or {})
        title = HTTPStatus(status).phrase
        response: Response = problem_response(scope, "about:blank", title, status, detail, headers)
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            head = h11.Response(status_code=status, headers=response.raw_headers, reason=title)
            for event in (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        # To close while there is something left to read is to reset, and that takes the answer from the client.
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
