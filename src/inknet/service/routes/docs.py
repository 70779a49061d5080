"""GET /docs: the API documentation for a browser, Swagger UI served from this host."""

from importlib import resources

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

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

# A separate file: the Content-Security-Policy forbids inline scripts.
_START = """SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
"""


@router.get("/docs")
async def docs() -> Response:
    """Return the page."""
    return Response(_PAGE, media_type="text/html")


@router.get("/docs/start.js")
async def start() -> Response:
    """Return the script that starts Swagger UI."""
    return Response(_START, media_type="text/javascript")


def _add_file(name: str, media_type: str) -> None:
    """Add a route for a file of Swagger UI."""

    @router.get(f"/docs/{name}")
    async def file() -> Response:
        path = resources.files("fastapi_swagger").joinpath("resources", name)
        return FileResponse(str(path), media_type=media_type, headers={"Cache-Control": "max-age=3600"})


_add_file("swagger-ui-bundle.js", "text/javascript")
_add_file("swagger-ui.css", "text/css")
