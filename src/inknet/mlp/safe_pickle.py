"""Pickles that hold data and nothing else.

A pickle is a program for a small machine, and most of its instructions can call any function. So a file is first
read instruction by instruction, and refused unless every one only builds a plain value: numbers, text, bytes, lists,
tuples, dictionaries. What is left to the unpickler then cannot name a class or a function, and cannot make it reserve
memory that the file does not fill.
"""

import io
import pickle
import pickletools
from typing import Any

__all__ = ["dumps", "loads"]

_ALLOWED = frozenset(
    [
        *("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET"),
        *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
        *("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
        *("EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
        *("EMPTY_DICT", "SETITEM", "SETITEMS"),
    ]
)
_TEXT = frozenset(["SHORT_BINUNICODE", "BINUNICODE"])


class _DataUnpickler(pickle.Unpickler):
    """A second lock behind the first: no class or function is ever looked up."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - the signature of the base class
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: object) -> Any:  # noqa: ANN401 - the signature of the base class
        raise pickle.UnpicklingError(f"it asks for the outside object {pid!r}")


def dumps(value: object) -> bytes:
    """Return a plain value as a pickle (protocol 4)."""
    return pickle.dumps(value, protocol=4)


def loads(data: bytes) -> object:
    """Return the plain value in a pickle that `dumps` wrote.

    Raises
    ------
    ValueError
        If it is not a whole pickle of plain data; the text says what is wrong. Nothing in it has been executed.
    """
    try:
        end = 0
        before = ""
        remembered: list[str] = []
        for opcode, argument, position in pickletools.genops(data):
            if opcode.name not in _ALLOWED:
                raise ValueError(f"it holds more than plain data (instruction {opcode.name} at byte {position})")
            if opcode.name == "MEMOIZE":
                remembered.append(before)
            # Only text may come twice: lists in lists in lists, each twice, would grow without end when walked through.
            elif opcode.name in {"BINGET", "LONG_BINGET"} and remembered[int(argument or 0)] not in _TEXT:
                raise ValueError(f"it repeats what is not text (at byte {position})")
            before = opcode.name
            end = (position or 0) + 1
        if end != len(data):
            raise ValueError(f"{len(data) - end} bytes follow its end")
        return _DataUnpickler(io.BytesIO(data)).load()
    except ValueError:
        raise
    # A damaged pickle can fail in any of these ways.
    except (pickle.UnpicklingError, EOFError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise ValueError(f"it is not a whole pickle ({error})") from None
