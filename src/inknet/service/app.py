"""The application: routes, middleware and state put together."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from threadpoolctl import threadpool_limits

import inknet
from inknet.digits import Recognizer
from inknet.errors import InknetError
from inknet.resources import resource
from inknet.service.drain import CloseConnections, drain_on_sigterm
from inknet.service.exception_handlers import add_exception_handlers
from inknet.service.middleware.allowed_hosts import AllowedHosts
from inknet.service.middleware.body_limit import BodyLimit
from inknet.service.middleware.content_encoding import ContentEncoding
from inknet.service.middleware.request_log import RequestLog
from inknet.service.middleware.security_headers import SecurityHeaders
from inknet.service.observability.logs import REQUEST_ID
from inknet.service.observability.metrics import Metrics
from inknet.service.recognition.batcher import Batcher
from inknet.service.recognition.recognizer_process import RecognizerProcess, kept_running
from inknet.service.recognition.work_queue import WorkQueue
from inknet.service.routes import docs, health, inference, metrics, model, network, predict
from inknet.service.routes.head_requests import head_routes
from inknet.service.routes.page import page_routes
from inknet.service.settings import Settings

__all__ = ["create_app"]

log = logging.getLogger("inknet.service")


def create_app(settings: Settings | None = None, recognizer: Recognizer | None = None) -> FastAPI:
    """Create the service as an ASGI application: ``uvicorn --factory inknet.service:create_app``.

    It includes ``/metrics`` if prometheus-client is installed (extra ``metrics``), and ``/docs`` if fastapi-swagger is
    (extra ``docs``).

    Parameters
    ----------
    settings : Settings, optional
        Defaults to the settings in the environment.
    recognizer : Recognizer, optional
        A loaded recognizer. By default, the model of the settings is loaded at startup; if that fails, the service
        still runs, and responds with 503 and the reason.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="inknet",
        summary="Recognizes handwritten digits.",
        version=inknet.__version__,
        lifespan=_lifespan,
        # FastAPI's own pages load scripts from a CDN, which the Content-Security-Policy forbids; see `routes.docs`.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.recognizer = None
    app.state.load_error = "The model is not loaded yet."
    app.state.draining = False
    app.state.active_requests = 0
    app.state.metrics = Metrics() if find_spec("prometheus_client") else None
    app.state.on_process_end = app.state.metrics.observe_process_end if app.state.metrics else None
    if recognizer is not None:
        _use(app, recognizer)
    # Without `include_router`: the router then matches a request once, and a 405 can list the methods of its path.
    for module in (predict, health, model, network, inference):
        app.router.routes.extend(module.router.routes)
    if app.state.metrics is not None:
        app.router.routes.extend(metrics.router.routes)
    if find_spec("fastapi_swagger"):
        app.router.routes.extend(docs.router.routes)
    app.router.routes.extend(head_routes(app.router.routes))
    app.router.routes.extend(page_routes(resource("web")))
    add_exception_handlers(app)
    # The middleware added last sees a request first.
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(ContentEncoding)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", REQUEST_ID],
            expose_headers=[REQUEST_ID],
        )
    app.add_middleware(AllowedHosts, allowed=settings.allowed_hosts)
    app.add_middleware(CloseConnections)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, metrics=app.state.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Load the model, and limit BLAS to one thread: for a single row, more threads cost more than they gain."""
    settings = app.state.settings
    if app.state.recognizer is None:
        try:
            _use(app, Recognizer.load(settings.model))
        except InknetError as error:
            log.error("%s", error)
            app.state.load_error = str(error)
    async with AsyncExitStack() as stack:
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
        stack.enter_context(drain_on_sigterm(app, settings.drain_timeout))
        recognizer = app.state.recognizer
        if recognizer is not None:
            for queue in (app.state.image_queue, app.state.batch_queue):
                stack.push_async_callback(queue.stop)
            if settings.recognizer_process:
                process = RecognizerProcess(recognizer, on_end=app.state.on_process_end)
                await stack.enter_async_context(kept_running(process))
                app.state.batcher = Batcher(recognizer, process, settings.recognition_timeout)
        yield {"settings": settings, "metrics": app.state.metrics}


def _use(app: FastAPI, recognizer: Recognizer) -> None:
    """Make the app recognize images: small ones in its event loop, large ones and batches beside it."""
    settings, metrics = app.state.settings, app.state.metrics
    app.state.recognizer = recognizer
    app.state.batcher = Batcher(recognizer, None, settings.recognition_timeout)
    for name in ("image_queue", "batch_queue"):
        process = None
        if settings.isolation:
            process = RecognizerProcess(recognizer, settings.recognition_memory, app.state.on_process_end)
        setattr(app.state, name, WorkQueue(recognizer, process, settings.recognition_timeout))
    if metrics is not None:
        metrics.show_model(recognizer)
