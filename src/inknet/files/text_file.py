"""Text files written by users, such as drawings and class names."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from inknet.errors import DataError

__all__ = ["read_text"]


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, or of a UTF-16 file with a byte order mark, as Windows writes it.

    Line endings are kept, a byte order mark is not.

    Raises
    ------
    DataError
        If the file cannot be read, or has another encoding.
    """
    try:
        data = path.read_bytes()
        return data.decode("utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
