"""Limits on the size and duration of a request body, and on all bodies together, whatever their headers claim."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inknet.service.problems import Kind, ProblemError
from inknet.service.settings import Settings

__all__ = ["BodyLimit"]

#: The first bytes of each body do not count for all bodies together, so that large ones do not shut out drawings. Their
#: number is limited by that of the connections.
_FREE = 16 * 1024


class BodyLimit:
    """ASGI middleware: rejects a body over the limit with 413, and one that takes too long with 408.

    A Content-Length over the limit is rejected before the body is read. Otherwise bytes are counted as they arrive;
    the read that exceeds the limit raises a `ProblemError`. The limits are settings, which depend on the path. Bytes
    that would exceed the limit of all bodies in memory are rejected with 503.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.buffered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or reject it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.settings.body_limit(scope["path"])
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        if declared and "transfer-encoding" in headers:
            # RFC 9112, section 6.1: a proxy may have taken the other one for the end, so what follows is not trusted.
            problem = ProblemError(Kind.AMBIGUOUS_LENGTH, headers={"Connection": "close"})
            await problem.response(scope)(scope, receive, send)
            return
        if declared.isdecimal() and int(declared) > limit:
            await _too_large(limit).response(scope)(scope, receive, send)
            return
        received, held, complete = 0, 0, False
        deadline = asyncio.get_running_loop().time() + self.settings.body_timeout

        async def receive_limited() -> Message:
            nonlocal received, held, complete
            # After the body, the only message left is the disconnect, which may take any time.
            try:
                async with asyncio.timeout_at(None if complete else deadline):
                    message = await receive()
            except TimeoutError:
                raise ProblemError(Kind.BODY_TOO_SLOW, headers={"Connection": "close"}) from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > limit:
                raise _too_large(limit)
            more = max(0, received - _FREE) - held
            if self.buffered + more > self.settings.max_buffered_bytes:
                raise ProblemError(Kind.OVERLOADED, headers={"Retry-After": "1"})
            self.buffered += more
            held += more
            return message

        try:
            await self.app(scope, receive_limited, send)
        finally:
            self.buffered -= held


def _too_large(limit: int) -> ProblemError:
    return ProblemError(Kind.BODY_TOO_LARGE, f"The body exceeds the limit of {limit} bytes: send less.")
