"""GET /model: the served model."""

from fastapi import APIRouter

from inknet.service.problems import Kind, describe_problems
from inknet.service.routes.dependencies import LoadedRecognizer
from inknet.service.schemas.model import ModelInfo

__all__ = ["router"]

router = APIRouter()


@router.get("/model", responses=describe_problems(Kind.MODEL_UNAVAILABLE))
async def model(recognizer: LoadedRecognizer) -> ModelInfo:
    """Describe the served model."""
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
