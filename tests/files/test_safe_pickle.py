"""What `loads` lets in, and what it keeps out. Nothing here is ever given to Python's own unpickler."""

import pickle
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
from tests.files.programs import HEAD, NESTED, PROGRAMS, Evil, each_program
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


@pytest.mark.slow
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


@each_program
def test_programs_that_are_not_plain_data_are_refused(name: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is looked at below
        loads(PROGRAMS[name])
    one_sentence(caught.value)


@pytest.mark.slow
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


@pytest.mark.slow
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
programs = __import__("tests.files.programs", fromlist=["PROGRAMS"]).PROGRAMS
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
