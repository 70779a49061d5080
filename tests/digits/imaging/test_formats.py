import base64
import io
import re
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inknet.digits import ImageError, ImageTooLargeError, normalize, read_ink
from inknet.digits.imaging.formats import FORMATS, MAX_PIXELS, open_image
from tests.digits.helpers import encode, one_sentence, progressive_jpeg

Gray = NDArray[np.uint8]


def _encode(picture: Image.Image, kind: str) -> bytes:
    """Return a picture as a file of any format that is read."""
    if kind != "HEIC":
        return encode(picture, kind)
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture.convert("RGB")).save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_format_is_told_by_the_first_bytes_alone(kind: str, drawn: Gray) -> None:
    """No class of Pillow's is asked whether bytes of another format are its own: some raise other errors than that."""
    content = _encode(Image.fromarray(255 - drawn), kind)
    picture = open_image(content)
    assert picture.format in {kind, "HEIF"}
    difference = np.abs(normalize(read_ink(content)) - normalize(read_ink(drawn)))
    assert difference.mean() < 0.02
    others = [name for name, (signature, _) in FORMATS.items() if re.match(signature, content, re.DOTALL)]
    assert others[0] == kind


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heicmiaf", b"hevc\0\0\0\0msf1"])
def test_without_the_extra_a_heic_image_says_what_to_do(brands: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r"needs pillow-heif: pip install 'inknet\[heic\]', or save the image as JPEG"):
        read_ink(b"\0\0\0\x1cftyp" + brands)


@pytest.mark.parametrize("brand", [b"avif", b"mif1", b"msf1"])
def test_avif_in_a_general_container_is_avif(brand: bytes, drawn: Gray) -> None:
    content = encode(Image.fromarray(255 - drawn), "AVIF")
    assert content[4:12] == b"ftypavif"
    assert open_image(content[:8] + brand + content[12:]).format == "AVIF"


UNSUPPORTED = {
    "SVG": [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n<!-- Created with Inkscape -->\n<svg width="9"/>',
        b'\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd"><SVG/>',
    ],
    "PDF": [b"%PDF-1.7\n1 0 obj"],
    "JPEG XL": [b"\xff\x0a\xfa\x1f", b"\0\0\0\x0cJXL \r\n\x87\n"],
    "JPEG 2000": [b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"],
    "PSD": [b"8BPS\0\x01"],
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_supported_is_named(name: str) -> None:
    for content in UNSUPPORTED[name]:
        with pytest.raises(ImageError, match=f"^{name} images are not supported: export this one as PNG$"):
            read_ink(content)


@pytest.mark.parametrize("content", [b"<html><svg/></html>", b"<!DOCTYPE html><body><svg/></body>", b"<?xml ?><a/>"])
def test_a_page_is_not_a_drawing(content: bytes) -> None:
    with pytest.raises(ImageError, match="unknown image format; send one of PNG, JPEG"):
        read_ink(content)


def test_an_empty_file() -> None:
    with pytest.raises(ImageError, match=r"^the image is empty: it has no bytes$"):
        read_ink(b"")


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", "DATA:;base64,"])
@pytest.mark.parametrize("encode_text", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_text_of_base64_is_named(prefix: str, encode_text: Callable[[bytes], bytes], drawn: Gray) -> None:
    text = prefix.encode() + encode_text(encode(Image.fromarray(drawn), "PNG"))
    for image in (text, text.decode()):
        with pytest.raises(ImageError, match="Base64") as caught:
            read_ink(image)
        assert len(one_sentence(caught.value)) < 400


def _jpeg(width: int, height: int, content: bytes) -> bytes:
    """Return a JPEG that claims another size."""
    data = bytearray(content)
    at = next(data.index(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in data) + 5
    data[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


def test_of_a_jpeg_the_pixels_that_are_decoded_count(tmp_path: Path) -> None:
    """As of a telephone's camera: 48 megapixels are decoded as 0.75."""
    picture = Image.new("L", (8000, 6000), 255)
    picture.paste(0, (3500, 1000, 4500, 5000))
    picture.save(tmp_path / "phone.jpg")
    assert open_image((tmp_path / "phone.jpg").read_bytes()).size == (1000, 750)
    ink = read_ink(tmp_path / "phone.jpg")
    assert ink.shape == (750, 1000)
    assert ink[300, 500] > 0.9
    with Image.open(tmp_path / "phone.jpg") as opened:
        for _ in range(2):
            assert (read_ink(opened) == ink).all()
        assert opened.size == (8000, 6000)
        # Once loaded, all of its pixels count; and it still can be.
        with pytest.raises(ImageTooLargeError, match="8000×6000"):
            read_ink(opened.rotate(0))
        assert opened.crop((3500, 1000, 3510, 1010)).getextrema() == (0, 0)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)], ids=str)
def test_a_picture_without_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="the image has no pixels"):
        read_ink(Image.new("L", size))


SMALL = Image.new("RGB", (64, 64), "white")


@pytest.mark.parametrize(("side", "decoded"), [(1119, 1119), (1120, 560), (2239, 1120), (2240, 560), (4480, 560)])
def test_a_jpeg_is_decoded_at_560_pixels_per_side_or_more(side: int, decoded: int) -> None:
    for width, height in ((side, 5000), (5000, side)):
        picture = open_image(_jpeg(width, height, encode(SMALL, "JPEG")))
        assert min(picture.size) == decoded


@pytest.mark.parametrize(
    ("content", "width", "height", "limit"),
    [
        (encode(SMALL, "JPEG"), 32_000, 32_000, None),
        (encode(SMALL, "JPEG"), 32_100, 32_100, "4013×4013"),
        (encode(SMALL, "JPEG"), 65_500, 65_500, "8188×8188"),
        # A narrow one cannot be reduced.
        (encode(SMALL, "JPEG"), 65_500, 559, "65500×559"),
        (encode(SMALL, "JPEG"), 30_000, 530, None),
        # The decoder keeps a progressive one in memory as a whole.
        (encode(SMALL, "JPEG", progressive=True), 4000, 4000, None),
        (encode(SMALL, "JPEG", progressive=True), 4001, 4000, "4001×4000"),
    ],
)
def test_the_limit_of_a_jpeg(content: bytes, width: int, height: int, limit: str | None) -> None:
    data = _jpeg(width, height, content)
    if limit is None:
        picture = open_image(data)
        assert picture.width * picture.height <= MAX_PIXELS
        return
    with pytest.raises(ImageTooLargeError) as caught:
        open_image(data)
    assert limit in one_sentence(caught.value)


def test_a_jpeg_of_several_scans_counts_in_full() -> None:
    """Its first scan has one of its three components, so that the decoder keeps all of them in memory."""
    content = bytearray(encode(SMALL, "JPEG"))
    at = content.index(b"\xff\xda")
    assert content[at + 2 : at + 5] == bytes([0, 12, 3])
    content[at + 2 : at + 14] = bytes([0, 8, 1, 1, 0, 0, 63, 0])
    with pytest.raises(ImageTooLargeError):
        open_image(_jpeg(8000, 6000, bytes(content)))


@pytest.mark.parametrize(("tag", "value"), [(256, 4_000_000), (257, 4_000_000), (322, 4_000_000), (323, 2**31)])
def test_a_tiff_is_refused_by_its_header(tag: int, value: int) -> None:
    """Width, height, and the width and the height of the tiles: memory is allocated for whole tiles."""
    tags = {256: 64, 257: 64, 258: 8, 259: 5, 262: 1, 322: 64, 323: 64, 324: 8, 325: 100}

    def tiff(tags: dict[int, int]) -> bytes:
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
        return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)

    assert open_image(tiff(tags)).size == (64, 64)
    with pytest.raises(ImageTooLargeError):
        open_image(tiff(tags | {tag: value}))
    # A tag that is missing counts as one pixel.
    for tile, other in ((322, 323), (323, 322)):
        alone = {name: value for name, value in tags.items() if name != other}
        assert open_image(tiff(alone | {tile: MAX_PIXELS})).size == (64, 64)


def test_a_heic_image_of_many_pixels_is_refused_by_its_header() -> None:
    content = bytearray(_encode(SMALL, "HEIC"))
    at = content.index(b"ispe") + 8
    content[at : at + 8] = (4001).to_bytes(4, "big") + (4000).to_bytes(4, "big")
    with pytest.raises(ImageTooLargeError, match="4001×4000"):
        open_image(bytes(content))


@pytest.mark.parametrize(("scans", "fits"), [(100, True), (101, False), (1000, False)])
def test_a_jpeg_has_at_most_a_hundred_scans(scans: int, fits: bool) -> None:
    """Each takes as long as the whole image."""
    if fits:
        assert open_image(progressive_jpeg(scans)).size == (64, 64)
        return
    with pytest.raises(ImageTooLargeError, match=f"must have at most 100 scans, got {scans:,}"):
        open_image(progressive_jpeg(scans))
