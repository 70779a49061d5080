"""Malicious files and requests: refused or read, quickly and in little memory."""

import io
import struct
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.service.conftest import SEVEN, Server, draw_seven, encode

pytestmark = pytest.mark.slow

IMAGE = {"Content-Type": "image/png"}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, data: bytes, *, depth: int = 8, interlaced: bool = False, before: bytes = b""
) -> bytes:
    """Return a gray PNG file with this header."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """Return this many zeros, compressed a thousandfold."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(count >> 20)) + packer.flush()


def with_chunks(*chunks: bytes) -> bytes:
    """Return a valid PNG with more chunks after its header."""
    return SEVEN[:33] + b"".join(chunks) + SEVEN[33:]


def gif_of_many_frames() -> bytes:
    frames = [draw_seven(100)] + [Image.new("L", (100, 100), shade % 255) for shade in range(3000)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], loop=0)
    return buffer.getvalue()


def gif_with_a_frame_beyond_its_screen() -> bytes:
    body = bytearray(encode(draw_seven(50), "GIF"))
    body[6:10] = struct.pack("<HH", 65535, 65535)
    return bytes(body)


def jpeg(**options: bytes | bool) -> bytes:
    buffer = io.BytesIO()
    draw_seven(64, "RGB").save(buffer, "JPEG", **options)
    return buffer.getvalue()


def jpeg_that_claims(side: int) -> bytes:
    body = bytearray(jpeg())
    place = body.index(b"\xff\xc0") + 5
    body[place : place + 4] = struct.pack(">HH", side, side)
    return bytes(body)


def progressive_jpeg_that_claims(side: int) -> bytes:
    """Return a JPEG whose decoder would allocate memory for all of it."""
    body = bytearray(jpeg(progressive=True))
    place = body.index(b"\xff\xc2") + 5
    body[place : place + 4] = struct.pack(">HH", side, side)
    return bytes(body)


def tiff_of(**changed: int) -> bytes:
    """Return a TIFF of 64×64 pixels in one tile, compressed, with other values of some tags."""
    tags = {"width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262}
    tags |= {"tile_width": 322, "tile_height": 323, "offset": 324, "size": 325}
    values = {"width": 64, "height": 64, "bits": 8, "compression": 5, "photometric": 1}
    values |= {"tile_width": 64, "tile_height": 64, "offset": 8, "size": 100, "next": 0} | changed
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, values[name]) for name, tag in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", values["next"])


def blank_gif_of(frames: int, side: int) -> bytes:
    """Return a GIF without any ink in its frames, of which each is another shade."""
    buffer = io.BytesIO()
    shades = [Image.new("L", (side, side), 255 - index % 2) for index in range(frames)]
    shades[0].save(buffer, "GIF", save_all=True, append_images=shades[1:])
    return buffer.getvalue()


def bmp_that_claims(side: int) -> bytes:
    body = bytearray(encode(draw_seven(50), "BMP"))
    body[18:26] = struct.pack("<ii", side, side)
    return bytes(body)


def interlaced(side: int) -> bytes:
    """Return a white interlaced PNG; Adam7 takes seven passes."""
    rows = b"".join(
        (b"\0" + b"\xff" * len(range(left, side, across))) * len(range(top, side, down))
        for left, top, across, down in
        # Where each pass begins, and its steps (PNG specification, 8.2).
        ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    )
    return png(side, side, zlib.compress(rows, 9), interlaced=True)


BOMBS: dict[str, tuple[Callable[[], bytes], set[int]]] = {
    "png of 268 megapixels": (lambda: png(16384, 16384, zeros(2**25), depth=1), {413}),
    "png of 16 megapixels, blank": (lambda: png(4000, 4000, zeros(2**24)), {400}),
    "png that goes on after its pixels": (lambda: png(28, 28, zeros(2**29)), {400}),
    "png that claims 2³¹ pixels a side": (lambda: png(2**31 - 1, 2**31 - 1, zeros(2**20)), {400, 413}),
    "png that claims none": (lambda: png(0, 0, zeros(2**20)), {400}),
    "png with a color profile of 512 MB": (lambda: with_chunks(chunk(b"iCCP", b"x\0\0" + zeros(2**29))), {200, 400}),
    "png with 500 texts of 1 MB": (lambda: with_chunks(*[chunk(b"zTXt", b"x\0\0" + zeros(2**20))] * 500), {200, 400}),
    "png with a text of 512 MB": (lambda: with_chunks(chunk(b"zTXt", b"x\0\0" + zeros(2**29))), {200, 400}),
    "png with 10,000 chunks": (lambda: with_chunks(*[chunk(b"teXt", b"x\0y")] * 10_000), {200, 400}),
    "png, animated": (lambda: with_chunks(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))), {200, 400}),
    "png, interlaced": (lambda: interlaced(2000), {400}),
    "png, interlaced, cut short": (lambda: interlaced(300)[:-40], {400}),
    "png in a png": (lambda: SEVEN + SEVEN * 100, {200}),
    "webp of 268 megapixels": (lambda: encode(Image.new("L", (16383, 16383), 255), "WEBP"), {413}),
    "gif of 3,000 frames": (gif_of_many_frames, {200}),
    "gif with a huge screen": (gif_with_a_frame_beyond_its_screen, {400, 413}),
    "jpeg that claims 4,294 megapixels": (lambda: jpeg_that_claims(65535), {400, 413}),
    "jpeg that claims a gigapixel": (lambda: jpeg_that_claims(32_000), {200, 400}),
    "jpeg that claims a gigapixel, in progressive scans": (lambda: progressive_jpeg_that_claims(32_000), {413}),
    "jpeg that claims 9 megapixels": (lambda: jpeg_that_claims(3000), {200, 400}),
    "tiff of 10,000 megapixels": (lambda: tiff_of(width=100_000, height=100_000), {413}),
    "tiff of one tile of 10,000 megapixels": (lambda: tiff_of(tile_width=100_000, tile_height=100_000), {413}),
    "tiff whose pages go in circles": (lambda: tiff_of(next=8), {400}),
    "gif of 10,000 blank frames of a pixel": (lambda: blank_gif_of(10_000, 1), {400}),
    "gif of 300 blank frames": (lambda: blank_gif_of(300, 500), {400}),
    "jpeg with junk for EXIF": (lambda: jpeg(exif=b"Exif\0\0" + b"II*\0\x08\0\0\0" + b"\xff" * 60_000), {200, 400}),
    "jpeg with EXIF that goes in circles": (
        lambda: jpeg(exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"),
        {200, 400},
    ),
    "jpeg with junk for a color profile": (lambda: jpeg(icc_profile=bytes(range(256)) * 2000), {200, 400}),
    "bmp that claims 2³⁰ pixels a side": (lambda: bmp_that_claims(2**30), {400, 413}),
    "bmp of less than nothing": (lambda: bmp_that_claims(-(2**31)), {400, 413}),
}


def resident(pid: int) -> float:
    """Return the peak memory of a process, in megabytes."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("no /proc here")
    return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(server: Server, name: str) -> None:
    make, statuses = BOMBS[name]
    body = make()
    # What is over the limit on bytes would be refused for that alone.
    assert len(body) < 2**20
    response = httpx.post(f"{server.url}/predict", content=body, headers=IMAGE, timeout=20)
    assert response.status_code in statuses, response.text
    assert resident(server.process.pid) < 400


@pytest.mark.performance
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_take_two_seconds_at_most(server: Server, name: str) -> None:
    body = BOMBS[name][0]()
    began = time.monotonic()
    httpx.post(f"{server.url}/predict", content=body, headers=IMAGE, timeout=20)
    assert time.monotonic() - began < 2


def test_simultaneous_small_bombs_do_not_block_other_requests(server: Server) -> None:
    """Each takes a third of a second, although it is a small image in a small file: together, five seconds."""
    bomb = with_chunks(*[chunk(b"zTXt", b"x\0\0" + zeros(2**20))] * 60)
    assert len(bomb) < 64 * 1024
    with ThreadPoolExecutor(16) as pool, httpx.Client() as client:
        asked = [
            pool.submit(httpx.post, f"{server.url}/predict", content=bomb, headers=IMAGE, timeout=60) for _ in "x" * 16
        ]
        waited = []
        first = time.monotonic()
        while not all(future.done() for future in asked):
            began = time.monotonic()
            assert client.get(f"{server.url}/health/live", timeout=30).status_code == 200
            waited.append(time.monotonic() - began)
            time.sleep(0.05)
        assert {future.result().status_code for future in asked} == {200}
        total = time.monotonic() - first
    assert max(waited) < max(total / 3, 0.1)


def test_files_cut_short_anywhere(server: Server) -> None:
    drawn = draw_seven(40)
    with httpx.Client(base_url=server.url) as client:
        for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"):
            body = encode(drawn.convert("RGB"), kind)
            for end in np.linspace(0, len(body) - 1, 40).astype(int):
                status = client.post("/predict", content=body[:end], headers=IMAGE).status_code
                # The last bytes of some say nothing of the picture.
                assert status == 400 or (status == 200 and end > len(body) - 40), (kind, end)


@pytest.mark.parametrize(
    "path",
    [
        "/%252e%252e/%252e%252e/etc/passwd",
        "/%25%32%65%25%32%65/pyproject.toml",
        "/%c0%ae%c0%ae/pyproject.toml",
        "/web%2findex.html",
        "/index.html%2500",
    ],
)
def test_doubly_encoded_paths(server: Server, path: str) -> None:
    status, answer = server.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status == 404
    assert b"root:" not in answer


@pytest.mark.parametrize("name", ["../../etc/passwd", "%252e%252e%252f", "a\\..\\b", "x" * 1000, "\u202egnp"])
def test_file_names_are_ignored(server: Server, name: str) -> None:
    files = {"image": (name, SEVEN, "image/png")}
    assert httpx.post(f"{server.url}/predict", files=files).status_code == 200


def test_floods_of_headers(server: Server) -> None:
    line = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert server.raw(line + b"".join(b"X-%d: y\r\n" % number for number in range(1000)) + b"\r\n")[0] == 200
    assert server.raw(line + b"".join(b"X-%d: y\r\n" % number for number in range(50_000)) + b"\r\n")[0] == 400
    assert server.raw(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n")[0] == 400
    assert server.raw(line + b"Host: y\r\n\r\n")[0] == 400


def test_no_request_smuggling(server: Server) -> None:
    """Lengths that contradict each other let requests be smuggled past a proxy (RFC 9112, 6.3)."""
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    inner = b"GET /model HTTP/1.1\r\nHost: x\r\n\r\n"
    for lengths in (
        b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(inner),
        b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
    ):
        status, answer = server.raw(head + lengths + b"\r\n" + inner)
        assert status in {400, 501}
        assert b"parameter_count" not in answer
