"""Atomic writes: a file is replaced as a whole or not at all."""

import os
import secrets
from pathlib import Path

__all__ = ["leftovers", "write_atomically"]

#: Hexadecimal digits in the name of a temporary file.
_DIGITS = 16


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file so that a crash leaves either the old one or the complete new one.

    The bytes are written to a temporary file in the same folder, flushed to the disk, and renamed.

    Raises
    ------
    OSError
        If the folder is missing or not writable, or the disk is full; the old file is untouched. It names `path`.
    """
    path = Path(path)
    temporary = path.with_name(f".{secrets.token_hex(_DIGITS // 2)}.tmp")
    try:
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        # The original names the temporary file, or no file at all if the disk is full.
        raise OSError(error.errno, error.strerror, str(path)) from None


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files in a folder, of programs that are writing there or were killed."""
    return list(folder.glob(f".{'[0-9a-f]' * _DIGITS}.tmp"))


def _sync_folder(folder: Path) -> None:
    """Flush the folder, so that the new name survives a power failure, on systems that can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
