"""Limits on the size and duration of a request body, enforced whatever its headers claim."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inknet.service.problems import Kind, ProblemError
from inknet.service.settings import Settings

__all__ = ["BodyLimit", "too_large"]


class BodyLimit:
    """ASGI middleware: rejects a body over the limit with 413, and one that takes too long with 408.

    A Content-Length over the limit is rejected before the body is read. Otherwise bytes are counted as they arrive;
    the read that exceeds the limit raises a `ProblemError`. The limits are settings, which depend on the path.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or reject it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.settings.body_limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            await too_large(limit).response(scope)(scope, receive, send)
            return
        received = 0
        complete = False
        deadline = asyncio.get_running_loop().time() + self.settings.body_timeout

        async def receive_limited() -> Message:
            nonlocal received, complete
            # After the body, the only message left is the disconnect, which may take any time.
            try:
                async with asyncio.timeout_at(None if complete else deadline):
                    message = await receive()
            except TimeoutError:
                raise ProblemError(Kind.BODY_TOO_SLOW, headers={"Connection": "close"}) from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > limit:
                raise too_large(limit)
            return message

        await self.app(scope, receive_limited, send)


def too_large(limit: int) -> ProblemError:
    """Return the problem of a body over the limit."""
    return ProblemError(Kind.BODY_TOO_LARGE, f"The body exceeds the limit of {limit} bytes: send less.")
