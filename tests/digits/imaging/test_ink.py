import io
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inknet.digits import Recognizer, normalize, read_ink
from inknet.digits.imaging.ink import read_gray
from tests.digits.helpers import CREAM, NAVY, blend, encode

Gray = NDArray[np.uint8]


Ink = NDArray[np.float32]


@pytest.fixture(scope="module")
def expected(drawn: Gray) -> Ink:
    return normalize(drawn.astype(np.float32) / np.float32(255))


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
    image = blend(drawn, (paper,) * 3, (ink,) * 3)
    image.putalpha(Image.fromarray(((corner < 40) * 255).astype(np.uint8)))
    return image


def _sticker(drawn: Gray) -> Image.Image:
    """Return the drawing on a white card, with nothing around."""
    image = blend(drawn, (255, 255, 255), (0, 0, 0))
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
    "PNG, P, colors": lambda d: encode(blend(d, CREAM, NAVY).quantize(32), "PNG"),
    "PNG, P, transparent": lambda d: encode(_transparent_palette(d), "PNG", transparency=0),
    "PNG, 16 bits, faint": lambda d: encode(
        Image.fromarray((60_000 - 80 * d.astype(np.int32)).astype(np.uint16)), "PNG"
    ),
    "PNG, navy on cream": lambda d: encode(blend(d, CREAM, NAVY), "PNG"),
    "PNG, yellow on navy": lambda d: encode(blend(d, NAVY, (250, 230, 60)), "PNG"),
    "PNG, gray on gray": lambda d: encode(blend(d, (200, 200, 200), (150, 150, 150)), "PNG"),
    "PNG, half transparent": lambda d: encode(_alpha((d * 0.4).astype(np.uint8), (0, 0, 0)), "PNG"),
    "JPEG, gray": lambda d: encode(Image.fromarray(255 - d), "JPEG"),
    "JPEG, RGB": lambda d: encode(blend(d, CREAM, NAVY), "JPEG"),
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


def _sticker_of(height: int, width: int, missing: int = 0, ink: int = 0) -> NDArray[np.uint8]:
    """Return a white card on transparent, 100×100, without its first columns, and a bar of ink on it."""
    image = np.zeros((100, 100, 4), dtype=np.uint8)
    image[10 : 10 + height, 10 : 10 + width] = 255
    image[15 : 10 + height - 5, 10 + width - 15 : 10 + width - 8, :3] = ink
    image[11 : 10 + height - 1, 10 : 10 + missing, 3] = 0
    return image


@pytest.mark.parametrize(
    ("image", "is_card"),
    [
        (_sticker_of(40, 60), True),
        (_sticker_of(39, 60), False),
        (_sticker_of(60, 40), True),
        (_sticker_of(60, 39), False),
        (_sticker_of(42, 60, missing=15), True),  # 1,920 of 2,520 pixels: 76 %
        (_sticker_of(42, 60, missing=16), False),  # 1,880: 74.6 %
        (_sticker_of(60, 60, ink=190), True),
        (_sticker_of(60, 60, ink=192), False),  # 63 of 255 darker
    ],
)
def test_an_opaque_card_is_large_and_full_and_has_two_colors(image: NDArray[np.uint8], is_card: bool) -> None:
    ink = read_ink(image)
    inked = ink > 0.1
    drawn = (image[..., 0] < 255) & (image[..., 3] > 0)
    assert (inked == (drawn if is_card else image[..., 3] > 0)).all()


def test_a_card_whose_contrast_is_a_quarter_is_a_drawing() -> None:
    image = _sticker_of(60, 60, ink=255) / 255
    image[20:40, 50:56, :3] = 0.75
    assert (read_ink(image) == image[..., 3]).all()
    image[20:40, 50:56, :3] = 0.74
    assert not (read_ink(image) == image[..., 3]).all()


def test_a_card_lies_on_paper_of_its_own_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inknet.digits.imaging.ink.ink_on_paper", lambda plane: plane)
    image = _sticker_of(60, 60)
    image[..., :3][image[..., :3] == 255] = 204
    image[30:60, 12:20, 3] = 102
    luminance = read_ink(image)
    # Where it is transparent, or nearly, only the paper is left: of luminance 0.8.
    expected = np.full((100, 100), 0.8)
    expected[(image[..., 0] == 0) & (image[..., 3] == 255)] = 0
    assert luminance == pytest.approx(expected, abs=1e-6)


def test_what_is_transparent_on_a_card_is_paper() -> None:
    image = _sticker_of(60, 60)
    image[14, 55:62, 3] = 153
    image[14, 55:62, :3] = 0
    # Above the bar, ink with an alpha of 0.6 lets 0.4 of the paper through.
    assert read_ink(image)[14, 55:62] == pytest.approx(0.6)
    assert not read_ink(image)[:10].any()


def test_a_drawing_that_is_transparent_everywhere_is_its_alpha() -> None:
    image = np.zeros((30, 30, 4), dtype=np.uint8)
    image[5:25, 10:20, 3] = 100
    assert (read_ink(image) == image[..., 3] / np.float32(255)).all()
    assert (read_gray(image) == image[..., 3] / np.float32(255)).all()


def test_luminance_hides_colors_but_only_ink_is_looked_for() -> None:
    # Red and green of the same luminance, 82.
    image = np.full((30, 30, 3), [20, 128, 12], dtype=np.uint8)
    image[5:25, 10:20] = [230, 20, 12]
    assert read_ink(Image.fromarray(image))[15, 15] == pytest.approx(210 / 255)
    assert read_gray(Image.fromarray(image)) == pytest.approx(82 / 255, abs=1 / 255)
    gradient = np.linspace(0, 1, 900, dtype=np.float32).reshape(30, 30)
    assert (read_gray(gradient) == gradient).all()


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


def test_a_thick_pen_of_two_tones_is_no_card() -> None:
    picture = Image.new("RGBA", (200, 200))
    picture.paste((20, 20, 120, 255), (70, 20, 130, 180))
    picture.paste((120, 160, 255, 255), (85, 35, 115, 165))
    ink = read_ink(picture)
    assert (ink[20:180, 70:130] == 1).all()
    assert ink.sum() == 160 * 60


@pytest.mark.slow
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
