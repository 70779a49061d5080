"""Where a sweep's trials are kept: a file in the run folder, or a PostgreSQL server that several machines share.

Both are Optuna's relational storage. What it lacks for several processes is an order between "how many trials are
there?" and "so I begin another"; `TrialStore.exclusive` is that, and is given back by the system when its holder is
killed.
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
from optuna.trial import TrialState
from sqlalchemy import event

from inknet.files.folder_lock import FolderLock
from inknet.mlp import InputError

__all__ = ["FINISHED", "TrialStore", "postgresql_address", "reason_of"]

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
#: A process is taken for dead when it has not been heard of for so many heartbeats.
GRACE = 3
#: A trial whose process dies every time is given up, and another one takes its place.
RETRIES = 3
#: The number of our lock in the database; any would do, if nobody else uses it.
_LOCK = 0x696E6B6E6574
_PATIENCE = 60.0  # seconds


class TrialStore:
    """The trials of a sweep, and the right to begin one.

    Parameters
    ----------
    url : str or None
        ``postgresql://…``, or None for a file in the folder.
    folder : Path
        The run folder, which must be there.
    heartbeat : int
        Every so many seconds a trial's process says that it lives.

    Raises
    ------
    InputError
        If the storage is none, or cannot be reached.
    """

    def __init__(self, url: str | None, folder: Path, heartbeat: int = 20) -> None:
        if heartbeat < 1:
            raise InputError(f"heartbeat is a whole number of seconds from 1; got {heartbeat!r}")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.retry = _quietly(RetryHeartbeatStaleTrialCallback, max_retry=RETRIES)
        self._folder = folder
        address = f"sqlite:///{(folder / 'study.db').absolute()}" if url is None else postgresql_address(url)
        arguments = {"timeout": _PATIENCE} if url is None else {"connect_timeout": 10}
        options = {"connect_args": arguments, "pool_pre_ping": url is not None}
        try:
            self._lock = None if url is None else sqlalchemy.create_engine(address, **options)
            # Two that come first at once would both make the tables.
            with self.exclusive():
                self._storage: RDBStorage = _quietly(
                    RDBStorage,
                    address,
                    engine_kwargs=options,
                    heartbeat_interval=heartbeat,
                    grace_period=GRACE * heartbeat,
                    heartbeat_stale_trial_callback=self.retry,
                )
        except (sqlalchemy.exc.SQLAlchemyError, StorageInternalError) as error:
            raise InputError(f"the storage cannot be used: {reason_of(error)}") from None
        if url is None:
            _begin_at_once(self._storage.engine)

    def dispose(self) -> None:
        """Close the connections."""
        self._storage.remove_session()
        self._storage.engine.dispose()
        if self._lock is not None:
            self._lock.dispose()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep every other process of the sweep waiting while the ``with`` block lasts."""
        if self._lock is None:
            with self._exclusive_to_the_folder():
                yield
            return
        # The transaction's end gives it back, and so does the end of the connection.
        with self._lock.begin() as connection:
            connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield

    def study(self, name: str, pruner: optuna.pruners.BasePruner) -> optuna.Study:
        """Return the study of that name, made if it is not there."""
        return optuna.create_study(
            study_name=name, storage=self._storage, direction="maximize", pruner=pruner, load_if_exists=True
        )

    def find(self, name: str) -> optuna.Study | None:
        """Return the study of that name, if there is one."""
        try:
            return optuna.load_study(study_name=name, storage=self._storage)
        except KeyError:
            return None

    def names(self) -> list[str]:
        """Return the names of all studies."""
        return [study.study_name for study in self._storage.get_all_studies()]

    def revive(self, study: optuna.Study) -> None:
        """Queue the trials of dead processes again; to be called in `exclusive`."""
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        heard = self._heard()
        for trial in running:
            # Whoever claims a trial keeps the lock until its first heartbeat: we have the lock, so it was killed.
            if trial._trial_id not in heard:
                self._storage.record_heartbeat(trial._trial_id)
        _quietly(optuna.storages.fail_stale_trials, study)

    def wait_for_heartbeat(self, trial: optuna.Trial) -> None:
        """Wait until a trial that was just begun has been heard of."""
        ends = time.monotonic() + _PATIENCE
        while trial._trial_id not in self._heard() and time.monotonic() < ends:
            time.sleep(0.005)

    def _heard(self) -> set[int]:
        with self._storage.engine.connect() as connection:
            return {row[0] for row in connection.execute(sqlalchemy.text("SELECT trial_id FROM trial_heartbeats"))}

    @contextmanager
    def _exclusive_to_the_folder(self) -> Iterator[None]:
        """Wait for the folder's lock, and hold it."""
        ends = time.monotonic() + _PATIENCE
        lock = FolderLock(self._folder)
        while True:
            try:
                lock.__enter__()
                break
            except InputError as error:
                held = isinstance(error.__context__, BlockingIOError)
                if not held or time.monotonic() > ends:
                    raise
                time.sleep(0.02)
        try:
            yield
        finally:
            lock.__exit__(None, None, None)


def postgresql_address(url: str) -> str:
    """Return the address with the driver that the extra brings.

    Raises
    ------
    InputError
        If it is no address of a PostgreSQL database.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise InputError(
            "a storage for several machines is postgresql://user@host/database; without --storage, the trials are in"
            " a file in the run folder"
        )
    try:
        sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise InputError("the storage is no address such as postgresql://user@host/database") from None
    return f"postgresql+psycopg://{rest}"


def _begin_at_once(engine: sqlalchemy.Engine) -> None:
    """Let each transaction of SQLite ask for the write lock when it begins: one that has read first may not wait."""

    @event.listens_for(engine, "connect")
    def _no_implicit_begin(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    # What was opened before does not know of it.
    engine.dispose()


def _quietly(function: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever it returns
    """Call what Optuna calls experimental, and has been for years."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return function(*arguments, **options)


def reason_of(error: Exception) -> str:
    """Return the driver's own first line, which holds no password."""
    cause = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
    lines = [line for line in str(cause).splitlines() if line]
    return lines[0] if lines else type(error).__name__
