"""HEAD for every GET route, as RFC 9110 (section 9.1) requires. FastAPI, unlike Starlette, does not add it."""

from collections.abc import Iterable
from copy import copy

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

__all__ = ["head_routes"]


def head_routes(routes: Iterable[BaseRoute]) -> list[APIRoute]:
    """Return a HEAD route for each of FastAPI's GET routes; the server omits the body.

    The OpenAPI document leaves them out: it would only repeat the description of GET.
    """
    copies = [copy(route) for route in routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())]
    for route in copies:
        route.methods, route.include_in_schema = {"HEAD"}, False
    return copies
