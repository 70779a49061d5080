"""Text files that people make: drawings, names of classes."""

from pathlib import Path

from inknet.errors import DataError

__all__ = ["read_text"]


def read_text(path: Path) -> str:
    """Return what is in a file of UTF-8, with or without a byte order mark, its line ends as they are.

    Raises
    ------
    DataError
        If it cannot be read, or is no such text.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
