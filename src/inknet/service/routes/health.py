"""Health: is the process alive, and can it recognize digits."""

from fastapi import APIRouter, Depends, Request

from inknet.service.problems import DRAINING, MODEL_UNAVAILABLE, ProblemError, describe_problems
from inknet.service.routes.model import ServedRecognizer
from inknet.service.schemas.prediction import Health

__all__ = ["check_ready", "router"]

router = APIRouter()


@router.get("/health/live")
async def live() -> Health:
    """Say that the process answers: a failure here means that it should be restarted."""
    return Health()


async def check_ready(request: Request, recognizer: ServedRecognizer) -> None:  # noqa: ARG001 - that there is one counts
    """Raise a `ProblemError` unless there is a model, and no end in sight."""
    if request.app.state.draining:
        raise ProblemError(DRAINING)


@router.get(
    "/health/ready", dependencies=[Depends(check_ready)], responses=describe_problems(MODEL_UNAVAILABLE, DRAINING)
)
async def ready() -> Health:
    """Say that the model is loaded: a failure here means that requests should go elsewhere."""
    return Health()
