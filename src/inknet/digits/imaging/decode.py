"""Decoding: from a file, a Pillow image or an array to planes of luminance and alpha."""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import ExifTags, Image, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from inknet.digits.grid import GRID, PIXELS
from inknet.digits.imaging.color_difference import color_difference
from inknet.errors import ImageError, ImageTooLargeError

__all__ = ["MAX_PIXELS", "ImageLike", "Planes", "decode"]

ImageLike = bytes | Image.Image | NDArray[np.generic]
Plane = NDArray[np.float32]

#: Larger images are refused before they are decoded.
MAX_PIXELS = 16_000_000
#: Unlike `Image.open`, these classes accept no other format, and do not just warn about a very large image.
FORMATS = (PngImageFile, JpegImageFile, WebPImageFile, BmpImageFile, GifImageFile)
#: Images are reduced to less than twice this many pixels per side; a digit needs far fewer.
WORKING_SIDE = 560
#: Alpha that varies by no more than this carries no drawing: rounding to 1/255.
CONSTANT = 0.006
#: The luminance of red, green and blue, by ITU-R BT.601, as in Pillow.
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)


class Planes(NamedTuple):
    """An image's planes of float32, each (height, width), from 0 to 1."""

    #: A function, as most images with alpha never need it.
    luminance: Callable[[], Plane]
    #: None if it is the same everywhere.
    alpha: Plane | None = None


def decode(image: ImageLike, by_color: bool) -> Planes:
    """Decode an image of any kind, as `read_ink` takes it; large ones are reduced.

    `by_color` replaces luminance by the difference from the paper's color, where luminance hides the ink. Raises
    ImageTooLargeError if it has more than `MAX_PIXELS`, and ImageError if it cannot be decoded.
    """
    if not isinstance(image, (bytes, bytearray, memoryview, Image.Image)):
        return _planes_of_array(image)
    try:
        picture = image if isinstance(image, Image.Image) else _open(bytes(image))
        _check_size(*picture.size)
        return _planes_of_picture(_upright(picture), by_color)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        # WebP and GIF check the size while they read the header, against Pillow's own limit.
        raise ImageTooLargeError(f"the image has more than {MAX_PIXELS:,} pixels; send a smaller one") from None
    # Pillow's decoders raise nearly anything on a damaged file.
    except Exception as error:
        raise ImageError(f"the image is damaged: {' '.join(str(error).split()) or type(error).__name__}") from None


def _open(data: bytes) -> Image.Image:
    """Open an image file, reading only its header."""
    for kind in FORMATS:
        try:
            picture = kind(io.BytesIO(data))
        except SyntaxError:
            # Pillow's way to say that the file is of another kind.
            continue
        _check_size(*picture.size)
        # JPEG can be decoded at 1/2, 1/4 or 1/8 of its size, which saves most of the time.
        picture.draft(None, (WORKING_SIDE, WORKING_SIDE))
        return picture
    names = ", ".join(kind.format for kind in FORMATS)
    raise ImageError(f"unknown image format; send one of {names}")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(f"the image has {width}×{height} pixels, more than {MAX_PIXELS:,}; send a smaller one")
    if width * height == 0:
        raise ImageError("the image has no pixels")


def _upright(picture: Image.Image) -> Image.Image:
    """Return a picture turned according to its EXIF orientation, without a copy if it needs no turning."""
    picture.load()
    turned = bool(picture.info) and picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
    return ImageOps.exif_transpose(picture) if turned else picture


def _planes_of_picture(picture: Image.Image, by_color: bool) -> Planes:
    if picture.mode.startswith("I") or picture.mode == "F":
        # Pillow would clip these at 255 instead of scaling them.
        values = np.asarray(picture, dtype=np.float32)
        white = next((white for white in (1, 255, 65535) if values.max() <= white), np.inf)
        if not (values.min() >= 0 and np.isfinite(white)):
            raise ImageError(f"pixels of mode {picture.mode} must range from 0 to 1, 255 or 65,535")
        return Planes(lambda: _reduce(values / np.float32(white)))
    if picture.has_transparency_data:
        if picture.mode not in {"LA", "RGBA"}:
            # Transparency of a palette or of a single color becomes an alpha channel.
            picture = picture.convert("LA" if picture.mode in {"L", "1"} else "RGBA")
        alpha = _gray(picture.getchannel("A"))
        if int(alpha.max()) - int(alpha.min()) > CONSTANT * 255:
            return Planes(lambda: _reduce(_gray(picture)), _reduce(alpha))
    plane = color_difference(picture) if by_color and picture.mode not in {"1", "L", "LA"} else None
    gray = _gray(picture) if plane is None else plane
    return Planes(lambda: _reduce(gray))


def _gray(picture: Image.Image) -> NDArray[np.uint8]:
    """Return a picture's luminance, (height, width)."""
    if picture.mode != "L":
        picture = picture.convert("L")
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(picture.height, picture.width)


def _planes_of_array(image: ArrayLike) -> Planes:
    try:
        array = np.asarray(image)
    except ValueError:
        raise ImageError("rows of pixels must have the same length and hold numbers") from None
    if array.shape == (PIXELS,):
        array = array.reshape(GRID, GRID)
    if array.dtype.kind not in "buif" or array.size == 0:
        raise ImageError("an array of pixels must hold numbers, at least one")
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {1, 3, 4})):
        raise ImageError(f"pixels must have the shape (height, width), with 3 or 4 channels; got {array.shape}")
    _check_size(array.shape[1], array.shape[0])
    values = array.astype(np.float32)
    if array.dtype.kind in "ui":
        values /= 255
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise ImageError("pixels must be integers from 0 to 255, or fractions from 0 to 1")
    if values.ndim == 2 or values.shape[2] == 1:
        return Planes(lambda: _reduce(values.reshape(values.shape[:2])))
    luminance = values[..., :3] @ LUMINANCE
    if values.shape[2] == 4 and np.ptp(values[..., 3]) > CONSTANT:
        return Planes(lambda: _reduce(luminance), _reduce(values[..., 3]))
    difference = color_difference(Image.fromarray(np.rint(values[..., :3] * 255).astype(np.uint8)))
    return Planes(lambda: _reduce(luminance if difference is None else difference))


def _reduce(plane: NDArray[np.uint8] | NDArray[np.float32]) -> Plane:
    """Return a plane as fractions; a large one reduced by the means of blocks of pixels."""
    block = max(1, max(plane.shape) // WORKING_SIDE)
    values: Plane = plane.astype(np.float32) if block == 1 else _block_means(plane, block)
    if plane.dtype == np.uint8:
        values /= 255
    return values


def _block_means(plane: NDArray[np.uint8] | NDArray[np.float32], block: int) -> Plane:
    """Return the mean of each block of pixels; those at the right and the bottom may be smaller."""
    starts = [np.arange(0, size, block) for size in plane.shape]
    heights, widths = (np.diff(start, append=size) for start, size in zip(starts, plane.shape, strict=True))
    sums = np.add.reduceat(np.add.reduceat(plane, starts[1], axis=1, dtype=np.float32), starts[0], axis=0)
    return (sums / np.multiply.outer(heights, widths)).astype(np.float32)
