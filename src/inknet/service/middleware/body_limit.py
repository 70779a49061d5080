"""Limits on a request's body, in bytes and in seconds, that hold whatever the request says of it."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inknet.service.middleware.headers import header
from inknet.service.problems import BODY_TOO_LARGE, BODY_TOO_SLOW, ProblemError

__all__ = ["BodyLimit"]


class BodyLimit:
    """ASGI middleware: refuses a body over the limit with a 413, and one that takes too long with a 408.

    A Content-Length over the limit is refused before a byte of the body is read. Any other body is counted as it
    streams in; the read that goes over the limit raises a `ProblemError` in whoever reads.

    Parameters
    ----------
    app : ASGIApp
        What answers; it must turn a `ProblemError` into an answer.
    max_bytes : int
        The largest body that is let through.
    max_tensor_bytes : int
        The largest below ``/v2``, where one body holds many images.
    seconds : float
        In which it must have come.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, max_tensor_bytes: int, seconds: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_tensor_bytes = max_tensor_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.max_tensor_bytes if scope["path"].startswith("/v2/") else self.max_bytes
        declared = header(scope, b"content-length")
        if declared.isdecimal() and int(declared) > limit:
            await _too_large(limit).response(scope)(scope, receive, send)
            return
        received = 0
        whole = False
        deadline = asyncio.get_running_loop().time() + self.seconds

        async def receive_limited() -> Message:
            nonlocal received, whole
            # After the body, what is waited for is the client's going away.
            try:
                async with asyncio.timeout_at(None if whole else deadline):
                    message = await receive()
            except TimeoutError:
                raise ProblemError(BODY_TOO_SLOW, headers={"Connection": "close"}) from None
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > limit:
                raise _too_large(limit)
            return message

        await self.app(scope, receive_limited, send)


def _too_large(limit: int) -> ProblemError:
    return ProblemError(BODY_TOO_LARGE, f"The body is over the limit of {limit} bytes: send less.")
