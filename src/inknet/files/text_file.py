"""Text files written by users, such as drawings and class names."""

from pathlib import Path

from inknet.errors import DataError

__all__ = ["read_text"]


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark; line endings are kept.

    Raises
    ------
    DataError
        If the file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
