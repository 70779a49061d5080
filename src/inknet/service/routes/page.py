"""GET / and the files below: the page, from the folder ``web``.

Each file is a route of its own, answered by `StaticFiles`. A mount at ``/`` would match the paths of the API as well,
and turn their 405 responses, which list the allowed methods, into 404.
"""

import mimetypes
from pathlib import Path

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

__all__ = ["page_routes"]

#: The types of the files of the page; other files in the folder are not served. With nosniff, a browser rejects a
#: script of the wrong type, and the system's own table may be incomplete.
_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
for _suffix, _media_type in _MEDIA_TYPES.items():
    mimetypes.add_type(_media_type, _suffix)


def page_routes(folder: Path) -> list[Route]:
    """Return a route for each file of the page in a folder and its subfolders, and ``/`` for its ``index.html``.

    Only files present at startup are served. A request path is compared with their names and never joined to the
    folder, so path traversal is impossible.
    """
    files = StaticFiles(directory=folder, check_dir=False)
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix in _MEDIA_TYPES)
    names = sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))
    routes = [_route(f"/{name}", name, files) for name in names]
    return [_route("/", "index.html", files), *routes] if "index.html" in names else routes


def _route(path: str, name: str, files: StaticFiles) -> Route:
    async def serve(request: Request) -> Response:
        response = await files.get_response(name, request.scope)
        # Browsers may cache the file, but must revalidate it by its ETag.
        response.headers["Cache-Control"] = "no-cache"
        return response

    return Route(path, serve, middleware=[Middleware(GZipMiddleware, minimum_size=1024, compresslevel=6)])
