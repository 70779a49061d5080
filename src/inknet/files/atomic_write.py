"""Writing files whole or not at all."""

import os
import secrets
from pathlib import Path

__all__ = ["leftovers", "write_atomically"]

#: How many letters make a temporary file's name.
_LETTERS = 16


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file so that, whatever happens, either the old one or the whole new one is there.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and only then take the name.

    Raises
    ------
    OSError
        If the folder is not there or cannot be written to, or the disk is full; the old file is untouched.
        It names the file, whatever went wrong with it.
    """
    path = Path(path)
    try:
        _write(path, data)
    except OSError as error:
        # Not the temporary file, of which nobody has heard; and a full disk names no file at all.
        raise OSError(error.errno, error.strerror, str(path)) from None


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files in a folder, which are of programs that are writing there, or were killed doing so."""
    return list(folder.glob(f".{'[0-9a-f]' * _LETTERS}.tmp"))


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{secrets.token_hex(_LETTERS // 2)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Flush the folder too, so that the new name survives a power cut; not every system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
