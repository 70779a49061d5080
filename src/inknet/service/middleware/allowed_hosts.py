"""The host that a request names."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from inknet.service.problems import Kind, ProblemError

__all__ = ["AllowedHosts"]


class AllowedHosts:
    """ASGI middleware: rejects requests whose host is not allowed: that of the Host header, or of an absolute target.

    Unlike Starlette's ``TrustedHostMiddleware``, it responds with a problem document, and exempts ``/health/``:
    Kubernetes probes send the pod's address as the host.

    Parameters
    ----------
    app : ASGIApp
    allowed : sequence of str
        Host names without a port; ``*.example.org`` matches any subdomain, ``*`` any host.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self.app = app
        self.names = {name.lower() for name in allowed if not name.startswith("*")}
        self.suffixes = tuple(name[1:].lower() for name in allowed if name.startswith("*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or reject it."""
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            host = Headers(scope=scope).get("host", "")
            if not scope["path"].startswith("/"):
                # RFC 9112, section 3.2.2: `GET http://host/path` is `GET /path` with that host.
                target = urlsplit(scope["path"])
                host, scope["path"] = target.netloc, target.path or "/"
            host = _without_port(host).lower()
            if host not in self.names and not host.endswith(self.suffixes):
                await ProblemError(Kind.UNKNOWN_HOST).response(scope)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _without_port(host: str) -> str:
    """Return the name in a Host header; for example, ``[::1]`` for ``[::1]:8000``."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
