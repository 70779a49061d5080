"""One connection to the server, which gives nobody more time or room than a request needs."""

import asyncio
import logging
import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from inknet.service.middleware.security_headers import security_headers
from inknet.service.observability.logs import REQUEST_ID
from inknet.service.observability.metrics import Metrics
from inknet.service.problems import problem_response
from inknet.service.settings import Settings

__all__ = ["Connection", "WholeAnswers"]

#: How long a client that was refused may go on sending into the void.
LINGER_SECONDS = 0.5
#: A client takes at least so many bytes of an answer in the time that a body may take.
LEAST_TAKEN = 64 * 1024

log = logging.getLogger("inknet.access")


class WholeAnswers(h11.Connection):
    """Sends the head of an answer with the first part of its body: to send is what costs most about a small one."""

    _head: Sequence[bytes] = ()

    def __init__(self) -> None:
        super().__init__(h11.SERVER)
        #: How many bytes were to be sent so far.
        self.sent = 0

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """Return what to send for an event, and keep a head until the next one; `send` joins what is returned here."""
        parts = super().send_with_data_passthrough(event)
        if parts is None:
            return None
        if isinstance(event, h11.Response):
            self._head = parts
            return []
        head, self._head = self._head, ()
        parts = [*head, *parts]
        self.sent += sum(map(len, parts))
        return parts


class Connection(H11Protocol):
    """uvicorn's connection, with limits on the time that a client takes, and on how many of them there are.

    Limited are a request's headers, what is still to come of a body when its request has been answered, and how an
    answer is taken; `BodyLimit` does the body itself. What cannot become a request is answered here: with a problem, as
    all other errors are, logged and counted as they are.
    """

    _slow: asyncio.TimerHandle | None = None
    _rest: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None
    _refused = False
    conn: WholeAnswers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse one connection too many; expect the headers of a request from any other."""
        super().connection_made(transport)
        self.conn = WholeAnswers()
        # The app's lifespan put them there.
        self.settings: Settings = self.app_state["settings"]
        self.metrics: Metrics | None = self.app_state["metrics"]
        if len(self.connections) > self.settings.max_connections:
            self._refuse(503, "There are too many connections: try again in a second.", {"Retry-After": "1"})
        else:
            self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that has begun must have all its headers soon."""
        if self._refused:
            return
        super().data_received(data)
        if self._rest is not None and self.conn.their_state is not h11.SEND_BODY:
            self._rest.cancel()
            self._rest = None
        if self.conn.their_state is not h11.IDLE:
            self._expect_nothing()
        elif self._slow is None:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget about it."""
        self._expect_nothing()
        for timer in (self._rest, self._reading):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """See to it that what was answered is taken, and that what is left of the request comes or ends."""
        # Looked at first: the next request may have begun when this returns.
        unread = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if unread:
            self._rest = self.loop.call_later(self.settings.body_timeout, self.transport.abort)
        self._expect_reading()

    def pause_writing(self) -> None:
        """Send no more for now: the client is slow to take it."""
        super().pause_writing()
        self._expect_reading()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, msg)

    def _expect_headers(self) -> None:
        self._slow = self.loop.call_later(self.settings.header_timeout, self._on_slow_headers)

    def _expect_nothing(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _on_slow_headers(self) -> None:
        self._slow = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._refuse(408, "The request's headers took too long to come.")

    def _expect_reading(self) -> None:
        if self._reading is None and self.transport.get_write_buffer_size():
            goal = min(self.conn.sent, self._taken + LEAST_TAKEN)
            self._reading = self.loop.call_later(self.settings.body_timeout, self._on_reading, goal)

    @property
    def _taken(self) -> int:
        """How many bytes the client has taken, as far as can be seen from here."""
        return self.conn.sent - self.transport.get_write_buffer_size()

    def _on_reading(self, goal: int) -> None:
        self._reading = None
        if self._taken < goal:
            # To close would be to wait until it has taken the rest.
            self.transport.abort()
        else:
            self._expect_reading()

    def _refuse(self, status: int, detail: str, more: dict[str, str] | None = None) -> None:
        """Answer with a problem, and close."""
        self._expect_nothing()
        self._refused = True
        scope: dict[str, Any] = {"path": "/", "scheme": self.scheme}
        identity, title = uuid.uuid4().hex, HTTPStatus(status).phrase
        own = {"Connection": "close", "Cache-Control": "no-store", REQUEST_ID: identity}
        response: Response = problem_response(
            scope, "about:blank", title, status, detail, security_headers(scope) | own | (more or {})
        )
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            head = h11.Response(status_code=status, headers=response.raw_headers, reason=title)
            for event in (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.metrics is not None:
            self.metrics.observe_refusal(status, scope["inknet.problem"])
        facts = {"status": status, "problem": scope["inknet.problem"], "request_id": identity}
        log.info("a connection was refused: %s", detail, extra=facts)
        # To close while there is something left to read is to reset, and that takes the answer from the client.
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
