"""Image files: the format by its signature, and a picture of which only the header has been read."""

import io
import re
from collections.abc import Callable

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from inknet.digits.imaging.png_chunks import without_texts
from inknet.errors import ImageError, ImageTooLargeError, MissingExtraError
from inknet.extras import import_extra

__all__ = ["FORMATS", "MAX_PIXELS", "SUFFIXES", "WORKING_SIDE", "check_picture", "check_size", "open_image"]

#: Larger images are refused before they are decoded.
MAX_PIXELS = 16_000_000
#: Images are reduced to less than twice this many pixels per side; a digit needs far fewer.
WORKING_SIDE = 560

#: Tags of a TIFF's tiles.
TIFF_TILE_WIDTH, TIFF_TILE_HEIGHT = 322, 323

#: A progressive JPEG is decoded scan by scan, each of which takes as long as the whole image. Encoders write about ten.
MAX_SCANS = 100
#: The marker of a scan, which does not occur in its data.
SCAN = b"\xff\xda"

#: Suffixes of image files.
SUFFIXES = {".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


def _open_heic(file: io.BytesIO) -> Image.Image:
    try:
        return import_extra("pillow_heif", "a HEIC image").HeifImageFile(file)
    except MissingExtraError as error:
        raise ImageError(f"{error}, or save the image as JPEG") from None


#: How a file of each format starts, and what opens it. Unlike `Image.open`, these classes accept no other format, and
#: do not just warn about a very large image.
FORMATS: dict[str, tuple[bytes, Callable[[io.BytesIO], Image.Image]]] = {
    "PNG": (rb"\x89PNG\r\n\x1a\n", PngImageFile),
    "JPEG": (rb"\xff\xd8\xff", JpegImageFile),
    "WEBP": (rb"RIFF....WEBP", WebPImageFile),
    "BMP": (rb"BM", BmpImageFile),
    "GIF": (rb"GIF8[79]a", GifImageFile),
    "TIFF": (rb"II[*+]\0|MM\0[*+]", TiffImageFile),
    # Both are HEIF files, which list all brands that they conform to.
    "AVIF": (rb"....ftyp(?:....){0,15}?avi[fs]", AvifImageFile),
    "HEIC": (rb"....ftyp(?:....){0,15}?(?:he[iv][cmsx]|mi[fa]1|msf1)", _open_heic),
}
#: Formats that are recognized only for the sake of the error.
_UNSUPPORTED = {
    "SVG": rb"(?:\xef\xbb\xbf)?\s*(?:<(?:\?|!--|!DOCTYPE\s+svg).{0,4000}?)?<svg\b",
    "PDF": rb"%PDF-",
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "JPEG 2000": rb"\xff\x4f\xff\x51|\0\0\0\x0cjP",
    "PSD": rb"8BPS",
}
#: How a long text of Base64 starts.
_BASE64, _FEW = re.compile(rb"[A-Za-z0-9+/_-]{64}"), 64


def open_image(data: bytes) -> Image.Image:
    """Open an image file by its signature, whatever its name and label; a JPEG at the size that is needed.

    Raises ImageError if the format is not supported, ImageTooLargeError if more than `MAX_PIXELS` would be decoded, and
    nearly anything, as Pillow does, if the file is damaged.
    """
    if not data:
        raise ImageError("the image is empty: it has no bytes")
    kind = next((kind for signature, kind in FORMATS.values() if re.match(signature, data, re.DOTALL)), None)
    if kind is None:
        for name, signature in _UNSUPPORTED.items():
            if re.match(signature, data, re.DOTALL | re.IGNORECASE):
                raise ImageError(f"{name} images are not supported: export this one as PNG")
        if data[:5].lower() == b"data:" or _BASE64.fullmatch(data[:_FEW]):
            raise ImageError("the image is text: pass the bytes that its Base64 encodes, without a data: prefix")
        raise ImageError(f"unknown image format; send one of {', '.join(FORMATS)}")
    if kind is JpegImageFile and (scans := data.count(SCAN)) > MAX_SCANS:
        raise ImageTooLargeError(f"a JPEG must have at most {MAX_SCANS} scans, got {scans:,}; save it as baseline")
    file = io.BytesIO(without_texts(data) if kind is PngImageFile else data)
    picture = kind(file)
    if isinstance(picture, JpegImageFile):
        if not _is_decoded_by_row(picture, data[: file.tell()]):
            check_picture(picture)
        # It can be decoded at 1/2, 1/4 or 1/8 of its size, which saves most of the time and memory.
        picture.draft(None, (WORKING_SIDE, WORKING_SIDE))
    check_picture(picture)
    return picture


def check_picture(picture: Image.Image) -> None:
    """Raise an ImageError if a picture has no pixels, or more than `MAX_PIXELS`."""
    check_size(*picture.size)
    if isinstance(picture, TiffImageFile):
        # The decoder allocates memory for a whole tile, however small the image is.
        check_size(picture.tag_v2.get(TIFF_TILE_WIDTH, 1), picture.tag_v2.get(TIFF_TILE_HEIGHT, 1))


def check_size(width: int, height: int) -> None:
    """Raise an ImageError if an image of this size has no pixels, or more than `MAX_PIXELS`."""
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(f"the image has {width}×{height} pixels, more than {MAX_PIXELS:,}; send a smaller one")
    if width * height == 0:
        raise ImageError("the image has no pixels")


def _is_decoded_by_row(picture: JpegImageFile, headers: bytes) -> bool:
    """Return whether a JPEG has all components in one scan; otherwise its decoder keeps all of it in memory.

    Its headers end with that of the first scan: its size, the number of its components, two bytes for each, and three.
    """
    count = picture.layers
    scan = headers[-6 - 2 * count :]
    return "progressive" not in picture.info and scan[:3] == bytes([0, 6 + 2 * count, count])
