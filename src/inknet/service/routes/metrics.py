"""GET /metrics: the metrics for Prometheus."""

from fastapi import APIRouter, Request, Response

__all__ = ["router"]

router = APIRouter()

_EXAMPLE = 'inknet_requests_total{method="POST",route="/predict",status="200"} 1027.0'


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
)
async def metrics(request: Request) -> Response:
    """Return the metrics in Prometheus' text format."""
    text, media_type = request.app.state.metrics.exposition()
    return Response(text, media_type=media_type)
