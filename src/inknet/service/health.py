"""Health: is the process alive, and can it recognise digits."""

from fastapi import APIRouter

from inknet.service.model import ServedRecognizer
from inknet.service.problems import MODEL_UNAVAILABLE, describe_problems
from inknet.service.schemas import Health

__all__ = ["router"]

router = APIRouter()


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live")
async def live() -> Health:
    """Say that the process answers: a failure here means that it should be restarted."""
    return Health()


@router.head("/health/ready", include_in_schema=False)
@router.get("/health/ready", responses=describe_problems(MODEL_UNAVAILABLE))
async def ready(recognizer: ServedRecognizer) -> Health:  # noqa: ARG001 - that there is one is the answer
    """Say that the model is loaded: a failure here means that requests should go elsewhere."""
    return Health()
