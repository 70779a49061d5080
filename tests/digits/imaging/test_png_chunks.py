import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from inknet.digits import ImageError, read_ink
from inknet.digits.imaging.png_chunks import without_texts
from tests.digits.helpers import encode

PICTURE = Image.fromarray(np.eye(40, dtype=np.uint8) * 255).convert("RGB")
CONTENT = encode(PICTURE, "PNG")
#: More than Pillow reads.
LARGE = zlib.compress(bytes(2 * PngImagePlugin.MAX_TEXT_CHUNK))
#: Where the header ends, and where the last chunk starts.
HEADER, END = 33, len(CONTENT) - 12


def _chunk(name: bytes, data: bytes, checksum: int = 0) -> bytes:
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body) ^ checksum)


TEXTS = {
    "large profile": _chunk(b"iCCP", b"sRGB\0\0" + LARGE),
    "large text": _chunk(b"zTXt", b"Comment\0\0" + LARGE),
    "large Unicode text": _chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LARGE),
    "damaged text": _chunk(b"tEXt", b"Software\0x", checksum=1),
    "several": _chunk(b"tEXt", b"a\0b") + _chunk(b"zTXt", b"a\0\0" + LARGE) + _chunk(b"tEXt", b"a\0b", checksum=7),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("at", [HEADER, END], ids=["first", "last"])
def test_texts_cannot_hide_a_drawing(name: str, at: int) -> None:
    content = CONTENT[:at] + TEXTS[name] + CONTENT[at:]
    assert without_texts(content) == CONTENT
    assert np.array_equal(read_ink(content), read_ink(PICTURE))


def test_other_chunks_stay() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encode(PICTURE, "PNG", exif=exif)
    frames = encode(PICTURE, "PNG", save_all=True, append_images=[PICTURE.rotate(90)])
    for content in (CONTENT, turned, encode(PICTURE, "PNG", transparency=(0, 0, 0)), frames):
        assert without_texts(content) is content


@pytest.mark.parametrize("end", [8, 10, 20, HEADER + 5, END, END + 11])
def test_truncated_files(end: int) -> None:
    assert without_texts(CONTENT[:end]) == CONTENT[:end]
    text = TEXTS["damaged text"]
    assert without_texts(CONTENT[:HEADER] + text + CONTENT[HEADER:end]) == CONTENT[: max(HEADER, end)]


def test_a_text_that_claims_to_be_longer_than_the_file() -> None:
    content = CONTENT[:HEADER] + struct.pack(">I4s", 1 << 31, b"tEXt") + bytes(20)
    assert without_texts(content) == CONTENT[:HEADER]
    with pytest.raises(ImageError):
        read_ink(io.BytesIO(content))
