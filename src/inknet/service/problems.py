"""Every error as a problem document: application/problem+json, RFC 9457."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from inknet.service.middleware.security_headers import security_headers
from inknet.service.observability.logs import REQUEST_ID, request_id
from inknet.service.schemas.prediction import InferenceProblem, Problem

__all__ = [
    "BODY_TOO_LARGE",
    "BODY_TOO_SLOW",
    "DRAINING",
    "MALFORMED_FORM",
    "MODEL_UNAVAILABLE",
    "NOT_AN_IMAGE",
    "NOT_AN_IMAGE_TYPE",
    "NOT_THE_TENSORS",
    "NO_INK",
    "OVERLOADED",
    "RECOGNIZER_GONE",
    "TOO_MANY_PIXELS",
    "UNKNOWN_HOST",
    "UNKNOWN_VERSION",
    "ProblemError",
    "ProblemKind",
    "add_problem_handlers",
    "describe_problems",
    "problem_response",
]

PROBLEM_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class ProblemKind:
    """One kind of problem: its type is ``/problems/{name}``.

    Attributes
    ----------
    name, title : str
        For programs, and for people.
    status : int
        The HTTP status that it goes with.
    detail : str
        What to say where nothing more exact is known; the OpenAPI document shows it as the example.
    """

    name: str
    status: int
    title: str
    detail: str

    @property
    def example(self) -> dict[str, dict[str, Any]]:
        """An OpenAPI example of it."""
        problem = Problem(type=self.type, title=self.title, status=self.status, detail=self.detail, instance="/predict")
        return {"value": problem.model_dump()}

    @property
    def type(self) -> str:
        """The problem's type: a relative reference."""
        return f"/problems/{self.name}"


NOT_AN_IMAGE = ProblemKind("not-an-image", 400, "Not an image", "The body is no image that can be read.")
NO_INK = ProblemKind("no-ink", 400, "No ink in the image", "The image is blank: draw a digit first.")
BODY_TOO_LARGE = ProblemKind("body-too-large", 413, "Body too large", "The body is over the limit: send less.")
TOO_MANY_PIXELS = ProblemKind(
    "too-many-pixels", 413, "Too many pixels", "The image has too many pixels: send a smaller one."
)
NOT_AN_IMAGE_TYPE = ProblemKind(
    "not-an-image-type", 415, "Not an image type", "Send an image, with its type as the Content-Type."
)
MALFORMED_FORM = ProblemKind("malformed-form", 422, "Malformed form", "The form has no file field 'image'.")
BODY_TOO_SLOW = ProblemKind("body-too-slow", 408, "Body too slow", "The body took too long to come: send it again.")
UNKNOWN_HOST = ProblemKind("unknown-host", 400, "Unknown host", "This service does not answer to the request's Host.")
UNKNOWN_VERSION = ProblemKind("unknown-version", 404, "Unknown version", "There is one version of the model here.")
NOT_THE_TENSORS = ProblemKind("not-the-tensors", 400, "Not the tensors", "The model takes one tensor, image.")
OVERLOADED = ProblemKind(
    "overloaded", 503, "Overloaded", "Too many requests are being answered: try again in a second."
)
MODEL_UNAVAILABLE = ProblemKind("model-unavailable", 503, "The model is not there", "The model file does not exist.")
RECOGNIZER_GONE = ProblemKind(
    "recognizer-gone", 503, "The recognizer broke off", "What recognizes images ended with this one in hand: try again."
)
DRAINING = ProblemKind("draining", 503, "The service is stopping", "The service is about to stop: ask another.")


class ProblemError(Exception):
    """Ends a request with a problem.

    Parameters
    ----------
    kind : ProblemKind
        What kind of problem.
    detail : str, optional
        One sentence: what is wrong, and what to do.
    headers : mapping, optional
        Headers of the answer.
    """

    def __init__(self, kind: ProblemKind, detail: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        detail = detail or kind.detail
        # The library's errors are parts of a sentence, for a command line to put its name before.
        detail = detail[:1].upper() + detail[1:].removesuffix(".") + "."
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers

    def response(self, scope: Scope) -> Response:
        """Return the answer to the request of this scope."""
        return problem_response(scope, self.kind.type, self.kind.title, self.kind.status, self.detail, self.headers)


def problem_response(
    scope: Scope, type_: str, title: str, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem as the answer to the request of this scope."""
    # One slash at the front: two would make the reference point to another host.
    instance = "/" + quote(str(scope["path"]).lstrip("/"), errors="replace")
    problem: Problem = Problem(type=type_, title=title, status=status, detail=detail, instance=instance)
    if instance.startswith("/v2"):
        problem = InferenceProblem(**problem.model_dump(), error=detail)
    # For the log and the metrics.
    scope["inknet.problem"] = type_.removeprefix("/problems/") if type_ != "about:blank" else title.lower()
    return Response(problem.model_dump_json(), status, headers, media_type=PROBLEM_MEDIA_TYPE)


#: Made once: to make it for each status of each route would take a fortieth of the service's start.
_SCHEMA = Problem.model_json_schema()


def describe_problems(*kinds: ProblemKind) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of a route's problems: by status, with each kind as an example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for status in sorted({kind.status for kind in kinds}):
        here = [kind for kind in kinds if kind.status == status]
        content = {"schema": _SCHEMA, "examples": {kind.name: kind.example for kind in here}}
        responses[status] = {
            "description": "; ".join(kind.title for kind in here),
            "content": {PROBLEM_MEDIA_TYPE: content},
        }
    return responses


def add_problem_handlers(app: FastAPI) -> None:
    """Make the app answer every error with a problem."""

    @app.exception_handler(ProblemError)
    async def on_problem(request: Request, error: ProblemError) -> Response:
        return error.response(request.scope)

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        """Answer what the framework raises: no such path, no such method."""
        path, method = request.scope["path"], request.method
        detail, headers = error.detail, dict(error.headers or {})
        if error.status_code == HTTPStatus.NOT_FOUND:
            detail = f"There is nothing at {path}."
        elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_allowed_methods(app, request.scope))
            detail = f"{path} does not answer to {method}; it answers to {headers['Allow']}."
        title = HTTPStatus(error.status_code).phrase
        return problem_response(request.scope, "about:blank", title, error.status_code, detail, headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
        detail = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return problem_response(request.scope, "about:blank", "Unprocessable Content", 422, detail)

    @app.exception_handler(ClientDisconnect)
    async def on_disconnect(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001 - a handler's shape
        """Answer into the void: it is the client that went, and no error of ours to log."""
        return problem_response(request.scope, "about:blank", "Bad Request", 400, "The body ended too early.")

    @app.exception_handler(Exception)
    async def on_unexpected(request: Request, error: Exception) -> Response:  # noqa: ARG001 - a handler's shape
        """Answer without a word about our insides; the server logs the error itself.

        This is sent from outside all middleware, so it needs their headers here.
        """
        headers = {**security_headers(request.scope), REQUEST_ID: request_id.get()}
        title, detail = "Internal Server Error", "Something went wrong in the service; the fault is not in the request."
        return problem_response(request.scope, "about:blank", title, 500, detail, headers)


def _allowed_methods(app: FastAPI, scope: Scope) -> list[str]:
    """Return the methods that a path answers to: one path can have several routes, one for each method."""
    routes = [route for route in app.routes if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE]
    return sorted({method for route in routes for method in route.methods or ()})
