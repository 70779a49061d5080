"""The server: one process that answers, or several that share a socket, and another that keeps them alive."""

import json
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from inknet.digits import Recognizer
from inknet.service.app import create_app
from inknet.service.connection import Connection
from inknet.service.observability.logs import configure_logging
from inknet.service.settings import STOP_SECONDS, Settings

__all__ = ["create_worker_app", "run"]


def run(settings: Settings, recognizer: Recognizer, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Parameters
    ----------
    settings : Settings
    recognizer : Recognizer
        The model, loaded; several workers each load it for themselves.
    listener : socket
        Where requests come in.
    on_ready : function
        Called once it answers.
    """
    configure_logging(settings.log_level, settings.log_format)
    if settings.recognizer_process is None:
        # Without a core of its own it would only take the time of the one that answers.
        settings = settings.model_copy(update={"recognizer_process": 2 * settings.workers <= _cores()})
    with suppress(KeyboardInterrupt):
        if settings.workers == 1:
            _Server(_config(settings, create_app(settings, recognizer)), on_ready).run(sockets=[listener])
        else:
            _run_workers(settings, listener, on_ready)


def create_worker_app() -> FastAPI:
    """Make the app of one of several workers: all it knows is in the environment."""
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    return create_app(settings)


def _end_with_the_parent() -> None:
    """Stop when the process that keeps the workers alive is gone: it may have been killed, and could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


class _Workers(Multiprocess):
    """Workers that say when they all answer; one that dies is replaced."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        super().__init__(config, [listener])
        self._on_ready = on_ready

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(60) for process in self.processes):
            self._on_ready()


def _run_workers(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    values = settings.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for name, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value)
        os.environ[f"INKNET_{name.upper()}"] = text
    with tempfile.TemporaryDirectory(prefix="inknet-") as folder:
        # Each worker counts in files there, so that whichever is asked can tell of all.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        _Workers(_config(settings, "inknet.service.server:create_worker_app"), listener, on_ready).run()


def _cores() -> int:
    """Return how many cores this process may use, where the system tells; else how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _config(settings: Settings, app: FastAPI | str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=settings.workers,
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, int(STOP_SECONDS - settings.drain_timeout)),
    )
