"""One program at a time in a folder.

The lock is the operating system's, on a file in the folder: it is free again when its holder ends, however it ends,
and no stale one ever has to be removed by hand. Whoever only reads the folder does not ask for it.
"""

import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from inknet.errors import InputError

__all__ = ["FolderLock"]


class FolderLock:
    """The lock on a folder, held as long as the ``with`` block lasts.

    Parameters
    ----------
    folder : Path
        Which must be there.

    Raises
    ------
    InputError
        If another program holds it, or the folder cannot be written to; it does not wait.
    """

    #: The file; it is there while the lock is held, and after a kill until the lock is next given back.
    NAME = ".lock"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / self.NAME
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            # Between our opening the file and our locking it, its holder may have taken it away; then there is a next.
            while not self._try():
                pass
        except BlockingIOError:
            raise InputError(
                f"another training is using {self.folder}: wait until it has ended, or choose another run folder"
            ) from None
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"{self.folder} cannot be written to: {self.NAME}: {reason}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        # Taken away first, while nobody else can have locked it. Windows takes away no open file, and so nobody else's.
        if sys.platform != "win32" and not self.is_lost():
            self._take_away()
        self._file.close()
        self._file = None
        if sys.platform == "win32":
            self._take_away()

    def is_lost(self) -> bool:
        """Whether the lock is held on a file, or a folder, that has been taken away meanwhile."""
        return self._file is not None and not self._is_in_place(self._file)

    def _try(self) -> bool:
        """Lock the file; return whether it is still the one in the folder."""
        with ExitStack() as stack:
            file = stack.enter_context(self._path.open("ab"))
            _lock(file.fileno())
            if self._is_in_place(file):
                self._file = file
                stack.pop_all()
                return True
        return False

    def _is_in_place(self, file: BinaryIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except OSError:
            return False

    def _take_away(self) -> None:
        with suppress(OSError):
            self._path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        """Lock an open file, or raise BlockingIOError."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            # Windows has the same word for a locked file and for a forbidden one; the file is open already.
            raise BlockingIOError(error.errno, error.strerror) from None
else:
    import fcntl

    def _lock(handle: int) -> None:
        """Lock an open file, or raise BlockingIOError."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
