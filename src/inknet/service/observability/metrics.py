"""What Prometheus is told: how many requests, how long, what was answered."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from inknet.digits import Recognizer
from inknet.digits.recognizer import Seconds

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["Metrics", "router"]

router = APIRouter()

#: Seconds: from what a cached file takes to what a photograph of 16 megapixels does.
_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_EXAMPLE = 'inknet_requests_total{method="POST",route="/predict",status="200"} 1027.0'

_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}


class Metrics:
    """The counters of one process, or of several that share a folder (``PROMETHEUS_MULTIPROC_DIR``).

    Raises
    ------
    ImportError
        If prometheus-client is not installed.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        own = CollectorRegistry()
        self._own = own
        # To look up labels takes the library longer than to count. There are few, so what they lead to is kept.
        self._requests = cache(
            Counter("inknet_requests", "Requests answered.", ["method", "route", "status"], registry=own).labels
        )
        self._problems = cache(
            Counter("inknet_problems", "Requests answered by a problem.", ["kind"], registry=own).labels
        )
        self._seconds = cache(
            Histogram(
                "inknet_request_seconds",
                "From a request's headers to its answer.",
                ["route"],
                buckets=_BUCKETS,
                registry=own,
            ).labels
        )
        self._stages = cache(
            Histogram(
                "inknet_stage_seconds",
                "What recognizing one image takes: decode, normalize, network.",
                ["stage"],
                buckets=_BUCKETS,
                registry=own,
            ).labels
        )
        self._answers = cache(
            Counter("inknet_answers", "Digits recognized.", ["digit", "certain"], registry=own).labels
        )
        self._model = Gauge(
            "inknet_model", "The model that is served.", ["name", "sha256"], registry=own, multiprocess_mode="livemax"
        )
        #: Requests in progress.
        self.in_progress = Gauge(
            "inknet_requests_in_progress", "Requests being answered.", registry=own, multiprocess_mode="livesum"
        )

    def observe_request(self, method: str, route: str, status: int, problem: str | None, seconds: float) -> None:
        """Count a request that was answered."""
        # A method can be any word; a client shall not make as many counters as it likes.
        self._requests(method if method in _METHODS else "other", route, status).inc()
        self._seconds(route).observe(seconds)
        if problem is not None:
            self._problems(problem).inc()

    def observe_refusal(self, status: int, problem: str) -> None:
        """Count a connection that was answered before there was a request; how long it took says nothing of us."""
        self._requests("other", "none", status).inc()
        self._problems(problem).inc()

    def observe_answer(self, digit: int, certain: bool) -> None:
        """Count an image that was recognized."""
        self._answers(digit, "true" if certain else "false").inc()

    def observe_stages(self, seconds: Seconds) -> None:
        """Note what recognizing one image took."""
        for stage, took in seconds.items():
            self._stages(stage).observe(took)

    def show_model(self, recognizer: Recognizer) -> None:
        """Tell which model is served."""
        self._model.labels(recognizer.name, recognizer.sha256).set(1)

    def exposition(self) -> tuple[bytes, str]:
        """Return all figures as Prometheus reads them, and their media type; of all processes if there are several."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._of_all_processes() or self._own), CONTENT_TYPE_LATEST

    def _of_all_processes(self) -> "CollectorRegistry | None":
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if folder is None:
            return None
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

        # A worker that was killed had no time to say that its requests in progress are over.
        for path in Path(folder).glob("gauge_live*.db"):
            pid = int(path.stem.rpartition("_")[2])
            if not _runs(pid):
                mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        return registry


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
)
async def metrics(request: Request) -> Response:
    """Tell Prometheus how the service does."""
    text, media_type = request.app.state.metrics.exposition()
    return Response(text, media_type=media_type)
