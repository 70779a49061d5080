import io
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from inknet.digits import ImageError, ImageTooLargeError, NoInkError, PenDigit, Recognizer, normalize, read_ink
from inknet.digits.imaging.decode import MAX_PIXELS
from tests.digits.helpers import canvas_of, encode, one_sentence

Gray = NDArray[np.uint8]
Ink = NDArray[np.float32]

CREAM, NAVY = (250, 240, 205), (15, 25, 90)


@pytest.fixture(scope="module")
def digit(held_out: list[PenDigit]) -> PenDigit:
    return next(digit for digit in held_out if digit.label == 3)


@pytest.fixture(scope="module")
def drawn(digit: PenDigit) -> Gray:
    """Return a 3 on a canvas of 280×280: how much ink is on each pixel, to 255."""
    return canvas_of(digit.strokes)


@pytest.fixture(scope="module")
def expected(drawn: Gray) -> Ink:
    return normalize(drawn.astype(np.float32) / np.float32(255))


def _blend(drawn: Gray, paper: tuple[int, ...], ink: tuple[int, ...]) -> Image.Image:
    """Return the drawing in color."""
    cover = drawn[..., np.newaxis] / 255
    return Image.fromarray(np.rint(np.array(paper) * (1 - cover) + np.array(ink) * cover).astype(np.uint8))


def _alpha(drawn: Gray, ink: tuple[int, int, int]) -> Image.Image:
    """Return the drawing in an alpha channel, in one color."""
    image = Image.new("RGB", (drawn.shape[1], drawn.shape[0]), ink)
    image.putalpha(Image.fromarray(drawn))
    return image


def _card(drawn: Gray, paper: int, ink: int) -> Image.Image:
    """Return the drawing on an opaque card whose round corners are transparent."""
    side = len(drawn)
    y, x = np.mgrid[:side, :side]
    corner = np.hypot(x - np.clip(x, 40, side - 41), y - np.clip(y, 40, side - 41))
    image = _blend(drawn, (paper,) * 3, (ink,) * 3)
    image.putalpha(Image.fromarray(((corner < 40) * 255).astype(np.uint8)))
    return image


def _sticker(drawn: Gray) -> Image.Image:
    """Return the drawing on a white card, with nothing around."""
    image = _blend(drawn, (255, 255, 255), (0, 0, 0))
    alpha = np.zeros_like(drawn)
    alpha[30:250, 40:220] = 255
    image.putalpha(Image.fromarray(alpha))
    return image


def _transparent_palette(drawn: Gray) -> Image.Image:
    image = Image.fromarray((drawn > 127).astype(np.uint8), mode=None).convert("P")
    image.putpalette([255, 0, 0, 0, 0, 0])
    image.info["transparency"] = 0
    return image


def _interlaced(gray: Gray) -> bytes:
    """Write a PNG by Adam7, which Pillow reads but does not write."""
    height, width = gray.shape
    rows = b""
    for x, y, across, down in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        rows += b"".join(b"\0" + row.tobytes() for row in gray[y::down, x::across])

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 1])
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _noisy(drawn: Gray) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, 6, drawn.shape)
    return Image.fromarray(np.clip(235 - 0.8 * drawn + noise, 0, 255).astype(np.uint8))


def _exif(image: Image.Image, orientation: int) -> bytes:
    """Return a JPEG that is shown upright only if its orientation is looked at."""
    turned = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(image.transpose(turned[orientation]), "JPEG", quality=95, exif=exif)


def _first_of_three(drawn: Gray) -> bytes:
    frames = [Image.fromarray(255 - drawn), Image.fromarray(drawn), Image.new("L", drawn.shape, 255)]
    return encode(frames[0], "GIF", save_all=True, append_images=frames[1:])


Make = Callable[[Gray], Any]

#: Whatever only changes tone, by much less than a step of 1/255, gives the very same image.
EXACT: dict[str, Make] = {
    "array, white on black": lambda d: d,
    "array, black on white": lambda d: 255 - d,
    "array of fractions": lambda d: d.astype(np.float64) / 255,
    "array of 8-byte numbers": lambda d: d.astype(np.int64),
    "array with one channel": lambda d: d[..., np.newaxis],
    "array with three channels": lambda d: np.repeat(d[..., np.newaxis], 3, axis=2),
    "array with alpha": lambda d: np.dstack([np.zeros_like(d)] * 3 + [d]),
    "a Pillow image": Image.fromarray,
    "a Pillow image of fractions": lambda d: Image.fromarray(d.astype(np.float32) / np.float32(255)),
    "a Pillow image of 32 bits": lambda d: Image.fromarray(d.astype(np.int32)),
    "a memoryview": lambda d: memoryview(encode(Image.fromarray(d), "PNG")),
    "a bytearray": lambda d: bytearray(encode(Image.fromarray(d), "PNG")),
    "PNG, L, white on black": lambda d: encode(Image.fromarray(d), "PNG"),
    "PNG, L, black on white": lambda d: encode(Image.fromarray(255 - d), "PNG"),
    "PNG, RGB": lambda d: encode(Image.fromarray(255 - d).convert("RGB"), "PNG"),
    "PNG, P, gray": lambda d: encode(Image.fromarray(255 - d).convert("P"), "PNG"),
    "PNG, I;16": lambda d: encode(Image.fromarray(d.astype(np.uint16) * 257), "PNG"),
    "PNG, interlaced": _interlaced,
    "PNG, LA": lambda d: encode(Image.merge("LA", [Image.new("L", (280, 280)), Image.fromarray(d)]), "PNG"),
    "PNG, black on transparent": lambda d: encode(_alpha(d, (0, 0, 0)), "PNG"),
    "PNG, white on transparent": lambda d: encode(_alpha(d, (255, 255, 255)), "PNG"),
    "PNG, red on transparent": lambda d: encode(_alpha(d, (210, 30, 40)), "PNG"),
    "PNG, white card with round corners": lambda d: encode(_card(d, 255, 0), "PNG"),
    "PNG, black card with round corners": lambda d: encode(_card(d, 0, 255), "PNG"),
    "PNG, sticker": lambda d: encode(_sticker(d), "PNG"),
    "WebP, lossless": lambda d: encode(Image.fromarray(255 - d).convert("RGB"), "WEBP", lossless=True),
    "WebP, with alpha": lambda d: encode(_alpha(d, (0, 0, 0)), "WEBP", lossless=True),
    "BMP": lambda d: encode(Image.fromarray(255 - d), "BMP"),
    "GIF": lambda d: encode(Image.fromarray(255 - d), "GIF"),
    "GIF, animated": _first_of_three,
}

#: What loses something, or has colors, gives nearly the same.
NEAR: dict[str, Make] = {
    "PNG, 1 bit": lambda d: encode(Image.fromarray(255 - d).convert("1"), "PNG"),
    "array of truth values": lambda d: d > 127,
    "PNG, P, colors": lambda d: encode(_blend(d, CREAM, NAVY).quantize(32), "PNG"),
    "PNG, P, transparent": lambda d: encode(_transparent_palette(d), "PNG", transparency=0),
    "PNG, 16 bits, faint": lambda d: encode(
        Image.fromarray((60_000 - 80 * d.astype(np.int32)).astype(np.uint16)), "PNG"
    ),
    "PNG, navy on cream": lambda d: encode(_blend(d, CREAM, NAVY), "PNG"),
    "PNG, yellow on navy": lambda d: encode(_blend(d, NAVY, (250, 230, 60)), "PNG"),
    "PNG, gray on gray": lambda d: encode(_blend(d, (200, 200, 200), (150, 150, 150)), "PNG"),
    "PNG, half transparent": lambda d: encode(_alpha((d * 0.4).astype(np.uint8), (0, 0, 0)), "PNG"),
    "JPEG, gray": lambda d: encode(Image.fromarray(255 - d), "JPEG"),
    "JPEG, RGB": lambda d: encode(_blend(d, CREAM, NAVY), "JPEG"),
    "JPEG, CMYK": lambda d: encode(Image.fromarray(255 - d).convert("CMYK"), "JPEG"),
    "JPEG, quality 30": lambda d: encode(Image.fromarray(255 - d), "JPEG", quality=30),
    "JPEG, quality 30, with noise": lambda d: encode(_noisy(d), "JPEG", quality=30),
    "PNG, with noise": lambda d: encode(_noisy(d), "PNG"),
    "JPEG, upside down": lambda d: _exif(Image.fromarray(255 - d), 3),
    "JPEG, turned left": lambda d: _exif(Image.fromarray(255 - d), 6),
    "JPEG, turned right": lambda d: _exif(Image.fromarray(255 - d), 8),
    "a Pillow image, turned": lambda d: Image.open(io.BytesIO(_exif(Image.fromarray(255 - d), 6))),
    "WebP, lossy": lambda d: encode(Image.fromarray(255 - d), "WEBP", quality=40),
    "WebP, lossy with alpha": lambda d: encode(_alpha(d, (20, 20, 20)), "WEBP", quality=40),
    "GIF, transparent": lambda d: encode(_alpha(d, (0, 0, 0)), "GIF"),
    "three times the size": lambda d: encode(Image.fromarray(255 - d).resize((840, 840)), "PNG"),
    "eight times the size": lambda d: encode(Image.fromarray(255 - d).resize((2240, 2240)), "JPEG"),
    "a fifth of the size": lambda d: encode(Image.fromarray(255 - d).reduce(5), "PNG"),
}


@pytest.mark.parametrize("kind", EXACT)
def test_one_drawing_is_the_same_in_every_form(kind: str, drawn: Gray, expected: Ink) -> None:
    assert (normalize(read_ink(EXACT[kind](drawn))) == expected).all()


@pytest.mark.parametrize("kind", NEAR)
def test_one_drawing_is_nearly_the_same_and_is_read_the_same(
    kind: str, drawn: Gray, expected: Ink, reader: Recognizer
) -> None:
    image = NEAR[kind](drawn)
    assert np.abs(normalize(read_ink(image)) - expected).mean() < 0.03
    assert reader.recognize(image).digit == 3


def test_values_of_single_pixels() -> None:
    # Paper is 240 at the border; ink of 40 is 200/255 darker, and stays so: nothing is stretched.
    image = np.full((20, 20), 240, dtype=np.uint8)
    image[8, 9] = 40
    image[9, 9] = 230
    ink = read_ink(image)
    assert ink.dtype == np.float32
    assert ink[8, 9] == pytest.approx(200 / 255)
    assert ink[9, 9] == pytest.approx(10 / 255)
    assert np.count_nonzero(ink) == 2


def test_luminance_of_colors() -> None:
    image = np.zeros((9, 9, 3), dtype=np.uint8)
    # Luminance shows most of what differs here, and so is what is looked at.
    image[4, 2:5] = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    image[2, 1:8] = 255
    assert read_ink(image)[4, 2:5] == pytest.approx([0.299, 0.587, 0.114], abs=1e-6)
    assert read_ink(Image.fromarray(image))[4, 2:5] == pytest.approx([0.299, 0.587, 0.114], abs=1 / 255)


def test_a_tight_crop_whose_border_is_mostly_ink() -> None:
    # A 1 of twenty rows without a margin, stretched to a square: of its border only two thirds of two sides are paper.
    image = np.zeros((20, 20), dtype=np.uint8)
    image[:, 7:] = 255
    image[:2, :7] = 255
    image[5:9, 10:14] = 0
    ink = read_ink(image)
    assert ink.max() == 1
    assert set(np.unique(ink)) == {0, 1}


def test_a_thick_pen_of_two_tones_is_no_card() -> None:
    picture = Image.new("RGBA", (200, 200))
    picture.paste((20, 20, 120, 255), (70, 20, 130, 180))
    picture.paste((120, 160, 255, 255), (85, 35, 115, 165))
    ink = read_ink(picture)
    assert (ink[20:180, 70:130] == 1).all()
    assert ink.sum() == 160 * 60


def test_what_there_is_more_of_is_the_ink() -> None:
    image = np.full((40, 40), 128, dtype=np.uint8)
    image[10:30, 20] = 0
    image[5, 5] = 255
    ink = read_ink(image)
    assert ink[20, 20] > 0.5
    assert ink[5, 5] == 0


def test_a_row_of_784_numbers_is_an_image() -> None:
    image = np.zeros((28, 28), dtype=np.float32)
    image[5:20, 14] = 1
    assert (read_ink(image.ravel()) == image).all()


def test_the_array_and_the_picture_are_left_as_they_were(drawn: Gray) -> None:
    array, picture = drawn.copy(), Image.fromarray(drawn)
    read_ink(array)
    read_ink(picture)
    assert (array == drawn).all()
    assert picture.mode == "L"
    assert (np.asarray(picture) == drawn).all()
    fractions = np.asfortranarray(drawn.astype(np.float32) / 255)
    fractions.flags.writeable = False
    read_ink(fractions)


def test_a_large_image_comes_out_smaller_by_means_of_blocks() -> None:
    # 1,690 // 560 = 3: blocks of 3×3; the last column is a block of one.
    image = np.zeros((1500, 1690), dtype=np.uint8)
    image[300:303, 600:602] = 255
    image[0:3, 1689] = 90
    ink = read_ink(image)
    assert ink.shape == (500, 564)
    assert ink[100, 200] == pytest.approx(6 / 9)
    assert ink[0, 563] == pytest.approx(90 / 255)


def _blanks() -> dict[str, Gray]:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:200, :240]
    blanks = {
        "white": np.full((200, 240), 255.0),
        "black": np.zeros((200, 240)),
        "gray": np.full((200, 240), 120.0),
        "one pixel": np.full((1, 1), 77.0),
        "a gradient": x * 1.0,
        "a faint gradient": 180 + y / 6,
        "a slanted gradient": (x + y) / 2,
        "a lamp": 250 - np.hypot(x - 100, y - 80) / 2,
        "a shadow": 220 - 60 / (1 + np.exp((100 - x) / 12)),
    }
    for spread in (1, 2, 3, 4, 6, 10, 20, 40):
        blanks[f"noise of {spread}"] = rng.normal(128, spread, (200, 240))
        blanks[f"noise of {spread} on white"] = rng.normal(250, spread, (200, 240))
        blanks[f"noise of {spread}, small"] = rng.normal(128, spread, (28, 28))
    blanks["a gradient with noise"] = blanks["a slanted gradient"] + rng.normal(0, 5, (200, 240))
    return {name: np.clip(np.rint(blank), 0, 255).astype(np.uint8) for name, blank in blanks.items()}


BLANKS = _blanks()


@pytest.mark.parametrize("name", BLANKS)
def test_a_blank_image_has_no_ink(name: str) -> None:
    blank = BLANKS[name]
    pictures = [Image.fromarray(blank), Image.fromarray(blank).convert("RGB"), Image.fromarray(255 - blank)]
    files = [encode(picture, kind) for picture in pictures for kind in ("PNG", "JPEG")]
    images: list[Any] = [blank, *pictures, *files]
    for image in images:
        with pytest.raises(NoInkError) as caught:
            normalize(read_ink(image))
        assert "blank" in one_sentence(caught.value)


@pytest.mark.parametrize("color", [(0, 0, 0, 0), (255, 255, 255, 0), (90, 10, 3, 255), (0, 0, 0, 128)])
def test_an_image_of_one_color_has_no_ink(color: tuple[int, int, int, int]) -> None:
    for image in (Image.new("RGBA", (60, 50), color), encode(Image.new("RGBA", (60, 50), color), "PNG")):
        with pytest.raises(NoInkError):
            normalize(read_ink(image))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 2), (3, 2), (1, 500), (500, 1), (1, 9000), (28, 28)])
def test_tiny_and_odd_images(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(shape))
    for gray in (rng.integers(0, 256, shape), 255 * (rng.random(shape) < 0.3), np.zeros(shape)):
        plane = gray.astype(np.uint8)
        for image in (plane, np.dstack([plane] * 4), encode(Image.fromarray(plane), "PNG")):
            with suppress(NoInkError):
                assert normalize(read_ink(image)).shape == (28, 28)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2**31), st.integers(1, 90), st.integers(1, 90), st.sampled_from([0, 1, 3, 4]))
def test_any_array_is_ink_or_blank(seed: int, height: int, width: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 256, rng.integers(1, 6))
    array = rng.choice(levels, (height, width, channels) if channels else (height, width)).astype(np.uint8)
    ink = read_ink(array)
    assert ink.shape == (height, width)
    assert ink.dtype == np.float32
    assert ink.min() >= 0
    assert ink.max() <= 1


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((0, 5)), "at least one"),
        (np.zeros(5), "shape"),
        (np.zeros(783), "shape"),
        (np.zeros((4, 4, 2)), "shape"),
        (np.zeros((4, 4, 5)), "shape"),
        (np.zeros((2, 4, 4, 3)), "shape"),
        (np.float32(3), "shape"),
        (np.array([["a", "b"]]), "numbers"),
        (np.array([[None, 1]]), "numbers"),
        (np.array([[1j, 2]]), "numbers"),
        (np.array([[0.5, np.nan]]), "fractions"),
        (np.array([[0.5, np.inf]]), "fractions"),
        (np.array([[0.5, 1.5]]), "fractions"),
        (np.array([[0.0, 255.0]]), "fractions"),
        (np.array([[-1, 255]]), "255"),
        (np.array([[0, 256]]), "255"),
        (np.zeros((4001, 4001), dtype=np.uint8), "pixels"),
    ],
)
def test_what_is_no_array_of_pixels(array: NDArray[Any], reason: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_ink(array)
    assert reason in one_sentence(caught.value)


@pytest.mark.parametrize("image", [None, "three.png", [[1, 2], [3]], {"a": 1}, object()])
def test_what_is_no_image_at_all(image: object) -> None:
    with pytest.raises(ImageError) as caught:
        read_ink(image)  # type: ignore[arg-type]
    one_sentence(caught.value)


@pytest.mark.parametrize("mode", ["La", "LAB"])
def test_a_picture_of_a_rare_mode_is_read_or_refused(mode: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_ink(Image.new(mode, (30, 30)))
    one_sentence(caught.value)


@pytest.mark.parametrize("values", [[[0.0, -1.0]], [[0.0, 70_000.0]], [[0.0, np.nan]], [[0.0, np.inf]]])
def test_a_picture_of_numbers_out_of_range(values: list[list[float]]) -> None:
    with pytest.raises(ImageError) as caught:
        read_ink(Image.fromarray(np.array(values, dtype=np.float32)))
    assert "mode F" in one_sentence(caught.value)


NO_IMAGES = {
    "nothing": b"",
    "a byte": b"\x89",
    "text": b"seven\n",
    "HTML": b"<!DOCTYPE html><html><body><img src=seven.png></body></html>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M 10 10 L 90 90"/></svg>',
    "PDF": b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF",
    "ZIP": b"PK\x03\x04" + bytes(60),
    "TIFF": encode(Image.new("L", (9, 9)), "TIFF"),
    "ICO": encode(Image.new("L", (16, 16)), "ICO"),
    "PPM": b"P5 2 2 255\n\x00\x01\x02\x03",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF",
    "a PNG's signature": b"\x89PNG\r\n\x1a\n",
    "a JPEG's first bytes": b"\xff\xd8\xff\xe0",
    "a GIF's first bytes": b"GIF89a",
    "a BMP's first bytes": b"BM",
    "a WebP's first bytes": b"RIFF\x00\x00\x00\x00WEBP",
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_no_image_file(name: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_ink(NO_IMAGES[name])
    assert type(caught.value) is ImageError
    one_sentence(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_a_file_cut_short(kind: str, drawn: Gray) -> None:
    whole = encode(_blend(drawn, CREAM, NAVY).convert("P" if kind == "GIF" else "RGB"), kind)
    for length in np.linspace(0, len(whole) * 0.97, 30).astype(int):
        try:
            read_ink(whole[:length])
        except ImageError as error:
            one_sentence(error)
        else:
            # Pillow takes a GIF's missing rows for paper, and says nothing.
            assert kind == "GIF"


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["", "PNG", "JPEG", "WEBP", "BMP", "GIF"]),
    st.binary(max_size=300),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12),
)
def test_damaged_files_never_crash(kind: str, random: bytes, changes: list[tuple[int, int]]) -> None:
    image = Image.new("L", (40, 30), 255)
    image.paste(0, (10, 5, 14, 25))
    data = bytearray(encode(image, kind)) if kind else bytearray(random)
    for place, value in changes if data else []:
        data[place % len(data)] = value
    try:
        ink = read_ink(bytes(data))
    except ImageError as error:
        one_sentence(error)
    else:
        assert np.isfinite(ink).all()


def _header(kind: str, side: int) -> bytes:
    """Return a small file that claims to be of a large size."""
    kind_of_file = kind.partition(",")[0]
    data = bytearray(encode(Image.new("L", (64, 64)).convert("P" if kind_of_file == "GIF" else "RGB"), kind_of_file))
    if kind == "PNG":
        data[16:24] = side.to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    elif kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = side.to_bytes(2, "big") * 2
    elif kind == "GIF":
        data[6:10] = side.to_bytes(2, "little") * 2
    elif kind == "GIF, a frame":
        # Larger than the screen that it belongs to, which grows with it.
        at = data.index(b",") + 5
        data[at : at + 4] = side.to_bytes(2, "little") * 2
    elif kind == "WEBP":
        at = data.index(b"\x9d\x01\x2a") + 3
        data[at : at + 4] = side.to_bytes(2, "little") * 2
    elif kind == "BMP":
        data[18:26] = side.to_bytes(4, "little") * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("PNG", 4001),
        ("PNG", 10_000),
        ("PNG", 2**31 - 1),
        ("JPEG", 65_000),
        ("GIF", 65_000),
        ("GIF, a frame", 4_001),
        ("GIF, a frame", 10_000),
        ("GIF, a frame", 65_000),
        ("WEBP", 4_001),
        ("WEBP", 10_000),
        ("WEBP", 16_000),
        ("BMP", 100_000),
    ],
)
def test_a_large_image_is_refused_by_its_header(kind: str, side: int) -> None:
    data = _header(kind, side)
    tracemalloc.start()
    started = time.perf_counter()
    try:
        # Warnings are errors here, so one of Pillow's would be another exception.
        with pytest.raises(ImageTooLargeError) as caught:
            read_ink(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - started < 1
    assert "more than 16,000,000" in one_sentence(caught.value)


def test_the_limit_itself_is_read() -> None:
    image = Image.new("L", (4000, 4000), 255)
    assert image.width * image.height == MAX_PIXELS
    image.paste(0, (1000, 500, 1300, 3500))
    for form in (image, encode(image, "PNG", compress_level=1)):
        assert normalize(read_ink(form)).any()
    with pytest.raises(ImageTooLargeError):
        read_ink(Image.new("L", (4001, 4000)))


def test_the_import_leaves_the_warnings_of_others_alone() -> None:
    # In a program of its own: Pillow still warns of a large image, and only read_ink refuses it, silently.
    code = f"""
import io, warnings
from PIL import Image
import inknet.digits.imaging.decode as image
data = {_header("PNG", 10_000)!r}
with warnings.catch_warnings(record=True) as caught:
    Image.open(io.BytesIO(data))
assert [warning.category for warning in caught] == [Image.DecompressionBombWarning], caught
try:
    image.read_ink(data)
except image.ImageTooLargeError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_eight_threads_at_once(drawn: Gray) -> None:
    forms = [EXACT[kind](drawn) for kind in EXACT if "Pillow" not in kind]
    forms += [NEAR[kind](drawn) for kind in NEAR if "Pillow" not in kind]
    alone = [normalize(read_ink(form)) for form in forms]
    together = threading.Barrier(8)

    def read_all(first: int) -> bool:
        together.wait()
        order = [(first * 7 + number) % len(forms) for number in range(len(forms))]
        return all((normalize(read_ink(forms[number])) == alone[number]).all() for number in order)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read_all, range(8))) == [True] * 8
