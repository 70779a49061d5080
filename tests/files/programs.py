"""Hostile programs for the unpickler, written by hand, and objects whose pickles would execute code."""

import os
import struct
from pathlib import Path
from typing import Any

import pytest

HEAD = b"\x80\x04"
NESTED = 100_000

#: Programs for the unpickler, written by hand.
PROGRAMS: dict[str, bytes] = {
    "empty": b"",
    "only a head": HEAD,
    "no stop": HEAD + b"]",
    "nothing left": HEAD + b".",
    "two values left": HEAD + b"K\x01K\x02.",
    "a mark left": HEAD + b"K\x01(.",
    "bytes after the end": HEAD + b"K\x01.x",
    "a second pickle after the end": (HEAD + b"K\x01.") * 2,
    "unknown instruction": HEAD + b"\xff.",
    "text": b"<!DOCTYPE html><html></html>",
    "GLOBAL": b"cos\nsystem\n(S'true'\ntR.",
    "INST": b"(S'true'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'true'\no.",
    "NEWOBJ": HEAD + b"cos\nsystem\n(S'true'\nt\x81.",
    "STACK_GLOBAL": HEAD + b"\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "BUILD": HEAD + b"]}b.",
    "EXT1": HEAD + b"\x82\x01.",
    "EXT2": HEAD + b"\x83\x01\x00.",
    "EXT4": HEAD + b"\x84\x01\x00\x00\x00.",
    "PERSID": b"Psomething\n.",
    "BINPERSID": HEAD + b"K\x01Q.",
    "NEXT_BUFFER": b"\x80\x05\x97.",
    "a bad escape": b"S'\\d'\n.",
    "POP": HEAD + b"K\x01K\x020.",
    "DUP": HEAD + b"]2\x86.",
    "huge BINPUT": HEAD + b"K\x01r\xff\xff\xff\x7f.",
    "huge GET": HEAD + b"K\x01j\xff\xff\xff\xff.",
    "GET of nothing": HEAD + b"h\x00.",
    "MEMOIZE of nothing": HEAD + b"\x94.",
    "BYTEARRAY8 of 10 GB": b"\x80\x05\x96" + struct.pack("<Q", 10**10) + b"x.",
    "BINBYTES8 of 10 GB": HEAD + b"\x8e" + struct.pack("<Q", 10**10) + b"x.",
    "BINBYTES8 of everything": HEAD + b"\x8e" + b"\xff" * 8 + b"x.",
    "BINUNICODE8 of 10 GB": HEAD + b"\x8d" + struct.pack("<Q", 10**10) + b"x.",
    "BINBYTES of 2 GB": HEAD + b"B\xff\xff\xff\x7fx.",
    "BINUNICODE of 4 GB": HEAD + b"X\xff\xff\xff\xffx.",
    "LONG4 of 2 GB": HEAD + b"\x8b\xff\xff\xff\x7fx.",
    "LONG4 of less than nothing": HEAD + b"\x8b\xff\xff\xff\xffx.",
    "broken text": HEAD + b"\x8c\x02\xff\xfe.",
    "FRAME of everything": HEAD + b"\x95" + b"\xff" * 8 + b".",
    "protocol 200": b"\x80\xc8.",
    "append to a dictionary": HEAD + b"}K\x01a.",
    "append to a text": HEAD + b"\x8c\x01aK\x01a.",
    "append to nothing": HEAD + b"K\x01a.",
    "append to what is below a mark": HEAD + b"](K\x01ae.",
    "remember what is below a mark": HEAD + b"](\x94e.",
    "set in a list": HEAD + b"](K\x01K\x02u.",
    "odd number of items": HEAD + b"}(\x8c\x01au.",
    "key that is a list": HEAD + b"}]K\x01s.",
    "key that is a dictionary": HEAD + b"}}K\x01s.",
    "key twice": HEAD + b"}(\x8c\x01aK\x01\x8c\x01aK\x02u.",
    "key twice, later": HEAD + b"}\x8c\x01aK\x01s\x8c\x01aK\x02s.",
    "tuple of too little": HEAD + b"K\x01\x86.",
    "tuple across a mark": HEAD + b"K\x01(\x85t.",
    "tuple without a mark": HEAD + b"K\x01t.",
    "a list in itself": HEAD + b"]\x94h\x00a.",
    # x = [x, x], fifty times over: 2⁵⁰ lists for whoever walks through them.
    "doubling lists": HEAD + b"]\x94" + b"".join(b"](h%ch%ce\x94" % (n, n) for n in range(50)) + b".",
    # The bytes of a tuple twice, thrice …
    "doubling tuples": HEAD + b")\x94" + b"".join(b"h%ch%c\x86\x94" % (n, n) for n in range(50)) + b".",
    # hash() of tuples in tuples in tuples … has no guard: it crashes the interpreter.
    "deep tuple for a key": HEAD + b"})" + b"\x85" * NESTED + b"K\x01s.",
    "very deep tuple for a key": HEAD + b"})" + b"\x85" * 3_000_000 + b"K\x01s.",
    # n · (2⁶¹ - 1) all have the same hash: setting them takes the square of their number.
    "colliding keys": HEAD
    + b"}("
    + b"".join(b"\x8a\x0c" + (n * (2**61 - 1)).to_bytes(12, "little") + b"N" for n in range(60_000))
    + b"u.",
    "millions of lists": HEAD + b"]" * 3_000_000 + b".",
    "millions of marks": HEAD + b"(" * 3_000_000 + b".",
    "millions of notes": HEAD + b"K\x01" + b"\x94" * 3_000_000 + b".",
}

#: Parametrizes a test by `name`; programs of a megabyte and more take seconds.
each_program = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (len(code) >= 10**6)) for name, code in PROGRAMS.items()],
)


class Evil:
    """Would make a file, if it were unpickled."""

    def __init__(self, path: Path, how: str) -> None:
        self.path, self.how = path, how

    def __reduce__(self) -> tuple[Any, ...]:
        if self.how == "system":
            return os.system, (f"touch {self.path}",)
        if self.how == "open":
            return open, (str(self.path), "w")
        return eval, (f"open({str(self.path)!r}, 'w')",)
