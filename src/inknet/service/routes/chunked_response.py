"""Large responses, sent to slow clients piece by piece."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ["ChunkedResponse"]

_CHUNK_BYTES = 64 * 1024


class ChunkedResponse(Response):
    """A response whose body is sent in chunks, each after the client has taken the one before.

    Sent at once, the server would keep a copy of the whole body for every slow client.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send the response."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), _CHUNK_BYTES):
            chunk = bytes(self.body[start : start + _CHUNK_BYTES])
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
