"""The service: everything put together."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter
from fastapi import FastAPI
from threadpoolctl import threadpool_limits

import inknet
from inknet.digits import Recognizer
from inknet.mlp.errors import InknetError
from inknet.resources import resource
from inknet.service import health, model, network, predict
from inknet.service.body_limit import BodyLimit
from inknet.service.page import page_routes
from inknet.service.problems import add_problem_handlers
from inknet.service.security_headers import SecurityHeaders
from inknet.service.settings import Settings

__all__ = ["create_app"]

log = logging.getLogger("inknet.service")

#: Large images decoded at the same time. One of 16 megapixels takes some 180 MB while it is worked on.
LARGE_IMAGES_AT_A_TIME = 2


def create_app(settings: Settings | None = None, recognizer: Recognizer | None = None) -> FastAPI:
    """Make the service, ready for an ASGI server: ``uvicorn --factory inknet.service:create_app``.

    Parameters
    ----------
    settings : Settings, optional
        Else from the environment.
    recognizer : Recognizer, optional
        A recogniser that is loaded already. Else the settings' model is loaded when the service starts; without
        it the service runs all the same, and says in its answers why it recognises nothing.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="inknet",
        summary="Recognises handwritten digits.",
        version=inknet.__version__,
        lifespan=_lifespan,
        # Both take their scripts from another host, which the security policy forbids.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.recognizer = recognizer
    app.state.why_no_recognizer = "The model is not loaded yet."
    app.state.large_images = CapacityLimiter(LARGE_IMAGES_AT_A_TIME)
    # Flat, without `include_router`: a request is then matched once, and a 405 can list the methods of a path.
    for part in (predict, health, model, network):
        app.router.routes.extend(part.router.routes)
    app.router.routes.extend(page_routes(resource("web")))
    add_problem_handlers(app)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model, and keep numpy to one thread: more cost more than they bring for a single row."""
    if app.state.recognizer is None:
        try:
            app.state.recognizer = Recognizer.load(app.state.settings.model)
        except InknetError as error:
            log.error("%s", error)
            app.state.why_no_recognizer = str(error)
    with threadpool_limits(limits=1, user_api="blas"):
        yield
