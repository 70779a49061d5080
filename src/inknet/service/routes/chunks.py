"""Answers of many bytes, which a slow client takes one part after the other."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ["ResponseInParts"]

#: What the server lets wait for a client at most, before it waits for the client.
_PART = 64 * 1024


class ResponseInParts(Response):
    """A response whose body is sent in parts, each when the client has taken most of the one before.

    All at once, the server would keep a copy of the whole for every client that takes its time.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - a response's shape
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), _PART):
            part = bytes(self.body[start : start + _PART])
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
