"""What several routes need: the recognizer, a ready service, and a slot under the concurrency limit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Request

from inknet.digits import Recognizer
from inknet.service.problems import Kind, ProblemError, describe_problems

__all__ = ["WHEN_READY", "LoadedRecognizer", "get_recognizer", "slot"]


async def get_recognizer(request: Request) -> Recognizer:
    """Return the recognizer that was loaded at startup.

    Raises
    ------
    ProblemError
        If it could not be loaded; the detail says why.
    """
    recognizer: Recognizer | None = request.app.state.recognizer
    if recognizer is None:
        raise ProblemError(Kind.MODEL_UNAVAILABLE, request.app.state.load_error)
    return recognizer


LoadedRecognizer = Annotated[Recognizer, Depends(get_recognizer)]


async def _check_ready(request: Request, recognizer: LoadedRecognizer) -> None:  # noqa: ARG001 - it must be loaded
    """Raise a `ProblemError` unless the model is loaded and the service is not shutting down."""
    if request.app.state.draining:
        raise ProblemError(Kind.DRAINING)


#: Options of a route that needs a service which is ready.
WHEN_READY: dict[str, Any] = {
    "dependencies": [Depends(_check_ready)],
    "responses": describe_problems(Kind.MODEL_UNAVAILABLE, Kind.DRAINING),
}


@contextmanager
def slot(request: Request) -> Iterator[None]:
    """Count a request while it is in progress.

    It counts from the end of its body, so slow clients do not use up the limit.

    Raises
    ------
    ProblemError
        If the limit is reached: 503, with a Retry-After, instead of a queue.
    """
    state = request.app.state
    if state.active_requests >= state.settings.concurrency_limit:
        raise ProblemError(Kind.OVERLOADED, headers={"Retry-After": "1"})
    state.active_requests += 1
    try:
        yield
    finally:
        state.active_requests -= 1
