"""Pickles that hold data and nothing else.

A pickle is a program for a small machine, and most of its instructions can call any function. Python's own unpickler
is not used here at all, not even with its doors locked: what follows is a machine that knows only the instructions
that build plain values (numbers, text, bytes, lists, tuples, dictionaries with text for keys), and so can do no other.
"""

import io
import pickle
import pickletools
from collections.abc import Callable
from typing import Any

__all__ = ["dumps", "loads"]

#: Beyond this many instructions a file is not one of ours; each can take up some 100 bytes of memory.
_MAX_INSTRUCTIONS = 500_000

#: What pushes the value that it carries.
_CARRIERS = frozenset(
    [
        *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
        *("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
    ]
)
#: What pushes a new value.
_MAKERS: dict[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
}
#: What takes values from the stack, and how many; 0: all above the last mark.
_TAKERS = {
    "TUPLE": 0,
    "TUPLE1": 1,
    "TUPLE2": 2,
    "TUPLE3": 3,
    "APPEND": 1,
    "APPENDS": 0,
    "SETITEM": 2,
    "SETITEMS": 0,
}
_OTHERS = ("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET")
_OPCODES = {
    opcode.code.encode("latin-1"): opcode
    for opcode in pickletools.opcodes
    if opcode.name in {*_CARRIERS, *_MAKERS, *_TAKERS, *_OTHERS}
}


def dumps(value: object) -> bytes:
    """Return a plain value as a pickle (protocol 4)."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol=4)
    # Without a memo, equal values give equal bytes, wherever their parts came from.
    pickler.fast = True
    pickler.dump(value)
    return file.getvalue()


def loads(data: bytes) -> object:
    """Return the plain value in a pickle that `dumps` wrote.

    Raises
    ------
    ValueError
        If it is not a whole pickle of plain data; the text says what is wrong. Nothing in it has been executed.
    """
    file = io.BytesIO(data)
    machine = _Machine()
    for _ in range(_MAX_INSTRUCTIONS):
        position = file.tell()
        code = file.read(1)
        if code not in _OPCODES:
            raise ValueError(
                f"it is not a pickle of plain data (byte {position})" if code else f"it ends too early, at {position}"
            )
        opcode = _OPCODES[code]
        argument = None if opcode.arg is None else opcode.arg.reader(file)
        if opcode.name == "STOP":
            break
        try:
            machine.do(opcode.name, argument)
        except (IndexError, ValueError) as error:
            raise ValueError(f"its instruction {opcode.name} at byte {position} makes no sense: {error}") from None
    else:
        raise ValueError(f"it has more than {_MAX_INSTRUCTIONS} instructions")
    if file.tell() != len(data):
        raise ValueError(f"{len(data) - file.tell()} bytes follow its end")
    return machine.result()


class _Machine:
    """A stack, places marked on it, and values to come back to."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: list[Any] = []

    def do(self, name: str, argument: Any) -> None:  # noqa: ANN401 - whatever the instruction carries
        """Do one instruction."""
        if name in _CARRIERS:
            self.stack.append(argument)
        elif name in _MAKERS:
            self.stack.append(_MAKERS[name]())
        elif name in _TAKERS:
            items = self.take(_TAKERS[name])
            if name.startswith("TUPLE"):
                self.stack.append(tuple(items))
            else:
                self.fill(name, items)
        elif name == "MARK":
            self.marks.append(len(self.stack))
        elif name == "MEMOIZE":
            self.memo.append(self.top())
        elif name in {"BINGET", "LONG_BINGET"}:
            # Only text may come twice: lists in lists in lists, each twice, would grow without end when walked through.
            if not isinstance(self.memo[argument], str):
                raise ValueError("what is not text comes twice")
            self.stack.append(self.memo[argument])

    def bottom(self) -> int:
        """Return how far down the stack may be used: to the last mark."""
        return self.marks[-1] if self.marks else 0

    def top(self) -> Any:  # noqa: ANN401 - whatever is there
        """Look at the value on top of the stack."""
        if len(self.stack) <= self.bottom():
            raise ValueError("the stack holds too little")
        return self.stack[-1]

    def take(self, count: int) -> list[Any]:
        """Take values off the stack."""
        start = len(self.stack) - count if count else self.marks.pop()
        if start < self.bottom():
            raise ValueError("the stack holds too little")
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def fill(self, name: str, items: list[Any]) -> None:
        """Put values into the list or dictionary on top of the stack."""
        target = self.top()
        if name.startswith("APPEND"):
            if not isinstance(target, list):
                raise ValueError("it appends to what is no list")
            target.extend(items)
            return
        keys = items[::2]
        # Keys of other kinds could be made to collide, or be nested too deep to be hashed.
        if not isinstance(target, dict) or len(items) % 2 or not all(isinstance(key, str) for key in keys):
            raise ValueError("it is no dictionary with text for keys")
        before = len(target)
        target.update(zip(keys, items[1::2], strict=True))
        if len(target) != before + len(keys):
            raise ValueError("a key comes twice")

    def result(self) -> object:
        """Return the one value that is left."""
        if len(self.stack) != 1 or self.marks:
            raise ValueError("it does not leave one value")
        return self.stack[0]
