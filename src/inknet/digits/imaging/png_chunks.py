"""The chunks of a PNG file that are not about its pixels."""

import struct

__all__ = ["without_texts"]

#: Color profiles and texts, such as what a screenshot shows, or how an image was generated.
_TEXTS = {b"iCCP", b"iTXt", b"tEXt", b"zTXt"}
#: Bytes of the signature, and of a chunk beside its data: length and name before it, a checksum after it.
_SIGNATURE, _AROUND = 8, 12


def without_texts(data: bytes) -> bytes:
    """Return a PNG file without its texts and color profile: Pillow refuses one where these are damaged or large.

    What follows the last chunk that is whole stays as it is.
    """
    kept, start = [], 0
    at = _SIGNATURE
    while at + _AROUND <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + _AROUND + length
        if name in _TEXTS:
            kept.append(data[start:at])
            start = end
        at = end
    return b"".join([*kept, data[start:]]) if kept else data
