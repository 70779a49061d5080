import io
import struct
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.GifImagePlugin import GifImageFile

from inknet.digits import ImageError, ImageTooLargeError, normalize, read_ink
from inknet.digits.imaging.decode import count_pixels, decode
from inknet.digits.imaging.formats import MAX_PIXELS
from tests.digits.helpers import CREAM, NAVY, blend, encode, one_sentence

Gray = NDArray[np.uint8]


Ink = NDArray[np.float32]


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
        (np.array([[0.0, 255.5]]), "fractions"),
        (np.array([[0, 65536]]), "255"),
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


def _in_mode(gray: Image.Image, mode: str) -> Image.Image:
    """Return a gray picture in any mode of Pillow's."""
    if mode == "LAB":
        source, target = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        transform = ImageCms.buildTransform(source, target, "RGB", "LAB")
        converted = ImageCms.applyTransform(gray.convert("RGB"), transform)
        assert converted is not None
        return converted
    if mode.startswith("I;16"):
        values = np.asarray(gray).astype(np.uint16) * np.uint16(257)
        return Image.frombytes(mode, gray.size, values.astype("<u2" if mode == "I;16" else ">u2").tobytes())
    through = {"PA": "P", "La": "LA", "RGBa": "RGBA", "YCbCr": "RGB", "HSV": "RGB"}
    return (gray.convert(through[mode]) if mode in through else gray).convert(mode)


@pytest.mark.parametrize(
    "mode",
    [
        "1",
        "L",
        "P",
        "RGB",
        "RGBA",
        "RGBX",
        "CMYK",
        "YCbCr",
        "HSV",
        "LAB",
        "LA",
        "PA",
        "La",
        "RGBa",
        "I",
        "F",
        "I;16",
        "I;16B",
    ],
)
def test_a_picture_of_any_mode_is_read(mode: str, drawn: Gray) -> None:
    picture = _in_mode(Image.fromarray(255 - drawn), mode)
    assert picture.mode == mode
    difference = np.abs(normalize(read_ink(picture)) - normalize(read_ink(drawn)))
    assert difference.mean() < 0.02


@pytest.mark.parametrize(("premultiplied", "mode"), [("La", "LA"), ("RGBa", "RGBA")])
def test_premultiplied_alpha_is_alpha(premultiplied: str, mode: str, drawn: Gray) -> None:
    picture = Image.merge("LA", (Image.new("L", drawn.shape), Image.fromarray(drawn))).convert(mode)
    assert (read_ink(picture.convert(premultiplied)) == read_ink(picture)).all()


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
    "ICO": encode(Image.new("L", (16, 16)), "ICO"),
    "PPM": b"P5 2 2 255\n\x00\x01\x02\x03",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF",
    "a PNG's signature": b"\x89PNG\r\n\x1a\n",
    "a JPEG's first bytes": b"\xff\xd8\xff\xe0",
    "a GIF's first bytes": b"GIF89a",
    "a BMP's first bytes": b"BM",
    "a WebP's first bytes": b"RIFF\x00\x00\x00\x00WEBP",
    "a TIFF's first bytes": b"II*\x00",
    "an AVIF's first bytes": b"\x00\x00\x00\x14ftypavif",
    "a HEIC's first bytes": b"\x00\x00\x00\x14ftypheic",
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_no_image_file(name: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_ink(NO_IMAGES[name])
    assert type(caught.value) is ImageError
    one_sentence(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"])
def test_a_file_cut_short(kind: str, drawn: Gray) -> None:
    whole = encode(blend(drawn, CREAM, NAVY).convert("P" if kind == "GIF" else "RGB"), kind)
    for length in np.linspace(0, len(whole) * 0.97, 30).astype(int):
        try:
            read_ink(whole[:length])
        except ImageError as error:
            one_sentence(error)
        else:
            # Pillow takes a GIF's missing rows for paper, and says nothing.
            assert kind == "GIF"


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["", "PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"]),
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
    try:
        # Warnings are errors here, so one of Pillow's would be another exception.
        with pytest.raises(ImageTooLargeError) as caught:
            read_ink(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
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
from PIL import Image, ImageCms
from PIL.GifImagePlugin import GifImageFile
from inknet.digits import ImageTooLargeError, read_ink
data = {_header("PNG", 10_000)!r}
with warnings.catch_warnings(record=True) as caught:
    Image.open(io.BytesIO(data))
assert [warning.category for warning in caught] == [Image.DecompressionBombWarning], caught
try:
    read_ink(data)
except ImageTooLargeError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_large_image_comes_out_smaller_by_means_of_blocks() -> None:
    # 1,690 // 560 = 3: blocks of 3×3; the last column is a block of one.
    image = np.zeros((1500, 1690), dtype=np.uint8)
    image[300:303, 600:602] = 255
    image[0:3, 1689] = 90
    ink = read_ink(image)
    assert ink.shape == (500, 564)
    assert ink[100, 200] == pytest.approx(6 / 9)
    assert ink[0, 563] == pytest.approx(90 / 255)


@pytest.mark.parametrize(("least", "varies"), [(255, False), (254, False), (253, True), (0, True)])
def test_alpha_that_varies_by_more_than_rounding_is_a_drawing(least: int, varies: bool) -> None:
    array = np.full((5, 6, 4), 255, dtype=np.uint8)
    array[2, 3] = 7, 7, 7, least
    gray = np.dstack([array[..., 0], array[..., 3]])
    for image in (
        array,
        array / 255,
        Image.fromarray(array),
        Image.fromarray(gray),
        encode(Image.fromarray(gray), "PNG"),
    ):
        planes = decode(image, by_color=True)
        assert planes.luminance() == pytest.approx(array[..., 0] / np.float32(255), abs=1e-6)
        if varies:
            assert planes.alpha is not None
            assert planes.alpha == pytest.approx(array[..., 3] / np.float32(255), abs=1e-6)
        else:
            assert planes.alpha is None


def test_a_palette_and_a_single_color_can_be_transparent() -> None:
    picture = Image.new("L", (6, 5), 200)
    picture.putpixel((3, 2), 7)
    for mode, transparent in (("L", 7), ("RGB", (7, 7, 7)), ("P", 7)):
        planes = decode(encode(picture.convert(mode), "PNG", transparency=transparent), by_color=True)
        expected = np.ones((5, 6), dtype=np.float32)
        expected[2, 3] = 0
        assert planes.alpha is not None
        assert (planes.alpha == expected).all()
        assert planes.luminance()[0, 0] == np.float32(200 / 255)


@pytest.mark.parametrize(
    ("mode", "white"), [("F", 1), ("F", 255), ("F", 65535), ("I", 255), ("I", 65535), ("I;16", 65535)]
)
def test_numbers_range_to_the_next_white(mode: str, white: int) -> None:
    dtype = {"F": np.float32, "I": np.int32, "I;16": np.uint16}[mode]
    values = np.array([[0, white], [white // 3, white]], dtype=dtype)
    picture = Image.fromarray(values)
    assert picture.mode == mode
    assert decode(picture, by_color=True).luminance() == pytest.approx(values.astype(np.float32) / white)
    # Whatever exceeds one white counts against the next.
    brighter = {1: 255, 255: 65535}.get(white)
    if brighter is not None:
        values[0, 1] += 1
        assert decode(Image.fromarray(values), by_color=True).luminance()[0, 1] == pytest.approx((white + 1) / brighter)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_upright_and_others_are_not_copied(orientation: int) -> None:
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    exif = Image.Exif()
    exif[0x0112] = orientation
    planes = decode(encode(Image.fromarray(array), "PNG", exif=exif), by_color=True)
    # The even ones up to 4, and the odd ones from 5, are mirrored.
    turns, is_mirrored = [(0, False), (0, True), (2, False), (2, True), (1, True), (-1, False), (-1, True), (1, False)][
        orientation - 1
    ]
    expected = np.rot90(array[:, ::-1] if is_mirrored else array, turns)
    assert planes.luminance() == pytest.approx(expected / np.float32(255))


def test_a_jpeg_is_reduced_while_it_is_decoded() -> None:
    gradient = np.linspace(0, 255, 2400, dtype=np.uint8)[np.newaxis].repeat(1200, axis=0)
    # 2400 // 560 is 4; a JPEG of half or a quarter of its size comes out with at least 560 pixels, too.
    assert decode(gradient, by_color=True).luminance().shape == (300, 600)
    assert decode(encode(Image.fromarray(gradient), "JPEG"), by_color=True).luminance().shape == (300, 600)


@pytest.mark.parametrize("side", [559, 560, 1119, 1120])
def test_sides_of_up_to_1119_pixels_are_kept(side: int) -> None:
    plane = decode(np.zeros((2, side), dtype=np.uint8), by_color=True).luminance()
    assert plane.shape == ((1, 560) if side == 1120 else (2, side))


def test_luminance_of_colors() -> None:
    image = np.zeros((9, 9, 3), dtype=np.uint8)
    # Luminance shows most of what differs here, and so is what is looked at.
    image[4, 2:5] = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    image[2, 1:8] = 255
    assert read_ink(image)[4, 2:5] == pytest.approx([0.299, 0.587, 0.114], abs=1e-6)
    assert read_ink(Image.fromarray(image))[4, 2:5] == pytest.approx([0.299, 0.587, 0.114], abs=1 / 255)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_values_as_they_are_whatever_their_colors(channels: int) -> None:
    # Red and green of the same luminance, 82.
    image = np.full((30, 30, 3), [20, 128, 12], dtype=np.uint8)
    image[5:25, 10:20] = [230, 20, 12]
    image = np.dstack([image, np.full((30, 30), 255, np.uint8)])[..., :channels]
    hidden = decode(image, by_color=False).luminance()
    assert hidden.shape == (30, 30)
    expected = image[..., 0] if channels == 1 else image[..., :3] @ np.array([0.299, 0.587, 0.114])
    assert hidden == pytest.approx(expected / 255, abs=1e-6)
    shown = decode(image, by_color=True).luminance()
    assert shown[15, 15] - shown[0, 0] == pytest.approx(210 / 255 if channels == 1 else -210 / 255)


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


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "AVIF"])
def test_a_file_a_path_and_an_open_file_are_read_alike(kind: str, drawn: Gray, tmp_path: Path) -> None:
    content = encode(Image.fromarray(255 - drawn), kind)
    expected = read_ink(content)
    path = tmp_path / "image, without a suffix"
    path.write_bytes(content)
    buffer = io.BytesIO()
    # As after `image.save(buffer)`.
    buffer.write(content)
    with path.open("rb") as file, path.open("rb", buffering=0) as raw, tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(content)
        for form in (bytearray(content), memoryview(content), path, str(path), file, raw, buffer, spooled):
            assert (read_ink(form) == expected).all()
            assert (read_ink(form) == expected).all(), "the second time"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("seven", encoding="utf-8")
    with (tmp_path / "text").open(encoding="utf-8") as text, (tmp_path / "text").open("rb") as closed:
        pass
    with (tmp_path / "text").open(encoding="utf-8") as text:
        for image, reason in (
            (tmp_path / "nowhere.png", "nowhere.png: cannot be read: No such file"),
            (str(tmp_path), "cannot be read: Is a directory"),
            ("with\0inside", "null byte"),
            (closed, "closed file"),
            (text, "binary mode"),
        ):
            with pytest.raises(ImageError) as caught:
                read_ink(image)  # type: ignore[arg-type]
            assert reason in one_sentence(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "AVIF"])
def test_a_picture_whose_file_is_closed(kind: str, drawn: Gray, tmp_path: Path) -> None:
    """Pillow reads pixels when they are needed: after `with Image.open(…)` it is too late, unless it has them."""
    path = tmp_path / "picture"
    path.write_bytes(encode(Image.fromarray(255 - drawn), kind))
    with Image.open(path) as picture:
        pass
    if kind in {"WEBP", "AVIF"}:
        assert np.array_equal(read_ink(picture), read_ink(path))
    else:
        with pytest.raises(ImageError, match=r"file is closed: call its load\(\) before"):
            read_ink(picture)
    with Image.open(path) as picture:
        picture.load()
    assert np.array_equal(read_ink(picture), read_ink(path))


def _animation(kind: str, frames: list[Image.Image]) -> bytes:
    return encode(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_an_animation_is_read_by_its_first_frame_with_ink(kind: str, mode: str, drawn: Gray) -> None:
    if kind == "AVIF" and mode == "P":
        mode = "RGBA"
    picture, turned = (Image.fromarray(255 - gray).convert(mode) for gray in (drawn, drawn.T))
    blank = Image.new("L", picture.size, 255).convert(mode)
    expected = normalize(read_ink(picture))
    for frames in ([blank, blank, picture, turned], [picture, turned], [picture, blank]):
        ink = normalize(read_ink(_animation(kind, frames)))
        assert np.abs(ink - expected).mean() < 0.01
    assert not read_ink(_animation(kind, [blank, blank])).any()


def test_a_picture_stays_at_the_frame_that_was_chosen(drawn: Gray) -> None:
    white, drawing = Image.new("L", (280, 280), 255), Image.fromarray(255 - drawn)
    with Image.open(io.BytesIO(_animation("GIF", [drawing, white]))) as picture:
        picture.seek(1)
        assert not read_ink(picture).any()
        assert picture.tell() == 1


def test_of_an_endless_animation_few_frames_are_decoded(drawn: Gray, monkeypatch: pytest.MonkeyPatch) -> None:
    shades = [Image.new("L", (280, 280), 255 - index) for index in range(5)]
    animation = _animation("GIF", [*shades, Image.fromarray(255 - drawn)])
    for frames, seen in ((6, True), (5, False)):
        monkeypatch.setattr("inknet.digits.imaging.decode.MAX_PIXELS", frames * 280 * 280)
        assert read_ink(animation).any() == seen


def test_of_many_frames_of_a_pixel_few_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a file of some megabytes would take minutes."""
    seen = set()
    monkeypatch.setattr(GifImageFile, "tell", lambda _: 0)
    monkeypatch.setattr(GifImageFile, "seek", lambda _, frame: seen.add(frame))
    read_ink(_animation("GIF", [Image.new("L", (1, 1), 255), Image.new("L", (1, 1), 254)]))
    assert seen == set(range(500))


def _palette_page(index: int) -> Image.Image:
    """Return an image of white, color 0, and a bar of another color, of which only color 1 is black."""
    page = Image.new("P", (20, 20))
    page.putpalette([255, 255, 255, 0, 0, 0] + [255] * (254 * 3))
    page.paste(index, (5, 5, 9, 15))
    return page


@pytest.mark.parametrize(("frames", "ink"), [([200, 1], 40), ([1, 200], 40), ([200, 200], 0)], ids=str)
def test_colors_of_a_palette_decide_whether_a_frame_is_blank(frames: list[int], ink: int) -> None:
    assert read_ink(_animation("TIFF", [_palette_page(index) for index in frames])).sum() == ink


@pytest.mark.parametrize(("level", "is_blank"), [(240, True), (239, False)])
def test_a_frame_with_hardly_any_contrast_is_blank(level: int, is_blank: bool) -> None:
    # 0.06 of 255 are 15.3.
    faint, clear = Image.new("L", (20, 20), 255), Image.new("L", (20, 20), 255)
    faint.paste(level, (5, 5, 9, 15))
    clear.paste(0, (5, 5, 9, 10))
    expected = clear if is_blank else faint
    assert (read_ink(_animation("TIFF", [faint, clear])) == read_ink(expected)).all()


def test_pixels_are_counted_as_they_are_decoded(drawn: Gray) -> None:
    page = Image.fromarray(drawn)
    assert count_pixels(encode(page, "PNG")) == 280 * 280
    # Of an animation, at most 500 frames and 16 million pixels.
    small = Image.new("L", (10, 8)), Image.new("L", (10, 8), 9)
    assert count_pixels(_animation("GIF", list(small))) == 500 * 80
    assert count_pixels(_animation("TIFF", [page, page])) == MAX_PIXELS
    with pytest.raises(ImageError):
        count_pixels(b"no image")


@pytest.mark.parametrize(("limit", "is_read_again"), [(63 * 64, True), (64 * 64, False)])
def test_a_large_jpeg_that_is_open_is_decoded_at_a_smaller_size(
    limit: int, is_read_again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Image.new("L", (64, 64), 255)
    picture.paste(0, (20, 20, 30, 50))
    monkeypatch.setattr("inknet.digits.imaging.decode.MAX_PIXELS", limit)
    opened = []

    def reopen(data: bytes) -> Image.Image:
        opened.append(data)
        return picture

    monkeypatch.setattr("inknet.digits.imaging.decode.open_image", reopen)
    content = encode(picture, "JPEG")
    with Image.open(io.BytesIO(content)) as jpeg:
        assert read_ink(jpeg)[35, 25] > 0.9
        assert opened == [content] * is_read_again
        # Then it is read as if nothing had happened.
        assert jpeg.getpixel((25, 35)) == pytest.approx(0, abs=9)


@pytest.mark.slow
def test_exif_whose_values_overlap_takes_no_memory() -> None:
    """Each of 4,000 tags claims the same 30,000 bytes. Before Pillow 13.0, all were copied: 120 MB from 48 KB."""
    tags, count = 4_000, 30_000
    entries = b"".join(struct.pack("<HHII", 300 + tag, 1, count, 8) for tag in range(tags))
    exif = b"II*\0" + struct.pack("<IH", 8, tags) + entries + bytes(4)
    picture = Image.new("L", (64, 64), 255)
    picture.paste(0, (20, 20, 30, 50))
    content = encode(picture, "PNG", exif=exif)
    assert len(content) > 12 * tags
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tracemalloc.start()
        read_ink(content)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20_000_000
