"""The server: uvicorn with one process, or with several workers that share a socket and a supervisor."""

import json
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from inknet.digits import Recognizer
from inknet.service.app import create_app
from inknet.service.connection import Connection
from inknet.service.observability.logs import configure_logging
from inknet.service.settings import SHUTDOWN_TIMEOUT, Settings

__all__ = ["create_worker_app", "run"]

log = logging.getLogger("inknet.service")


def run(settings: Settings, recognizer: Recognizer, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Parameters
    ----------
    settings : Settings
    recognizer : Recognizer
        The loaded model. With several workers, each loads its own.
    listener : socket
        The socket that accepts connections.
    on_ready : function
        Called when the server accepts requests.
    """
    configure_logging(settings.log_level, settings.log_format)
    if settings.recognizer_process is None:
        # On fewer cores it would only compete with the worker.
        settings = settings.model_copy(update={"recognizer_process": 2 * settings.workers <= _cores()})
    with suppress(KeyboardInterrupt):
        if settings.workers == 1:
            _Server(_config(settings, create_app(settings, recognizer)), on_ready).run(sockets=[listener])
        else:
            _run_workers(settings, listener, on_ready)


def create_worker_app() -> FastAPI:
    """Create the app of one of several workers, from the environment."""
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format)
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    return create_app(settings)


def _stop_with_parent() -> None:
    """Stop when the supervisor is gone: it may have been killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


class _Server(uvicorn.Server):
    """A server that reports when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


class _Workers(Multiprocess):
    """Workers that report when all of them are ready; one that dies is replaced."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        super().__init__(config, [listener])
        self._on_ready = on_ready

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(60) for process in self.processes):
            self._on_ready()

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have ended, and log it."""
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if old is not new:
                log.error("worker %s ended with status %s; replaced it by %s", old.pid, old.exitcode, new.pid)


def _run_workers(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="inknet-") as folder:
        if settings.model is not None:
            # A worker that replaces another loads the same model, whatever has become of the file.
            settings = settings.model_copy(update={"model": _copy_model(settings.model, Path(folder, "model"))})
        values = settings.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value)
            os.environ[f"INKNET_{name.upper()}"] = text
        # Workers keep their metrics in files there, so that each of them can return the sums.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        _Workers(_config(settings, "inknet.service.server:create_worker_app"), listener, on_ready).run()


def _copy_model(model: Path, folder: Path) -> Path:
    """Copy a model file and its card to a new folder, and return the copy's path."""
    folder.mkdir()
    for path in (model.with_suffix(".json"), model):
        if path.exists():
            shutil.copyfile(path, folder / path.name)
    return folder / model.name


def _cores() -> int:
    """Return the number of cores this process may use, or of all cores if the system does not tell."""
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
        timeout_graceful_shutdown=max(1, int(SHUTDOWN_TIMEOUT - settings.drain_timeout)),
    )
