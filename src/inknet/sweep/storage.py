"""The storage of a sweep's trials: SQLite in the run folder, or a PostgreSQL database that several machines share.

Both are Optuna's `RDBStorage`, whose heartbeats tell which processes are alive: a trial is queued again when its
process has missed three.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from inknet.errors import InputError, TrainingError
from inknet.mlp.training.interrupts import catch_interrupt

__all__ = ["open_storage", "postgresql_url", "storage_session"]

_ATTEMPTS = 5  # to create the tables
_LOCK_TIMEOUT = 60  # seconds, for SQLite: as long as another process may take to write


def open_storage(folder: Path, url: str | None = None, heartbeat: int = 20) -> RDBStorage:
    """Open the storage at a URL, or ``study.db`` in a folder, with its tables; raise `InputError` if this fails."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if url is None:
        address = f"sqlite:///{(folder / 'study.db').absolute()}"
        options: dict[str, Any] = {"connect_args": {"timeout": _LOCK_TIMEOUT, "isolation_level": None}}
    else:
        address = postgresql_url(url)
        options = {"connect_args": {"connect_timeout": 10}, "pool_pre_ping": True}
    for attempt in range(_ATTEMPTS):
        try:
            storage = RDBStorage(
                address,
                engine_kwargs=options,
                heartbeat_interval=heartbeat,
                grace_period=3 * heartbeat,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=3),
            )
            break
        except (SQLAlchemyError, StorageInternalError) as error:
            # Processes that start at once all create the tables (Optuna's issue 1092): one wins, the others try again.
            if attempt + 1 == _ATTEMPTS or (url is not None and isinstance(error, OperationalError)):
                raise InputError(f"cannot open the storage: {_reason(error)}") from None
            time.sleep(0.2)
        except Exception as error:
            # A version or an encoding that Optuna or Alembic does not know.
            raise InputError(f"cannot open the storage: {_reason(error)}") from None
    if url is None:
        # SQLite has no SELECT … FOR UPDATE, by which Optuna claims a queued trial for one process (issue 4002).
        @sqlalchemy.event.listens_for(storage.engine, "begin")
        def _lock(connection: sqlalchemy.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return storage


def postgresql_url(url: str) -> str:
    """Return the URL with the driver that the extra installs, or raise `InputError` if it is not PostgreSQL's."""
    try:
        parsed = sqlalchemy.make_url(url)
        if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
            return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    except (ArgumentError, ValueError):
        pass
    # The URL may hold a password.
    raise InputError(
        "the storage must be a URL such as postgresql://user@host/database; omit it to keep the trials in the run"
        " folder"
    )


@contextmanager
def storage_session() -> Iterator[Callable[[], None]]:
    """Turn failures of the storage into `TrainingError`, and defer Ctrl-C, which could leave a transaction open.

    Yields a function that raises `KeyboardInterrupt` after Ctrl-C.
    """
    with catch_interrupt() as interrupt, warnings.catch_warnings():
        # Heartbeats, retries and PartialFixedSampler.
        warnings.simplefilter("ignore", ExperimentalWarning)

        def check_interrupt() -> None:
            if interrupt.is_set():
                raise KeyboardInterrupt

        try:
            yield check_interrupt
        except (StorageInternalError, SQLAlchemyError) as error:
            raise TrainingError(f"the storage failed: {_reason(error)}; run the same command to continue") from None
    check_interrupt()


def _reason(error: Exception) -> str:
    """Return the first line of the driver's own message, which holds no password."""
    cause = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
    return next((line for line in str(cause).splitlines() if line), type(error).__name__)
