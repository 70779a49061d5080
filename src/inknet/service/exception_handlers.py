"""Exception handlers: every error response is a problem document."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from inknet.service.middleware.security_headers import security_headers
from inknet.service.observability.logs import REQUEST_ID, request_id
from inknet.service.problems import ProblemError, problem_response

__all__ = ["add_exception_handlers"]


def add_exception_handlers(app: FastAPI) -> None:
    """Make the app respond to every exception with a problem document."""

    @app.exception_handler(ProblemError)
    async def on_problem(request: Request, error: ProblemError) -> Response:
        return error.response(request.scope)

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        """Handle the framework's own exceptions, such as 404 and 405."""
        path, method = request.scope["path"], request.method
        detail, headers = error.detail, dict(error.headers or {})
        if error.status_code == HTTPStatus.NOT_FOUND:
            detail = f"Nothing found at {path}."
        elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_allowed_methods(app, request.scope))
            detail = f"{path} does not allow {method}; it allows {headers['Allow']}."
        return problem_response(request.scope, error.status_code, detail, headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
        detail = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return problem_response(request.scope, 422, detail, title="Unprocessable Content")

    @app.exception_handler(ClientDisconnect)
    async def on_disconnect(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001 - a handler's signature
        """Respond although the client is gone, so that its disconnect is not logged as a server error."""
        return problem_response(request.scope, 400, "The body ended too early.")

    @app.exception_handler(Exception)
    async def on_unexpected(request: Request, error: Exception) -> Response:  # noqa: ARG001 - a handler's signature
        """Respond without revealing internals; the server logs the error.

        Starlette sends this response from outside all middleware, so their headers are set here.
        """
        headers = {**security_headers(request.scope), REQUEST_ID: request_id.get()}
        return problem_response(request.scope, 500, "The service failed; the request is not at fault.", headers)


def _allowed_methods(app: FastAPI, scope: Scope) -> list[str]:
    """Return the methods allowed at a path, which may have a separate route for each method."""
    routes = [route for route in app.routes if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE]
    return sorted({method for route in routes for method in route.methods or ()})
