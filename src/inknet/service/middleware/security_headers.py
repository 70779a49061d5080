"""The headers that tell a browser how little it may do with an answer."""

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders", "security_headers"]

# The page is plain files of our own: nothing inline, nothing from elsewhere. It shows the image that it sends
# from a data: or blob: URL.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)

_HEADERS = {
    "Content-Security-Policy": "; ".join(_CONTENT_SECURITY_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Only what came encrypted may say that all that follows must, too (RFC 6797).
_ENCRYPTED = _HEADERS | {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


def _raw(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return headers as ASGI has them."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


_RAW, _RAW_ENCRYPTED = _raw(_HEADERS), _raw(_ENCRYPTED)
_NO_STORE = (b"cache-control", b"no-store")


def security_headers(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers for the answer to the request of this scope."""
    return _ENCRYPTED if scope.get("scheme") == "https" else _HEADERS


class SecurityHeaders:
    """ASGI middleware: every answer carries the security headers.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *(_RAW_ENCRYPTED if scope.get("scheme") == "https" else _RAW)]
                # What says nothing of caching is made for this one request.
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    headers.append(_NO_STORE)
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)
