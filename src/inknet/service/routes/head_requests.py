"""HEAD wherever there is GET, as RFC 9110 (section 9.1) asks of every server."""

from collections.abc import Iterable
from copy import copy

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

__all__ = ["head_routes"]


def head_routes(routes: Iterable[BaseRoute]) -> list[APIRoute]:
    """Return a route for HEAD for each of FastAPI's for GET; the server leaves the body out. Starlette's have theirs.

    They are not in the OpenAPI document: there is nothing to say of them that it does not say of GET.
    """
    twins = [copy(route) for route in routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())]
    for twin in twins:
        twin.methods, twin.include_in_schema = {"HEAD"}, False
    return twins
