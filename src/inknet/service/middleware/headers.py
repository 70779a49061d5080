"""Reading a request's headers before anything else has."""

from starlette.types import Scope

__all__ = ["header"]


def header(scope: Scope, name: bytes) -> str:
    """Return a header's value, or nothing if it is not there; ASGI has the names in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return ""
