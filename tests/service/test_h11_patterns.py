"""The patterns that replace h11's: they accept the same, and never backtrack."""

import re
import time

import h11
import h11._abnf
import h11._readers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inknet.service.h11_patterns import replace_patterns

replace_patterns()

HEADERS = st.lists(st.sampled_from([b"a", b":", b" ", b"\t", b"\0", b"\r", b"\n", b"\xff", b"X: y"]), max_size=12)
CHUNKS = st.lists(st.sampled_from([b"5", b"f", b";", b" ", b"\t", b"x=1", b"\r\n", b"\0"]), max_size=12)


def matches(pattern: "re.Pattern[bytes]", data: bytes) -> dict[str, bytes] | None:
    found = pattern.fullmatch(data)
    return found and found.groupdict()


@given(pieces=HEADERS)
def test_headers_are_those_of_h11(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert matches(h11._readers.header_field_re, data) == matches(re.compile(h11._abnf.header_field.encode()), data)


@given(pieces=CHUNKS, end=st.sampled_from([b"", b"\r\n"]))
def test_chunks_are_those_of_h11(pieces: list[bytes], end: bytes) -> None:
    data = b"".join(pieces) + end
    if data.count(b"\r\n") > 1:
        # h11 looks for the end of the line first.
        return
    ours = matches(h11._readers.chunk_header_re, data)
    assert ours == matches(re.compile(h11._abnf.chunk_header.encode()), data)


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
BLANKS = b" \t" * 30_000


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        (b"", b"GET / HTTP/1.1\r\nHost: " + BLANKS + b"\0\r\n\r\n"),
        (b"", b"GET / HTTP/1.1\r\nHost: a" + BLANKS + b"\0\r\n\r\n"),
        (b"", b"GET / HTTP/1.1\r\nHost: " + b"a " * 30_000 + b"\0\r\n\r\n"),
        (b"", b"GET " + BLANKS + b" HTTP/1.1\r\n\r\n"),
        (CHUNKED, b"5" + BLANKS + b"x\r\nabcde\r\n"),
        (CHUNKED, b"5;" + BLANKS + b"\nx\r\nabcde\r\n"),
        (CHUNKED, b"0\r\nX: " + BLANKS + b"\0\r\n\r\n"),
    ],
    ids=["blanks", "value and blanks", "words", "request line", "chunk", "extension", "trailer"],
)
def test_long_runs_of_blanks_are_refused_at_once(head: bytes, rest: bytes) -> None:
    connection = h11.Connection(h11.SERVER)
    if head:
        connection.receive_data(head)
        assert isinstance(connection.next_event(), h11.Request)
    connection.receive_data(rest)
    began = time.process_time()
    with pytest.raises(h11.RemoteProtocolError):
        connection.next_event()
    # Seconds to minutes with h11's own.
    assert time.process_time() - began < 0.2
