"""Decoding: from a file, a Pillow image or an array to planes of luminance and alpha."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import ExifTags, Image, ImageFile, ImageOps
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile

from inknet.digits.imaging.color_difference import LUMINANCE, color_difference
from inknet.digits.imaging.formats import MAX_PIXELS, WORKING_SIDE, check_picture, check_size, open_image
from inknet.digits.imaging.pixels import as_image
from inknet.digits.imaging.sheet import SMALLEST as SMALLEST_SCENE
from inknet.digits.imaging.sheet import crop_to_sheet
from inknet.errors import ImageError, ImageTooLargeError

__all__ = ["MAX_PIXELS", "ImageLike", "Planes", "count_pixels", "decode"]

#: A file's content, its path, or an open file; a Pillow image; or an array of pixels.
ImageLike = bytes | str | PathLike[str] | IO[bytes] | Image.Image | ArrayLike
Plane = NDArray[np.float32]

#: Alpha that varies by no more than this carries no drawing: rounding to 1/255.
CONSTANT = 0.006
#: A frame of an animation is blank if no channel varies by more than this; more frames are not looked at.
BLANK, MAX_FRAMES = 0.06, 500
#: Hardly any path has more characters; a whole image as text has.
LONGEST_PATH = 300
#: Pixels of arrays are float32.
_LUMINANCE = LUMINANCE.astype(np.float32)


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
    data = _open_picture(image) if isinstance(image, Image.Image) else _read(image)
    if data is None:
        return _planes_of_array(as_image(image), by_color)
    with _image_errors():
        if isinstance(data, Image.Image):
            check_size(*data.size)
            return _planes_of_picture(_upright(data), by_color)
        picture = open_image(data)
        if _is_animated(picture):
            _seek_first_drawing(picture)
        return _planes_of_picture(_upright(picture), by_color)


def count_pixels(data: bytes) -> int:
    """Return how many pixels `decode` decodes of an image file at most; it raises the same errors."""
    with _image_errors():
        picture = open_image(data)
        return min(MAX_PIXELS, picture.width * picture.height * (MAX_FRAMES if _is_animated(picture) else 1))


@contextmanager
def _image_errors() -> Iterator[None]:
    """Turn every error into an ImageError."""
    try:
        yield
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        # WebP and GIF check the size while they read the header, against Pillow's own limit.
        raise ImageTooLargeError(f"the image has more than {MAX_PIXELS:,} pixels; send a smaller one") from None
    except MemoryError:
        raise ImageTooLargeError("the image takes more memory than there is; send a smaller one") from None
    # Pillow's decoders raise nearly anything on a damaged file.
    except Exception as error:
        raise ImageError(f"the image is damaged: {' '.join(str(error).split()) or type(error).__name__}") from None


def _open_picture(picture: Image.Image) -> Image.Image | bytes | None:
    """Return a picture, or the file of a large JPEG that is not loaded: it can be decoded at a fraction of its size."""
    # Pixels are read from the file when they are needed; of AVIF, the file is read when it is opened.
    if not (isinstance(picture, ImageFile.ImageFile) and picture.tile) or isinstance(picture, AvifImageFile):
        return picture
    if picture.fp is None or picture.fp.closed:
        raise ImageError("the picture's file is closed: call its load() before, or pass the path of the file")
    if not isinstance(picture, JpegImageFile) or picture.width * picture.height <= MAX_PIXELS:
        return picture
    place = picture.fp.tell()
    data = _read(picture.fp)
    picture.fp.seek(place)
    return data


def _read(image: object) -> bytes | None:
    """Return the content of an image file, from its beginning, or None if it is not a file."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    try:
        if isinstance(image, (str, PathLike)):
            return Path(image).read_bytes()
        if not hasattr(image, "read"):
            return None
        if hasattr(image, "seek"):
            image.seek(0)
        data = image.read()
    except (OSError, ValueError) as error:
        if isinstance(image, str) and len(image) > LONGEST_PATH:
            raise ImageError(
                f"a path of {len(image)} characters cannot be read; decode Base64 to bytes first"
            ) from None
        raise ImageError(f"{image}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not isinstance(data, bytes):
        raise ImageError(f"an image file must be open in binary mode, 'rb'; reading it gave {type(data).__name__}")
    return data


def _is_animated(picture: Image.Image) -> bool:
    return getattr(picture, "is_animated", False)


def _seek_first_drawing(picture: Image.Image) -> None:
    """Go to the first frame, or page, that is not blank, if there is one among the first 16 million pixels."""
    start = picture.tell()
    for frame in range(start, start + min(MAX_FRAMES, MAX_PIXELS // (picture.width * picture.height))):
        try:
            picture.seek(frame)
        except EOFError:
            break
        check_picture(picture)
        colors = picture.convert("RGBA") if picture.mode in {"P", "PA"} else picture
        if any(np.ptp(colors.getchannel(band).getextrema()) > BLANK * 255 for band in colors.getbands()):
            return
    picture.seek(start)


def _upright(picture: Image.Image) -> Image.Image:
    """Return a picture turned according to its EXIF orientation, without a copy if it needs no turning."""
    picture.load()
    turned = bool(picture.info) and picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
    return ImageOps.exif_transpose(picture) if turned else picture


def _planes_of_picture(picture: Image.Image, by_color: bool) -> Planes:
    # Pillow converts these to few other modes.
    if picture.mode == "LAB":
        picture = picture.getchannel("L")
    elif picture.mode in {"La", "RGBa"}:
        picture = picture.convert(picture.mode.upper())
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
    if by_color:
        picture = crop_to_sheet(picture)
    plane = color_difference(picture) if by_color and picture.mode not in {"1", "L", "LA"} else None
    gray = _gray(picture) if plane is None else plane
    return Planes(lambda: _reduce(gray))


def _gray(picture: Image.Image) -> NDArray[np.uint8]:
    """Return a picture's luminance, (height, width)."""
    if picture.mode != "L":
        picture = picture.convert("L")
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(picture.height, picture.width)


def _planes_of_array(values: NDArray[np.float32], by_color: bool) -> Planes:
    colors = values if values.ndim == 2 else values[..., 0] if values.shape[2] == 1 else values[..., :3]
    if values.ndim == 3 and values.shape[2] == 4 and np.ptp(values[..., 3]) > CONSTANT:
        return Planes(lambda: _reduce(colors @ _LUMINANCE), _reduce(values[..., 3]))
    # Most arrays are rows of MNIST, which show no sheet.
    if by_color and (colors.ndim == 3 or min(colors.shape) >= SMALLEST_SCENE):
        picture = Image.fromarray(np.rint(colors * 255).astype(np.uint8))
        sheet = crop_to_sheet(picture)
        if sheet is not picture:
            return _planes_of_picture(sheet, by_color)
        difference = color_difference(picture) if colors.ndim == 3 else None
        if difference is not None:
            return Planes(lambda: _reduce(difference))
    return Planes(lambda: _reduce(colors if colors.ndim == 2 else colors @ _LUMINANCE))


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
