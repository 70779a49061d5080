"""HTTP/1.1 connection with timeouts and limits.

uvicorn has none for slow clients but its keep-alive timeout. All others are here, except for the body's while it is
read, which is `BodyLimit`'s:

=================  ==============  ================================================================
a client that      setting         is answered
=================  ==============  ================================================================
is one too many    max_connections 503, and disconnected
sends no headers   header_timeout  408, and disconnected
sends no body      body_timeout    408 by `BodyLimit`; disconnected if the request is answered already
takes no response  body_timeout    not at all: disconnected
=================  ==============  ================================================================

This relies on internals of uvicorn, so pyproject.toml limits its version.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from inknet.service.h11_patterns import replace_patterns
from inknet.service.middleware.security_headers import security_headers
from inknet.service.observability.logs import REQUEST_ID
from inknet.service.observability.metrics import Metrics
from inknet.service.problems import problem_response
from inknet.service.recognition.work_queue import HALF_CLOSED
from inknet.service.settings import Settings

__all__ = ["Connection"]

#: Seconds to wait for a refused client to stop sending. Closing with unread data sends RST and loses the response.
LINGER_TIMEOUT = 0.5

log = logging.getLogger("inknet.access")

replace_patterns()


class _Timeout:
    """Calls a function some seconds after `start`, unless stopped."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start, unless running."""
        if self._handle is None:
            self._handle = self._loop.call_later(self._seconds, self._callback)

    def stop(self) -> None:
        """Stop, if running."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class Connection(H11Protocol):
    """uvicorn's connection, with timeouts and a limit on their number.

    A connection that cannot become a request is refused with a problem document, logged and counted like other errors.
    """

    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse a connection over the limit; expect request headers on any other."""
        super().connection_made(transport)
        # The state comes from the app's lifespan.
        settings: Settings = self.app_state["settings"]
        self._metrics: Metrics | None = self.app_state["metrics"]
        # Writing pauses as soon as data waits for the client, and resumes when the client has taken all of it.
        transport.set_write_buffer_limits(high=0)
        self._headers_timeout = _Timeout(self.loop, settings.header_timeout, self._on_headers_timeout)
        self._body_timeout = _Timeout(self.loop, settings.body_timeout, transport.abort)
        self._write_timeout = _Timeout(self.loop, settings.body_timeout, transport.abort)
        if len(self.connections) > settings.max_connections and not self._make_room(settings.max_connections):
            self._refuse(503, "Too many connections: try again in a second.", {"Retry-After": "1"})
        else:
            self._headers_timeout.start()

    def data_received(self, data: bytes) -> None:
        """Process received data; the headers of a request must be complete before their timeout."""
        if self._is_refused:
            return
        super().data_received(data)
        if self.conn.their_state is not h11.SEND_BODY:
            self._body_timeout.stop()
        if self.conn.their_state is h11.IDLE:
            self._headers_timeout.start()
        else:
            self._headers_timeout.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timeouts."""
        for timeout in (self._headers_timeout, self._body_timeout, self._write_timeout):
            timeout.stop()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Expect the rest of the request body, if any."""
        # Checked before uvicorn continues with the next request.
        is_body_incomplete = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if is_body_incomplete:
            self._body_timeout.start()

    def pause_writing(self) -> None:
        """Expect the client to take what was written."""
        super().pause_writing()
        self._write_timeout.start()

    def resume_writing(self) -> None:
        """Continue writing: the client has taken everything."""
        self._write_timeout.stop()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(400, msg)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection of a client that only stopped sending, until it has its response."""
        is_waiting = self._is_responding and self.conn.their_state is not h11.SEND_BODY
        if is_waiting:
            self.cycle.keep_alive = False
            # It may as well have gone: nobody knows before something is sent.
            self.scope[HALF_CLOSED] = True  # type: ignore[literal-required]
        return is_waiting

    @property
    def _is_responding(self) -> bool:
        """Whether a request is in progress."""
        return self.cycle is not None and not self.cycle.response_complete

    def _make_room(self, limit: int) -> bool:
        """Close connections that nobody uses, so that they shut nobody out; return whether the limit is kept then."""
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        others = [other for other in others if not other.transport.is_closing()]
        idle, excess = [other for other in others if other.is_idle], len(others) + 1 - limit
        for other in idle[: max(0, excess)]:
            other.transport.close()
        return len(idle) >= excess

    @property
    def is_idle(self) -> bool:
        """Whether it was refused, or no request has begun on it, or all have been answered."""
        return self._is_refused or not (self._is_responding or self.conn.trailing_data[0])

    def _on_headers_timeout(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._refuse(408, "The request headers took too long to arrive.")

    def _refuse(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        """Respond with a problem, and close the connection."""
        self._headers_timeout.stop()
        self._is_refused = True
        if self._is_responding:
            # The request in progress ends as if its client had disconnected, and is logged and counted by the app.
            self.cycle.disconnected = True
            self.cycle.waiting_for_100_continue = False
            self.cycle.message_event.set()
        scope: dict[str, Any] = {"path": "/", "scheme": self.scheme}
        identity = uuid.uuid4().hex
        own = {"Connection": "close", "Cache-Control": "no-store", REQUEST_ID: identity}
        response = problem_response(scope, status, detail, security_headers(scope) | own | (headers or {}))
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            head = h11.Response(status_code=status, headers=response.raw_headers, reason=HTTPStatus(status).phrase)
            is_head = self._is_responding and self.scope["method"] == "HEAD"
            for event in (head, h11.Data(data=b"" if is_head else bytes(response.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if not self._is_responding:
            if self._metrics is not None:
                self._metrics.observe_refusal(status, scope["inknet.problem"])
            fields = {"status": status, "problem": scope["inknet.problem"], "request_id": identity}
            log.info("connection refused: %s", detail, extra=fields)
        if not self.transport.is_closing():
            self.transport.write_eof()
        self.loop.call_later(LINGER_TIMEOUT, self.transport.close)
