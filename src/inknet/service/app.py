"""The service: everything put together."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from threadpoolctl import threadpool_limits

import inknet
from inknet.digits import Recognizer
from inknet.errors import InknetError
from inknet.resources import resource
from inknet.service.drain import draining_on_sigterm
from inknet.service.middleware.allowed_hosts import Hosts
from inknet.service.middleware.body_limit import BodyLimit
from inknet.service.middleware.request_log import RequestLog
from inknet.service.middleware.security_headers import SecurityHeaders
from inknet.service.observability import metrics
from inknet.service.observability.logs import REQUEST_ID
from inknet.service.observability.metrics import Metrics
from inknet.service.problems import add_problem_handlers
from inknet.service.recognition.batching import Batching
from inknet.service.recognition.concurrency_limit import ConcurrencyLimit
from inknet.service.recognition.recognizer_process import recognizer_process
from inknet.service.routes import docs, health, inference, model, network, predict
from inknet.service.routes.head_requests import head_routes
from inknet.service.routes.page import page_routes
from inknet.service.settings import Settings

__all__ = ["create_app"]

log = logging.getLogger("inknet.service")

#: Large images decoded at the same time. One of 16 megapixels takes some 180 MB while it is worked on.
LARGE_IMAGES_AT_A_TIME = 2


def create_app(settings: Settings | None = None, recognizer: Recognizer | None = None) -> FastAPI:
    """Make the service, ready for an ASGI server: ``uvicorn --factory inknet.service:create_app``.

    With prometheus-client it has ``/metrics``, with fastapi-swagger ``/docs``; both are extras.

    Parameters
    ----------
    settings : Settings, optional
        Else from the environment.
    recognizer : Recognizer, optional
        A recognizer that is loaded already. Else the settings' model is loaded when the service starts; without
        it the service runs all the same, and says in its answers why it recognizes nothing.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="inknet",
        summary="Recognizes handwritten digits.",
        version=inknet.__version__,
        lifespan=_lifespan,
        # Both load their scripts from another host, which the security policy forbids; see `routes.docs`.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.recognizer = recognizer
    app.state.why_no_recognizer = "The model is not loaded yet."
    app.state.draining = False
    app.state.workload = ConcurrencyLimit(settings.concurrency_limit)
    app.state.batching = Batching()
    app.state.large_images = CapacityLimiter(LARGE_IMAGES_AT_A_TIME)
    app.state.metrics = Metrics() if find_spec("prometheus_client") else None
    # Flat, without `include_router`: a request is then matched once, and a 405 can list the methods of a path.
    for part in (predict, health, model, network, inference):
        app.router.routes.extend(part.router.routes)
    if app.state.metrics is not None:
        app.router.routes.extend(metrics.router.routes)
    if find_spec("fastapi_swagger"):
        app.router.routes.extend(docs.router.routes)
    app.router.routes.extend(head_routes(app.router.routes))
    app.router.routes.extend(page_routes(resource("web")))
    add_problem_handlers(app)
    # The last to be added is the first to see a request.
    app.add_middleware(
        BodyLimit,
        max_bytes=settings.max_body_bytes,
        max_tensor_bytes=settings.max_tensor_bytes,
        seconds=settings.body_timeout,
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", REQUEST_ID],
            expose_headers=[REQUEST_ID],
        )
    app.add_middleware(Hosts, allowed=settings.allowed_hosts)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, metrics=app.state.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Load the model, and keep numpy to one thread: more cost more than they bring for a single row."""
    settings = app.state.settings
    if app.state.recognizer is None:
        try:
            app.state.recognizer = Recognizer.load(settings.model)
        except InknetError as error:
            log.error("%s", error)
            app.state.why_no_recognizer = str(error)
    if app.state.metrics is not None and app.state.recognizer is not None:
        app.state.metrics.show_model(app.state.recognizer)
    async with AsyncExitStack() as stack:
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
        stack.enter_context(draining_on_sigterm(app, settings.drain_timeout))
        if settings.recognizer_process and app.state.recognizer is not None:
            process = await stack.enter_async_context(recognizer_process(app.state.recognizer))
            app.state.batching = Batching(process)
        yield {"settings": settings, "metrics": app.state.metrics}
