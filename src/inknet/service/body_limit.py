"""A limit on the size of a request's body that holds whatever the request says of its size."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inknet.service.problems import BODY_TOO_LARGE, ProblemError

__all__ = ["BodyLimit"]


class BodyLimit:
    """ASGI middleware: refuses a body over the limit with a 413.

    A Content-Length over the limit is refused before a byte of the body is read. Any other body is counted as it
    streams in; the read that goes over the limit raises a `ProblemError` in whoever reads.

    Parameters
    ----------
    app : ASGIApp
        What answers; it must turn a `ProblemError` into an answer.
    max_bytes : int
        The largest body that is let through.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        too_large = ProblemError(BODY_TOO_LARGE, f"The body is over the limit of {self.max_bytes} bytes: send less.")
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self.max_bytes:
            await too_large.response(scope)(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise too_large
            return message

        await self.app(scope, receive_counted, send)
