"""Prometheus metrics: requests, durations and answers."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

from inknet.digits import Recognizer
from inknet.digits.recognizer import Seconds

__all__ = ["Metrics"]

#: Histogram buckets in seconds, from a cached file to a photograph of 16 megapixels.
_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}


class Metrics:
    """The metrics of one process, or of several that share a folder (``PROMETHEUS_MULTIPROC_DIR``).

    Raises
    ------
    ImportError
        If prometheus-client is not installed.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = registry = CollectorRegistry()

        # Looking up labels takes the library longer than counting. There are few label sets, so they are cached.
        def counter(name: str, text: str, *labels: str) -> Callable[..., Counter]:
            return cache(Counter(name, text, labels, registry=registry).labels)

        def histogram(name: str, text: str, *labels: str) -> Callable[..., Histogram]:
            return cache(Histogram(name, text, labels, buckets=_BUCKETS, registry=registry).labels)

        def gauge(name: str, text: str, *labels: str, mode: Literal["livemax", "livesum"]) -> Gauge:
            return Gauge(name, text, labels, registry=registry, multiprocess_mode=mode)

        self._requests = counter("inknet_requests", "Requests answered.", "method", "route", "status")
        self._problems = counter("inknet_problems", "Requests answered with a problem.", "kind")
        self._seconds = histogram(
            "inknet_request_seconds", "Time from the request headers to the end of the response.", "route"
        )
        self._stages = histogram(
            "inknet_stage_seconds", "Time to recognize an image, by stage: decode, normalize, network.", "stage"
        )
        self._answers = counter("inknet_answers", "Digits recognized.", "digit", "certain")
        self._process_ends = counter(
            "inknet_recognizer_process_ends", "Recognizer processes that ended during a task, or were killed.", "reason"
        )
        self._model = gauge("inknet_model", "The served model.", "name", "sha256", mode="livemax")
        #: Requests in progress.
        self.in_progress = gauge("inknet_requests_in_progress", "Requests in progress.", mode="livesum")

    def observe_request(self, method: str, route: str, status: int, problem: str | None, seconds: float) -> None:
        """Record a completed request."""
        # A method can be any word: clients must not be able to create counters.
        self._requests(method if method in _METHODS else "other", route, status).inc()
        self._seconds(route).observe(seconds)
        if problem is not None:
            self._problems(problem).inc()

    def observe_refusal(self, status: int, problem: str) -> None:
        """Record a connection that was refused before it sent a request; it has no meaningful duration."""
        self._requests("other", "none", status).inc()
        self._problems(problem).inc()

    def observe_answer(self, digit: int, certain: bool) -> None:
        """Record a recognized image."""
        self._answers(digit, "true" if certain else "false").inc()

    def observe_stages(self, seconds: Seconds) -> None:
        """Record how long each stage of recognizing an image took."""
        for stage, duration in seconds.items():
            self._stages(stage).observe(duration)

    def observe_process_end(self, reason: str) -> None:
        """Record that a recognizer process ended without having been stopped."""
        self._process_ends(reason).inc()

    def show_model(self, recognizer: Recognizer) -> None:
        """Expose the name and hash of the served model."""
        self._model.labels(recognizer.name, recognizer.sha256).set(1)

    def exposition(self) -> tuple[bytes, str]:
        """Return all metrics in Prometheus' text format, and its media type; sums over all processes."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

        registry, folder = self._registry, os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if folder is not None:
            # A killed worker leaves its gauge of requests in progress behind.
            for path in Path(folder).glob("gauge_live*.db"):
                pid = int(path.stem.rpartition("_")[2])
                try:
                    os.kill(pid, 0)
                except OSError:
                    mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
            registry = CollectorRegistry()
            MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
