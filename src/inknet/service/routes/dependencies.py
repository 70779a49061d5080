"""Dependencies of several routes: the recognizer, and whether the service is ready."""

from typing import Annotated

from fastapi import Depends, Request

from inknet.digits import Recognizer
from inknet.service.problems import DRAINING, MODEL_UNAVAILABLE, ProblemError

__all__ = ["LoadedRecognizer", "check_ready", "get_recognizer"]


async def get_recognizer(request: Request) -> Recognizer:
    """Return the recognizer that was loaded at startup.

    Raises
    ------
    ProblemError
        If it could not be loaded; the detail says why.
    """
    recognizer: Recognizer | None = request.app.state.recognizer
    if recognizer is None:
        raise ProblemError(MODEL_UNAVAILABLE, request.app.state.load_error)
    return recognizer


LoadedRecognizer = Annotated[Recognizer, Depends(get_recognizer)]


async def check_ready(request: Request, recognizer: LoadedRecognizer) -> None:  # noqa: ARG001 - it must be loaded
    """Raise a `ProblemError` unless the model is loaded and the service is not shutting down."""
    if request.app.state.draining:
        raise ProblemError(DRAINING)
