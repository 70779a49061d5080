"""h11's patterns without backtracking.

A pattern that matches blanks, then perhaps something, then blanks, tries all ways to divide a long run of them before
it fails: 16 KB of spaces and a NUL in a header take h11 0.16 three seconds, 60 KB in the extension of a chunk ten. A
possessive quantifier (``*+``) gives back nothing, so these take microseconds.
"""

import re

import h11._abnf
import h11._readers

__all__ = ["replace_patterns"]

_BLANKS, _POSSESSIVE = r"[ \t]*", r"[ \t]*+"


def replace_patterns() -> None:
    """Replace the patterns of headers, trailers and chunks by ones that accept the same, except for a bare CR or LF."""
    header = h11._abnf.header_field.replace(_BLANKS, _POSSESSIVE)
    chunk = h11._abnf.chunk_header.replace(_BLANKS, _POSSESSIVE).replace(";.*", r";[^\r\n]*+")
    h11._readers.header_field_re = re.compile(header.encode("ascii"))
    h11._readers.chunk_header_re = re.compile(chunk.encode("ascii"))
