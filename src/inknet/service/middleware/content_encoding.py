"""Compressed request bodies: decoded piece by piece, before `BodyLimit` counts what comes out."""

import asyncio
import zlib
from collections.abc import AsyncGenerator

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inknet.service.problems import Kind, ProblemError

__all__ = ["ContentEncoding"]

#: The accepted codings (RFC 9110, section 8.4.1), and the container that zlib expects for each.
_CODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}

#: Bytes to decode before the event loop gets its turn.
_PIECE = 1 << 18


class ContentEncoding:
    """ASGI middleware: decodes a body whose Content-Encoding is gzip or deflate.

    The routes receive the body as if it had been sent without one. Reading a body of another coding raises a
    `ProblemError` for 415, and one that is not what it claims for 400.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        coding = Headers(scope=scope).get("content-encoding", "").strip().lower() if scope["type"] == "http" else ""
        if coding in {"", "identity"}:
            await self.app(scope, receive, send)
            return
        messages = _decode(receive, coding)
        await self.app(scope, messages.__anext__, send)


async def _decode(receive: Receive, coding: str) -> AsyncGenerator[Message, None]:
    """Yield the messages of a request with its body decoded, then those that follow."""
    if coding not in _CODINGS:
        raise ProblemError(
            Kind.UNKNOWN_ENCODING,
            f"Send the body as it is, or with a Content-Encoding of gzip or deflate, got {coding!r}.",
            {"Accept-Encoding": "gzip, deflate"},
        )
    decoder, received, is_complete = zlib.decompressobj(_CODINGS[coding]), 0, False
    while not is_complete:
        message = await receive()
        if message["type"] != "http.request":
            yield message
            continue
        data, is_complete = message.get("body", b""), not message.get("more_body", False)
        if data and not received and coding == "deflate" and data[0] & 15 != zlib.DEFLATED:
            # Some clients omit the container.
            decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        received += len(data)
        while True:
            try:
                piece = decoder.decompress(data, _PIECE)
            except zlib.error as error:
                raise ProblemError(Kind.BROKEN_ENCODING, f"The body is not valid {coding}: {error}.") from None
            yield {"type": "http.request", "body": piece, "more_body": True}
            if len(piece) < _PIECE:
                break
            data = decoder.unconsumed_tail
            await asyncio.sleep(0)
        if decoder.unused_data:
            raise ProblemError(Kind.BROKEN_ENCODING, f"The body is not valid {coding}: more follows after its end.")
    if not decoder.eof:
        raise ProblemError(Kind.BROKEN_ENCODING, f"The body is not valid {coding}: it is truncated.")
    yield {"type": "http.request", "body": b"", "more_body": False}
    while True:
        yield await receive()
