"""Errors as problem documents: ``application/problem+json``, RFC 9457."""

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response
from starlette.types import Scope

from inknet.errors import InknetError

__all__ = ["Kind", "Problem", "ProblemError", "describe_problems", "first_error", "problem_response"]

PROBLEM_MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="A relative reference that identifies the kind of problem, or `about:blank`.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request, and how to fix it.")
    instance: str = Field(description="The path of the request.")


class InferenceProblem(Problem):
    """A problem that is also an error of the Open Inference Protocol."""

    error: str = Field(description="The detail, under the protocol's name for it.")


class Kind(Enum):
    """The kinds of problem, by the name in their type: HTTP status, title, and default detail."""

    NOT_AN_IMAGE = (400, "Not an image", "The body is not a readable image.")
    NO_INK = (400, "No ink in the image", "The image is blank: draw a digit first.")
    AMBIGUOUS_LENGTH = (400, "Ambiguous length", "Send either a Content-Length or a Transfer-Encoding, got both.")
    BODY_TOO_LARGE = (413, "Body too large", "The body exceeds the limit: send less.")
    TOO_MANY_PIXELS = (413, "Too many pixels", "The image has too many pixels: send a smaller one.")
    NOT_AN_IMAGE_TYPE = (415, "Not an image type", "Send an image, with its media type as the Content-Type.")
    UNKNOWN_ENCODING = (415, "Unknown content encoding", "Send the body as it is, or compressed with gzip or deflate.")
    BROKEN_ENCODING = (400, "Broken content encoding", "The body is not valid gzip.")
    MALFORMED_FORM = (422, "Malformed form", "The form must have one file, got 0.")
    MALFORMED_JSON = (422, "Malformed JSON", "The JSON must be an object with the image as base64.")
    BODY_TOO_SLOW = (408, "Body timeout", "The body took too long to arrive: send it again.")
    UNKNOWN_HOST = (400, "Unknown host", "The Host header does not name this service.")
    UNKNOWN_VERSION = (404, "Unknown version", "The model has no such version.")
    NOT_THE_TENSORS = (400, "Invalid tensors", "The model takes one tensor named 'image'.")
    OVERLOADED = (503, "Overloaded", "Too many concurrent requests: try again in a second.")
    MODEL_UNAVAILABLE = (503, "Model unavailable", "The model file does not exist.")
    TOO_SLOW = (503, "Recognition timeout", "The request took more than 5 s: send a smaller or simpler one.")
    RECOGNIZER_GONE = (503, "Recognizer failed", "The recognizer process ended during this request: try again.")
    DRAINING = (503, "Shutting down", "The service is shutting down: send the request elsewhere.")

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.slug = self.name.lower().replace("_", "-")
        self.status, self.title, self.detail = status, title, detail

    @property
    def type(self) -> str:
        """The problem type: a relative reference."""
        return f"/problems/{self.slug}"

    @property
    def example(self) -> dict[str, dict[str, Any]]:
        """The OpenAPI example."""
        problem = Problem(type=self.type, title=self.title, status=self.status, detail=self.detail, instance="/predict")
        return {"value": problem.model_dump()}


class ProblemError(InknetError):
    """Ends a request with a problem; the detail says what is wrong and how to fix it, in one sentence."""

    def __init__(self, kind: Kind, detail: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        detail = detail or kind.detail
        # The library's error messages start in lower case and have no period; the command line prefixes them.
        detail = detail[:1].upper() + detail[1:].removesuffix(".") + "."
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers

    def __reduce__(self) -> tuple[type[Self], tuple[Kind, str, Mapping[str, str] | None]]:
        """Let it be pickled, for a recognizer process."""
        return type(self), (self.kind, self.detail, self.headers)

    def response(self, scope: Scope) -> Response:
        """Return the response to the request with this scope."""
        return problem_response(scope, self.kind.status, self.detail, self.headers, self.kind.type, self.kind.title)


def problem_response(
    scope: Scope,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    type_: str = "about:blank",
    title: str | None = None,
) -> Response:
    """Return a problem document as the response to the request with this scope; the title defaults to the status's."""
    title = title or HTTPStatus(status).phrase
    # Exactly one leading slash: with two, the reference would point to another host.
    instance = "/" + quote(str(scope["path"]).lstrip("/"), errors="replace")
    problem: Problem = Problem(type=type_, title=title, status=status, detail=detail, instance=instance)
    if instance.startswith("/v2"):
        problem = InferenceProblem(**problem.model_dump(), error=detail)
    # Read by the request log and the metrics.
    scope["inknet.problem"] = type_.removeprefix("/problems/") if type_ != "about:blank" else title.lower()
    return Response(problem.model_dump_json(), status, headers, media_type=PROBLEM_MEDIA_TYPE)


#: Computed once: per route and status it would take 2.5 % of the service's startup time.
_SCHEMA = Problem.model_json_schema()


def describe_problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route that raises these problems: by status, with an example of each kind."""
    responses: dict[int | str, dict[str, Any]] = {}
    for status in sorted({kind.status for kind in kinds}):
        here = [kind for kind in kinds if kind.status == status]
        content = {"schema": _SCHEMA, "examples": {kind.slug: kind.example for kind in here}}
        responses[status] = {
            "description": "; ".join(kind.title for kind in here),
            "content": {PROBLEM_MEDIA_TYPE: content},
        }
    return responses


def first_error(error: ValidationError) -> tuple[str, str]:
    """Return the field of the first error in a body of JSON, or "body", and what is wrong with it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ".".join(map(str, first["loc"])) or "body", first["msg"]
