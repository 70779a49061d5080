"""The storage of a sweep's trials: SQLite in the run folder, or a PostgreSQL database that several machines share.

Both are Optuna's `RDBStorage`, whose heartbeats tell which processes are alive: a trial is queued again when its
process has missed three.
"""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from inknet.errors import InputError, TrainingError

__all__ = ["experimental", "open_storage", "postgresql_url", "storage_errors"]

_MISSED_HEARTBEATS = 3
_RETRIES = 3  # of a trial whose process dies each time
_ATTEMPTS = 5  # to create the tables
_TIMEOUT = 60  # seconds that SQLite waits for another process's transaction


def open_storage(folder: Path, url: str | None = None, heartbeat: int = 20) -> RDBStorage:
    """Open the storage of a sweep; create its tables if they do not exist.

    Parameters
    ----------
    folder : Path
        The run folder, which must exist.
    url : str or None
        ``postgresql://…``; None for ``study.db`` in the folder.
    heartbeat : int
        Seconds between two heartbeats.

    Raises
    ------
    InputError
        If the storage cannot be opened.
    """
    if heartbeat < 1:
        raise InputError(f"heartbeat must be a positive number of seconds, got {heartbeat!r}")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if url is None:
        address = f"sqlite:///{(folder / 'study.db').absolute()}"
        options: dict[str, Any] = {"connect_args": {"timeout": _TIMEOUT, "isolation_level": None}}
    else:
        address = postgresql_url(url)
        options = {"connect_args": {"connect_timeout": 10}, "pool_pre_ping": True}
    for attempt in range(_ATTEMPTS):
        try:
            with experimental():
                storage = RDBStorage(
                    address,
                    engine_kwargs=options,
                    heartbeat_interval=heartbeat,
                    grace_period=_MISSED_HEARTBEATS * heartbeat,
                    heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(_RETRIES),
                )
            break
        except (SQLAlchemyError, StorageInternalError) as error:
            # Processes that start at once all create the tables (Optuna's issue 1092): one wins, the others try again.
            if attempt + 1 == _ATTEMPTS or (url is not None and isinstance(error, OperationalError)):
                raise InputError(f"cannot open the storage: {_reason(error)}") from None
            time.sleep(0.2)
    if url is None:
        # SQLite has no SELECT … FOR UPDATE, by which Optuna claims a queued trial for one process (issue 4002).
        @sqlalchemy.event.listens_for(storage.engine, "begin")
        def _lock(connection: sqlalchemy.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return storage


def postgresql_url(url: str) -> str:
    """Return the URL with the driver that the extra installs, or raise `InputError` if it is not PostgreSQL's."""
    scheme, separator, rest = url.partition("://")
    try:
        if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise ValueError
        sqlalchemy.make_url(url)
    except (ArgumentError, ValueError):
        # The URL may hold a password.
        raise InputError(
            "the storage must be a URL such as postgresql://user@host/database; omit it to keep the trials in the run"
            " folder"
        ) from None
    return f"postgresql+psycopg://{rest}"


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn a failure of the storage into a `TrainingError`."""
    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        raise TrainingError(f"the storage failed: {_reason(error)}; run the same command to continue") from None


@contextmanager
def experimental() -> Iterator[None]:
    """Allow the parts of Optuna that it still calls experimental: heartbeats, retries, `PartialFixedSampler`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


def _reason(error: Exception) -> str:
    """Return the first line of the driver's own message, which holds no password."""
    cause = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
    return next((line for line in str(cause).splitlines() if line), type(error).__name__)
