"""GET /health/live and /health/ready: whether the process responds, and whether it can recognize digits."""

from fastapi import APIRouter, Depends

from inknet.service.problems import DRAINING, MODEL_UNAVAILABLE, describe_problems
from inknet.service.routes.dependencies import check_ready
from inknet.service.schemas.health import Health

__all__ = ["router"]

router = APIRouter()


@router.get("/health/live")
async def live() -> Health:
    """Check that the process responds. If this fails, restart it."""
    return Health()


@router.get(
    "/health/ready", dependencies=[Depends(check_ready)], responses=describe_problems(MODEL_UNAVAILABLE, DRAINING)
)
async def ready() -> Health:
    """Check that the model is loaded. If this fails, route requests elsewhere."""
    return Health()
