"""The model that is served: how a request gets at it, and what the service tells about it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from inknet.digits import Recognizer
from inknet.service.problems import MODEL_UNAVAILABLE, ProblemError, describe_problems
from inknet.service.schemas.prediction import ModelInfo

__all__ = ["ServedRecognizer", "router", "served_recognizer"]

router = APIRouter()


async def served_recognizer(request: Request) -> Recognizer:
    """Return the recognizer that was loaded at the start.

    Raises
    ------
    ProblemError
        If there is none; the text says why.
    """
    recognizer: Recognizer | None = request.app.state.recognizer
    if recognizer is None:
        raise ProblemError(MODEL_UNAVAILABLE, request.app.state.why_no_recognizer)
    return recognizer


ServedRecognizer = Annotated[Recognizer, Depends(served_recognizer)]


@router.get("/model", responses=describe_problems(MODEL_UNAVAILABLE))
async def model(recognizer: ServedRecognizer) -> ModelInfo:
    """Tell which model is served."""
    network, card = recognizer.network, recognizer.card
    accuracy = card.get("accuracy")
    return ModelInfo(
        name=recognizer.name,
        sizes=list(network.sizes),
        classes=list(recognizer.classes),
        parameter_count=network.parameter_count,
        accuracy=accuracy if isinstance(accuracy, float) else None,
        sha256=recognizer.sha256,
        recipe=card.get("recipe"),
    )
