"""The REST service's documentation for a browser: Swagger UI, from files of our own host."""

from importlib import resources

from fastapi import APIRouter
from starlette.responses import Response

from inknet.service.routes.chunks import ResponseInParts

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>inknet: the REST service</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""

# A file of its own: the security policy lets no script run that stands in a page.
_START = """SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
"""


@router.get("/docs")
async def docs() -> Response:
    """Show the page."""
    return Response(_PAGE, media_type="text/html")


@router.get("/docs/start.js")
async def start() -> Response:
    """Start Swagger UI on the page."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/swagger-ui-bundle.js")
async def bundle() -> Response:
    """Send Swagger UI itself."""
    return _file("swagger-ui-bundle.js", "text/javascript")


@router.get("/docs/swagger-ui.css")
async def style() -> Response:
    """Send its style."""
    return _file("swagger-ui.css", "text/css")


def _file(name: str, media_type: str) -> Response:
    content = resources.files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return ResponseInParts(content, media_type=media_type, headers={"Cache-Control": "max-age=3600"})
