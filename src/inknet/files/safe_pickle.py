"""Safe pickles: plain data only.

A pickle is a program for a stack machine, and most of its instructions can call any function. So Python's unpickler is
not used, not even a restricted one. The machine below knows only the instructions that build plain values: numbers,
text, bytes, lists, tuples, and dictionaries with text keys.
"""

import io
import pickle
import pickletools
from collections.abc import Callable
from typing import Any

__all__ = ["dumps", "loads"]

#: Limits time and memory: an instruction can take some 100 bytes.
_MAX_INSTRUCTIONS = 500_000

#: Instructions that push their argument.
_PUSH_ARGUMENT = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
}
#: Instructions that push a new value.
_PUSH_NEW: dict[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
}
#: Instructions that pop values, and how many; 0 means all above the last mark.
_POP = {"TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "APPENDS": 0, "SETITEM": 2, "SETITEMS": 0}
_OTHERS = ("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET")
_OPCODES = {
    opcode.code.encode("latin-1"): opcode
    for opcode in pickletools.opcodes
    if opcode.name in {*_PUSH_ARGUMENT, *_PUSH_NEW, *_POP, *_OTHERS}
}


def dumps(value: object) -> bytes:
    """Return a plain value as a pickle (protocol 4)."""
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol=4)
    # Without a memo, equal values give equal bytes, whether or not they share objects.
    pickler.fast = True
    pickler.dump(value)
    return file.getvalue()


def loads(data: bytes) -> object:
    """Return the plain value in a pickle that `dumps` wrote.

    Raises
    ------
    ValueError
        If it is not a complete pickle of plain data. Nothing in it has been executed.
    """
    file = io.BytesIO(data)
    machine = _Machine()
    for _ in range(_MAX_INSTRUCTIONS):
        position = file.tell()
        code = file.read(1)
        if not code:
            raise ValueError(f"it ends too early, at byte {position}")
        if code not in _OPCODES:
            raise ValueError(f"it is not a pickle of plain data (byte {position})")
        opcode = _OPCODES[code]
        argument = None if opcode.arg is None else opcode.arg.reader(file)
        if opcode.name == "STOP":
            break
        try:
            machine.execute(opcode.name, argument)
        except (IndexError, ValueError) as error:
            raise ValueError(f"invalid instruction {opcode.name} at byte {position}: {error}") from None
    else:
        raise ValueError(f"it has more than {_MAX_INSTRUCTIONS} instructions")
    if file.tell() != len(data):
        raise ValueError(f"{len(data) - file.tell()} bytes follow its end")
    return machine.result()


class _Machine:
    """A stack, the positions of marks on it, and a memo of earlier values."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: list[Any] = []

    def execute(self, name: str, argument: Any) -> None:  # noqa: ANN401 - any plain value
        """Execute one instruction."""
        if name in _PUSH_ARGUMENT:
            self.stack.append(argument)
        elif name in _PUSH_NEW:
            self.stack.append(_PUSH_NEW[name]())
        elif name in _POP:
            items = self.pop(_POP[name])
            if name.startswith("TUPLE"):
                self.stack.append(tuple(items))
            else:
                self.fill(name, items)
        elif name == "MARK":
            self.marks.append(len(self.stack))
        elif name == "MEMOIZE":
            self.memo.append(self.top())
        elif name in {"BINGET", "LONG_BINGET"}:
            # Only text may be repeated: nested lists that each hold another twice would take exponential time to walk.
            if not isinstance(self.memo[argument], str):
                raise ValueError("only text may be repeated")
            self.stack.append(self.memo[argument])

    def pop(self, count: int) -> list[Any]:
        """Pop `count` values, or all above the last mark if it is 0."""
        start = len(self.stack) - count if count else self.marks.pop()
        if start < (self.marks[-1] if self.marks else 0):
            raise ValueError("the stack holds too few values")
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def top(self) -> Any:  # noqa: ANN401 - any plain value
        """Return the value on top of the stack."""
        [value] = self.pop(1)
        self.stack.append(value)
        return value

    def fill(self, name: str, items: list[Any]) -> None:
        """Add items to the list or dictionary on top of the stack."""
        target = self.top()
        if name.startswith("APPEND"):
            if not isinstance(target, list):
                raise ValueError("the target is not a list")
            target.extend(items)
            return
        keys = items[::2]
        # Other keys could be made to collide, or be nested too deeply to be hashed.
        if not isinstance(target, dict) or len(items) % 2 or not all(isinstance(key, str) for key in keys):
            raise ValueError("the target is not a dictionary with text keys")
        before = len(target)
        target.update(zip(keys, items[1::2], strict=True))
        if len(target) != before + len(keys):
            raise ValueError("duplicate key")

    def result(self) -> object:
        """Return the only value left on the stack."""
        if len(self.stack) != 1 or self.marks:
            raise ValueError("it does not leave exactly one value")
        return self.stack[0]
