"""Folder locks: one program at a time writes to a folder.

The operating system locks a file in the folder, and unlocks it when its holder exits for whatever reason, so there are
no stale locks to remove. Readers need no lock.
"""

import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, Self

from inknet.errors import InputError

__all__ = ["FolderLock"]


class FolderLock:
    """A lock on a folder, held for a ``with`` block.

    Parameters
    ----------
    folder : Path
        An existing folder.

    Raises
    ------
    InputError
        On entering, without waiting, if another program holds the lock or the folder is not writable.
    """

    #: The file. It exists while the lock is held, and after a kill until the lock is next released.
    NAME = ".lock"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / self.NAME
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            # The previous holder may remove the file between our opening and locking it; then there is a new one.
            while not self._try_lock():
                pass
        except BlockingIOError:
            raise InputError(
                f"another training is using {self.folder}; wait until it has ended, or choose another run folder"
            ) from None
        except OSError as error:
            raise InputError(f"{self.folder} is not writable: {self.NAME}: {error.strerror or error}") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is None:
            return
        # Removed before unlocking, so that nobody else's lock is removed. Windows cannot remove an open file.
        if sys.platform != "win32" and not self.is_lost():
            self._remove_file()
        self._file.close()
        self._file = None
        if sys.platform == "win32":
            self._remove_file()

    def is_lost(self) -> bool:
        """Whether the lock is held, but its file or folder has been removed or replaced."""
        return self._file is not None and not self._is_in_place(self._file)

    def _try_lock(self) -> bool:
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

    def _remove_file(self) -> None:
        with suppress(OSError):
            self._path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        """Lock an open file, or raise BlockingIOError."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            # Windows reports a locked file as a forbidden one; this one is open already.
            raise BlockingIOError(error.errno, error.strerror) from None
else:
    import fcntl

    def _lock(handle: int) -> None:
        """Lock an open file, or raise BlockingIOError."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
