"""GET /health/live and /health/ready: whether the process responds, and whether it can recognize digits."""

from fastapi import APIRouter

from inknet.service.routes.dependencies import WHEN_READY
from inknet.service.schemas.health import Health

__all__ = ["router"]

router = APIRouter()


@router.get("/health/live")
async def live() -> Health:
    """Check that the process responds. If this fails, restart it."""
    return Health()


@router.get("/health/ready", **WHEN_READY)
async def ready() -> Health:
    """Check that the model is loaded. If this fails, route requests elsewhere."""
    return Health()
