"""The page: the files of the ``web`` folder, under ``/``."""

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

__all__ = ["page_routes"]

# The system's own table may lack these, or have others; nosniff makes a browser refuse a module of the wrong type.
for _type, _suffix in (
    ("text/javascript", ".js"),
    ("text/css", ".css"),
    ("image/svg+xml", ".svg"),
    ("application/json", ".json"),
    ("application/manifest+json", ".webmanifest"),
):
    mimetypes.add_type(_type, _suffix)


def page_routes(folder: Path) -> list[Route]:
    """Return one route for each file in the folder; ``index.html`` is at ``/`` as well.

    Only the files that are there at the start are served: a path is looked up among them, and never put together
    with the folder, so there is nothing to climb out of.
    """
    files = StaticFiles(directory=folder, check_dir=False)
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    names = sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))
    routes = [_route(f"/{name}", name, files) for name in names]
    return [_route("/", "index.html", files), *routes] if "index.html" in names else routes


def _route(path: str, name: str, files: StaticFiles) -> Route:
    async def serve(request: Request) -> Response:
        response = await files.get_response(name, request.scope)
        # A browser may keep the file, but asks by ETag each time whether it is still the same.
        response.headers["Cache-Control"] = "no-cache"
        return response

    return Route(path, serve)
