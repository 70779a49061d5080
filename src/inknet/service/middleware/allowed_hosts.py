"""Which names the service answers to."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from inknet.service.middleware.headers import header
from inknet.service.problems import UNKNOWN_HOST, ProblemError

__all__ = ["Hosts"]


class Hosts:
    """ASGI middleware: refuses requests for a host that this is not.

    Who asks for the service's health names its address, as Kubernetes does, and is answered.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    allowed : sequence of str
        Names without a port; ``*.example.org`` is any name below, and ``*`` is any at all.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self.app = app
        self.names = {name.lower() for name in allowed if not name.startswith("*")}
        self.endings = tuple(name[1:].lower() for name in allowed if name.startswith("*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            host = _without_port(header(scope, b"host")).lower()
            if host not in self.names and not host.endswith(self.endings):
                await ProblemError(UNKNOWN_HOST).response(scope)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _without_port(host: str) -> str:
    """Return a Host header's name: ``[::1]:8000`` is ``[::1]``."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
