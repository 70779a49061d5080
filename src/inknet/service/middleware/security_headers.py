"""Security headers: they restrict what a browser may do with a response."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders", "security_headers"]

# The page consists of files from this origin, with nothing inline. It shows the image that it sends from a data: or
# blob: URL.
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
# Browsers accept Strict-Transport-Security only over TLS (RFC 6797).
_TLS_HEADERS = _HEADERS | {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


_RAW, _RAW_TLS = Headers(_HEADERS).raw, Headers(_TLS_HEADERS).raw
_NO_STORE = (b"cache-control", b"no-store")


def security_headers(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the security headers for the response to the request with this scope."""
    return _TLS_HEADERS if scope.get("scheme") == "https" else _HEADERS


class SecurityHeaders:
    """ASGI middleware: adds the security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *(_RAW_TLS if scope.get("scheme") == "https" else _RAW)]
                # A response without a Cache-Control header is specific to its request.
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    headers.append(_NO_STORE)
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)
