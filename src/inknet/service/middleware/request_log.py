"""Every request has an id, a line in the log, and is counted."""

import logging
import re
import time
import uuid
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inknet.service.middleware.headers import header
from inknet.service.observability.logs import REQUEST_ID, request_id
from inknet.service.observability.metrics import Metrics

__all__ = ["RequestLog"]

log = logging.getLogger("inknet.access")

#: An id from outside goes into the log and into a header: it can be no essay, and bring no line break.
_ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")

#: The header's name as ASGI has it.
_RAW_REQUEST_ID = REQUEST_ID.lower().encode()


class RequestLog:
    """ASGI middleware: gives each request an id, and logs and measures its answer.

    Of a request, the path and no more is logged: no query, no body, no address.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    metrics : Metrics or None
        What counts.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics | None) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and say so."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = header(scope, _RAW_REQUEST_ID)
        identity = given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
        request_id.set(identity)
        status, began = 500, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_RAW_REQUEST_ID, identity.encode())]
            await send(message)

        if self.metrics is not None:
            self.metrics.in_progress.inc()
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - began
            if self.metrics is not None:
                self.metrics.in_progress.dec()
                self.metrics.observe_request(
                    scope["method"], _route(scope), status, scope.get("inknet.problem"), seconds
                )
            if log.isEnabledFor(logging.INFO):
                self._log(scope, status, seconds)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        facts: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": round(1000 * seconds, 3),
        }
        if "inknet.problem" in scope:
            facts["problem"] = scope["inknet.problem"]
        log.info("%s %s %d", scope["method"], ascii(scope["path"])[1:-1], status, extra=facts)


def _route(scope: Scope) -> str:
    """Return the pattern of the path, of which there are few; a path itself can be anything."""
    route = scope.get("route")
    if route is not None:
        return str(route.path)
    return "the page" if scope.get("endpoint") is not None else "none"
