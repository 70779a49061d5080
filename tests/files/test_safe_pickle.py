"""What `loads` lets in, and what it keeps out. Nothing here is ever given to Python's own unpickler."""

import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inknet.files.safe_pickle import dumps, loads
from tests.mlp.helpers import one_sentence

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"))
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(max_size=5), inner)
        | st.tuples(inner)
        | st.tuples(inner, inner, inner)
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(PLAIN)
def test_plain_values_round_trip(value: object) -> None:
    again = loads(dumps(value))
    assert again == value
    assert repr(again) == repr(value)  # True is not 1, and -0.0 is not 0.0


@pytest.mark.parametrize(
    "value",
    [
        2**31,
        -(2**31) - 1,
        255,
        256,
        65536,
        -1,
        2**1000,
        "x" * 300,
        b"x" * 300,
        b"x" * 70_000,
        "\ud800",
        (1, 2, 3, 4),
        (),
    ],
)
def test_values_at_the_limits_of_instructions(value: object) -> None:
    assert loads(dumps(value)) == value
    assert loads(dumps([value] * 3)) == [value] * 3


def test_thousands_of_items_are_pickled_in_batches() -> None:
    value = {"list": list(range(3000)), "dict": {str(n): n for n in range(3000)}}
    assert loads(dumps(value)) == value


def test_equal_values_give_equal_bytes() -> None:
    word = "".join(["wo", "rd"])
    assert dumps(["word", "word"]) == dumps(["word", word]) == dumps(loads(dumps([word, "word"])))


def test_memoized_text_is_read() -> None:
    value = [{"name": 1}, {"name": 2}]
    assert loads(pickle.dumps(value, protocol=4)) == value
    assert loads(pickle.dumps(value, protocol=5)) == value


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


class Plain:
    pass


FOREIGN: dict[str, Callable[[], object]] = {
    "array": lambda: np.arange(3),
    "object array": lambda: np.array([1, "a"], dtype=object),
    "numpy number": lambda: np.float64(1.5),
    "object": Plain,
    "class": lambda: Plain,
    "function": lambda: len,
    "set": lambda: {1, 2},
    "frozen set": lambda: frozenset({1}),
    "complex": lambda: 1j,
    "bytearray": lambda: bytearray(b"x"),
    "huge number": lambda: 1 << 5000,
    "nested": lambda: {"a": [Plain()]},
    "number for a key": lambda: {1: 2},
    "tuple for a key": lambda: {("a",): 2},
    "one list twice": lambda: [[1]] * 2,
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("what", list(FOREIGN))
def test_foreign_pickles_of_every_protocol_are_refused(what: str, protocol: int) -> None:
    with pytest.raises(ValueError, match=r"plain data|invalid instruction"):
        loads(pickle.dumps(FOREIGN[what](), protocol=protocol))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("how", ["system", "open", "eval"])
def test_nothing_is_executed(how: str, protocol: int, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for value in (Evil(canary, how), {"format": [Evil(canary, how)]}):
        with pytest.raises(ValueError, match="plain data"):
            loads(pickle.dumps(value, protocol=protocol))
    assert not canary.exists()


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


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_programs_that_are_not_plain_data_are_refused(name: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is looked at below
        loads(PROGRAMS[name])
    one_sentence(caught.value)


def test_deep_lists_neither_crash_nor_take_long() -> None:
    value: Any = loads(HEAD + b"]" * NESTED + b"a" * (NESTED - 1) + b".")
    depth = 0
    while value:
        (value,), depth = value, depth + 1
    assert depth == NESTED - 1


def test_flipped_bits_are_noticed_or_harmless() -> None:
    data = dumps({"a": [1, 2.5, "text", b"bytes", None, True], "b": {"c": (1, 2)}, "d": 10**30})
    for index in range(len(data)):
        for bit in range(8):
            broken = bytearray(data)
            broken[index] ^= 1 << bit
            try:
                loads(bytes(broken))
            except ValueError as error:
                one_sentence(error)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60))
def test_junk_raises_nothing_but_value_error(junk: bytes) -> None:
    for data in (junk, HEAD + junk + b"."):
        try:
            loads(data)
        except ValueError as error:
            one_sentence(error)


#: Instructions of every kind, so that programs get further than their first byte.
PIECES = [
    b"(",
    b"]",
    b"}",
    b")",
    b"N",
    b"K\x01",
    b"\x8c\x01a",
    b"C\x01b",
    b"\x94",
    b"h\x00",
    b"h\x01",
    b"a",
    b"e",
    b"s",
]
PIECES += [b"u", b"t", b"\x85", b"\x86", b"\x87", b"\x88", b"G" + bytes(8), b"\x8a\x01\x05", b"j\x02\x00\x00\x00"]


@settings(deadline=None, max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_programs_of_allowed_instructions_raise_nothing_but_value_error(pieces: list[bytes]) -> None:
    data = HEAD + b"".join(pieces) + b"."
    try:
        value = loads(data)
    except ValueError as error:
        one_sentence(error)
    else:
        # What is let in means to Python's own unpickler the same. It is harmless: it has passed.
        assert repr(value) == repr(pickle.loads(data))  # noqa: S301


MEASURE = """
import resource, sys, time
from inknet.files.safe_pickle import loads
programs = __import__("tests.files.test_safe_pickle", fromlist=["PROGRAMS"]).PROGRAMS
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
slowest = 0.0
for name, data in programs.items():
    start = time.process_time()
    try:
        loads(data)
    except ValueError:
        pass
    slowest = max(slowest, time.process_time() - start)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10, slowest)
"""


@pytest.mark.slow
def test_attacks_take_little_memory_and_little_time() -> None:
    out = subprocess.run(
        [sys.executable, "-c", MEASURE], check=True, capture_output=True, text=True, timeout=120
    ).stdout
    megabytes, seconds = out.split()
    assert int(megabytes) < 100
    assert float(seconds) < 5  # of the processor; about 0.5 on a quiet machine
