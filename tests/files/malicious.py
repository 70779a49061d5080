"""Malicious pickles: all calls that picklescan and fickling warn of, by every way that a pickle can make them; bombs.

None of it is taken from anybody's files: the names come from the scanners' lists, and the programs are made here.
"""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from fickling.analysis import BadCalls, UnsafeImportsML
from fickling.fickle import UNSAFE_IMPORTS
from picklescan import scanner

from inknet.files.safe_pickle import dumps
from inknet.mlp import Network
from tests.files.programs import PROGRAMS

HEAD = b"\x80\x04"


@dataclass(frozen=True)
class Call:
    """A function, by its module and its name, and a text to call it with; each as the instructions that push it."""

    module: str
    name: str
    argument: str

    @property
    def function(self) -> bytes:
        return _global(self.module, self.name)

    @property
    def texts(self) -> tuple[bytes, bytes]:
        return _text(self.module), _text(self.name)

    @property
    def text(self) -> bytes:
        return _text(self.argument)

    @property
    def arguments(self) -> bytes:
        return self.text + b"\x85"

    @property
    def called(self) -> bytes:
        return self.function + self.arguments + b"R"


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def _bytes(data: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(data)) + data


#: A program without its head and its end: it makes the call, and leaves one value.
Way = Callable[[Call], bytes]
PARTIAL = _global("functools", "partial")
#: By these, Python's own unpickler calls whatever it is.
WAYS: dict[str, Way] = {
    "GLOBAL, REDUCE": lambda call: call.called,
    "protocol 0": lambda call: call.function + b"(" + f"V{call.argument}\n".encode() + b"tR",
    "STACK_GLOBAL": lambda call: b"".join(call.texts) + b"\x93" + call.arguments + b"R",
    "STACK_GLOBAL, MEMOIZE": lambda call: b"\x940".join(call.texts) + b"\x940h\x00h\x01\x93" + call.arguments + b"R",
    "STACK_GLOBAL, PUT, GET": lambda call: (
        b"p7\n0".join(call.texts) + b"r\x08\0\0\x000g7\nj\x08\0\0\0\x93" + call.arguments + b"R"
    ),
    "INST": lambda call: b"(" + call.text + b"i" + call.function[1:],
    "OBJ": lambda call: b"(" + call.function + call.text + b"o",
    "NEWOBJ": lambda call: PARTIAL + call.function + call.text + b"\x86\x81)R",
    "NEWOBJ_EX": lambda call: PARTIAL + call.function + call.text + b"\x86}\x92)R",
    "BUILD": lambda call: PARTIAL + _global("os", "getcwd") + b"\x85R(" + call.function + call.arguments + b"}Ntb)R",
    "POP": lambda call: call.called + b"0N",
    "POP_MARK": lambda call: b"(" + call.called + b"1N",
    "in a list": lambda call: b"](" + call.called + b"e",
    "in a list of protocol 0": lambda call: b"(" + call.called + b"l",
    "in a set": lambda call: b"\x8f(" + call.called + b"\x90",
    "in a frozen set": lambda call: b"(" + call.called + b"\x91",
    "for a key": lambda call: b"}(" + call.called + b"Nu",
    "in a dictionary of protocol 0": lambda call: b"(" + call.called + b"Nd",
    "a pickle in a pickle": lambda call: _global("pickle", "loads") + _bytes(call.called + b".") + b"\x85R",
    "getattr": lambda call: (
        _global("builtins", "getattr")
        + _global("importlib", "import_module")
        + call.texts[0]
        + b"\x85R"
        + call.texts[1]
        + b"\x86R"
        + call.arguments
        + b"R"
    ),
}
#: These need something more: functions registered by numbers, or an unpickler that knows persistent names.
NUMBERS = (0x11, 0x7A11)
PREPARED: dict[str, Way] = {
    "EXT1": lambda call: b"\x82" + struct.pack("<B", NUMBERS[0]) + call.arguments + b"R",
    "EXT2": lambda call: b"\x83" + struct.pack("<H", NUMBERS[1]) + call.arguments + b"R",
    "EXT4": lambda call: b"\x84" + struct.pack("<i", NUMBERS[1]) + call.arguments + b"R",
    "PERSID": lambda call: f"P{call.module}.{call.name}\n".encode() + call.arguments + b"R",
    "BINPERSID": lambda call: _text(f"{call.module}.{call.name}") + b"Q" + call.arguments + b"R",
}


def dangerous() -> set[tuple[str, str]]:
    """Return the modules and names that the scanners warn of; "system" stands for all that is in a module."""
    found = {("builtins", name) for name in BadCalls.BAD_CALLS}
    for module, names in scanner._unsafe_globals.items():
        found |= {(module, name) for name in ([names] if isinstance(names, str) else names)}
    for module, names in UnsafeImportsML.UNSAFE_IMPORTS.items():
        found |= {(module, name) for name in names}
    found |= {(module, "*") for module in {*UNSAFE_IMPORTS, *UnsafeImportsML.UNSAFE_MODULES}}
    return {(module, name.replace("*", "system")) for module, name in found}


def programs() -> Iterator[tuple[str, bytes]]:
    """Return every dangerous call by every way, as it is and hidden in a model file, with what to call it."""
    for module, name in sorted(dangerous()):
        for way, write in {**WAYS, **PREPARED}.items():
            body = write(Call(module, name, "x"))
            yield f"{module}.{name}, {way}", HEAD + body + b"."
            yield f"{module}.{name}, {way}, hidden", hidden(body)


def hidden(body: bytes) -> bytes:
    """Return a model file in whose metadata, between honest values, there is a program."""
    network = Network([2, 2])
    network.metadata = {"before": "x", "here": b"HERE", "after": 1.5}
    values: dict[str, Any] = network.to_dict()
    data = values["parameters"]
    values["parameters"] = {"dtype": "<f4", "shape": data.shape, "data": data.astype("<f4").tobytes()}
    model = dumps({"format": "inknet-model", "version": 1, "network": values, "training": None})
    # Without the head and its frame, whose length would no longer be right.
    before, after = model[11:].split(b"C\x04HERE")
    return HEAD + before + body + after


def _zip(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", data)
    return file.getvalue()


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    return file.getvalue()


LIVE = Call("os", "mkdir", "canary").called + b"."
HONEST = hidden(b"N")
WRAPPED: dict[str, bytes] = {
    "gzip": gzip.compress(HONEST),
    "zip, as torch has it": _zip(HONEST),
    "npy": _npy(),
    "after an honest model": HONEST + LIVE,
    "before an honest model": LIVE + HONEST,
    "after an honest value": HEAD + b"N." + LIVE,
    "after no instruction": b"\xff" + LIVE,
    "after a broken one": HEAD + b"X\xff\xff\xff\x7f" + LIVE,
    "in text": b"'''\n" + LIVE + b"'''",
    "protocol 255": b"\x80\xff" + LIVE,
    "in a frame": HEAD + b"\x95" + struct.pack("<Q", len(LIVE)) + LIVE,
    "behind a frame that is too short": HEAD + b"\x95" + struct.pack("<Q", 1) + LIVE,
    "two heads": HEAD + HEAD + LIVE,
}
#: What has an 8-byte length, and claims 10 GB by it.
CLAIMS = {"BINBYTES8": b"\x8e", "BINUNICODE8": b"\x8d", "BYTEARRAY8": b"\x96", "FRAME": b"\x95"}
BOMBS: dict[str, bytes] = {
    **PROGRAMS,
    # Ten of ten of ten …
    "laughs by DUP": HEAD + b"(" * 12 + b"\x8c\x03lol" + (b"2" * 9 + b"l") * 12 + b".",
    "laughs by MEMOIZE": HEAD + b"]\x94" + b"".join(b"](" + b"h%c" % n * 10 + b"e\x94" for n in range(99)) + b".",
    "laughs by PUT": HEAD + b"]q\0" + b"".join(b"](" + b"h%c" % n * 10 + b"eq%c" % (n + 1) for n in range(99)) + b".",
    "laughs by keys": HEAD + b"}\x94" + b"".join(b"}(\x8c\x01ah%c\x8c\x01bh%cu\x94" % (n, n) for n in range(99)) + b".",
    "a long text, many times": HEAD + _text("x" * (1 << 20)) + b"\x940](" + b"h\0" * 400_000 + b"e.",
    "many texts": HEAD + b"](" + b"\x8c\x01a" * 2_000_000 + b"e.",
    "a memo far out": HEAD + b"Nr\xff\xff\xff\xff.",
    "a memo far out, in protocol 0": b"Np4294967295\n.",
    "a number of many digits": b"I" + b"9" * 10_000_000 + b"\n.",
    "LONG of many digits": b"L" + b"9" * 10_000_000 + b"L\n.",
    "LONG4 of many bytes": HEAD + b"\x8b" + struct.pack("<i", 10_000_000) + b"\x7f" * 10_000_000 + b".",
    "deep tuples": HEAD + b")" + b"\x85" * 450_000 + b".",
    "deep lists": HEAD + b"]" * 200_000 + b"a" * 199_999 + b".",
    **{f"{name} of 10 GB": HEAD + code + struct.pack("<Q", 10**10) + b"x." for name, code in CLAIMS.items()},
    "an array of 10 GB": dumps({"dtype": "<f4", "shape": (2_500_000_000,), "data": b""}),
    "a network of 10 GB": HONEST.replace(b"](K\x02K\x02e", b"](J\xff\xff\0\0J\xff\xff\0\0e"),
}
