"""Request ids, the access log and the request metrics."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inknet.service.observability.logs import REQUEST_ID, request_id
from inknet.service.observability.metrics import Metrics

__all__ = ["RequestLog"]

log = logging.getLogger("inknet.access")

#: A client's id is written to the log and to a header, so its length and characters are limited.
_VALID_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")

_RAW_REQUEST_ID = REQUEST_ID.lower().encode()


class RequestLog:
    """ASGI middleware: assigns an id to each request, logs it and records its metrics.

    Of the request, only method and path are logged: no query, body or address.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics | None) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log it when the response is complete."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        identity = given if _VALID_ID.fullmatch(given) else uuid.uuid4().hex
        request_id.set(identity)
        status, started = 500, time.perf_counter()

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
            seconds = time.perf_counter() - started
            if self.metrics is not None:
                self.metrics.in_progress.dec()
                self.metrics.observe_request(
                    scope["method"], _route(scope), status, scope.get("inknet.problem"), seconds
                )
            if log.isEnabledFor(logging.INFO):
                fields = {name: scope[name] for name in ("method", "path")}
                fields |= {"status": status, "milliseconds": round(1000 * seconds, 3)}
                if "inknet.problem" in scope:
                    fields["problem"] = scope["inknet.problem"]
                log.info("%s %s %d", scope["method"], ascii(scope["path"])[1:-1], status, extra=fields)


def _route(scope: Scope) -> str:
    """Return the path pattern, a label with few values, instead of the path, which can be anything."""
    route = scope.get("route")
    if route is not None:
        return str(route.path)
    return "the page" if scope.get("endpoint") is not None else "none"
