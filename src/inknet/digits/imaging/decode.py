"""Reading ink out of an image: which of its pixels were drawn, and how dark."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import ExifTags, Image, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from inknet.digits.grid import GRID, PIXELS
from inknet.digits.imaging.borders import Border, crop_frame, fraction_near
from inknet.digits.imaging.color_difference import color_difference
from inknet.digits.imaging.ruled_lines import crop_to_canvas, remove_printed_guides, remove_ruled_lines
from inknet.digits.imaging.specks import remove_specks
from inknet.digits.imaging.uneven_light import ink_under_uneven_light
from inknet.digits.raster.bounding_box import bounding_box
from inknet.errors import ImageError, ImageTooLargeError

__all__ = ["MAX_PIXELS", "ImageLike", "read_gray", "read_ink"]

ImageLike = bytes | Image.Image | NDArray[np.generic]
Plane = NDArray[np.float32]
#: An image's luminance, which is worked out when it is asked for, and its alpha, if that varies; both from 0 to 1.
Planes = tuple[Callable[[], Plane], Plane | None]

#: More than this is refused before anything is decoded.
MAX_PIXELS = 16_000_000
#: `Image.open` would warn of a very large image and go on; these open what they are given, and no other kind.
FORMATS = (PngImageFile, JpegImageFile, WebPImageFile, BmpImageFile, GifImageFile)
#: An image is worked on at fewer than twice this many pixels a side; a digit needs far fewer.
WORKING_SIDE = 560
#: Paper is even if most of the image's border differs from its median by no more than this: one step of 255.
EVEN = 0.006
#: It is also even if one value has this share both of the border and of the image.
COMMON = 0.3
#: A smaller image shows a digit and nothing else; on a larger one there may be other things.
SMALLEST_PAGE = 64
#: A card has this share of the picture's height and width, and fills this share of its box.
CARD_SIDE, CARD_SHARE = 0.4, 0.75
#: On an opaque card, ink and paper differ by more than this.
CONTRAST = 0.25


def read_ink(image: ImageLike) -> NDArray[np.float32]:
    """Return how much ink is on each pixel, of an image of any kind.

    The ink is in the alpha channel if that is where the drawing is, and otherwise in the luminance: the paper is
    what the border shows most of, and ink is what differs from it, be it darker or lighter.

    Parameters
    ----------
    image : bytes, PIL.Image.Image or array
        A PNG, JPEG, WebP, BMP or GIF file; a Pillow image; or an array of shape (height, width),
        (height, width, 3 or 4) or (784,), of whole numbers to 255 or fractions to 1.

    Returns
    -------
    array of float32, shape (height, width)
        0 is paper, 1 is ink. Large images come out smaller.

    Raises
    ------
    ImageTooLargeError
        If it has more than `MAX_PIXELS`.
    ImageError
        If it is no such image.
    """
    return _ink_of_planes(*_read_planes(image, by_color=True))


def read_gray(image: ImageLike) -> NDArray[np.float32]:
    """Return an image as it is: its alpha channel if that is where the drawing is, and otherwise its luminance.

    Parameters and errors are those of `read_ink`.

    Returns
    -------
    array of float32, shape (height, width)
        From 0 to 1. Large images come out smaller.
    """
    luminance, alpha = _read_planes(image, by_color=False)
    return luminance() if alpha is None else alpha


def _read_planes(image: ImageLike, by_color: bool) -> Planes:
    """Return an image's luminance and alpha; see `_planes_of_picture`."""
    if not isinstance(image, (bytes, bytearray, memoryview, Image.Image)):
        return _planes_of_array(_as_array(image))
    try:
        picture = image if isinstance(image, Image.Image) else _open(bytes(image))
        _check_size(picture)
        return _planes_of_picture(_upright(picture), by_color)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        # WebP and GIF look at the size while they read the header, and at a limit of Pillow's own.
        raise ImageTooLargeError(f"the image has more than {MAX_PIXELS:,} pixels; send a smaller one") from None
    # Pillow's decoders raise nearly anything on a damaged file.
    except Exception as error:
        raise ImageError(f"the image is damaged: {' '.join(str(error).split()) or type(error).__name__}") from None


def _open(data: bytes) -> Image.Image:
    """Open an image file, and read no more of it than its header."""
    for kind in FORMATS:
        try:
            picture = kind(io.BytesIO(data))
        except SyntaxError:
            # So Pillow says that the file is of another kind.
            continue
        _check_size(picture)
        # A JPEG can be decoded at a half, a quarter or an eighth of its size, which saves most of the time.
        picture.draft(None, (WORKING_SIDE, WORKING_SIDE))
        return picture
    names = ", ".join(kind.format for kind in FORMATS)
    raise ImageError(f"this is no image that can be read; send one of {names}")


def _check_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageTooLargeError(
            f"the image has {picture.width}×{picture.height} pixels, more than {MAX_PIXELS:,}; send a smaller one"
        )
    if picture.width * picture.height == 0:
        raise ImageError("the image has no pixels")


def _upright(picture: Image.Image) -> Image.Image:
    """Return a picture turned as its EXIF data say; one that needs no turning, as most drawings, is not even copied."""
    picture.load()
    turned = bool(picture.info) and picture.getexif().get(ExifTags.Base.Orientation, 1) != 1
    return ImageOps.exif_transpose(picture) if turned else picture


def _planes_of_picture(picture: Image.Image, by_color: bool) -> Planes:
    """Return a picture's luminance and alpha.

    `by_color` puts the distance from the paper's color in place of luminance that does not tell ink from paper.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        # Pillow would clip these at 255 instead of scaling them.
        values = np.asarray(picture, dtype=np.float32)
        whole = next((most for most in (1, 255, 65535) if values.max() <= most), np.inf)
        if not (values.min() >= 0 and np.isfinite(whole)):
            raise ImageError(f"pixels of mode {picture.mode} go from 0 to 1, 255 or 65,535")
        return lambda: _scaled(values / np.float32(whole)), None
    if picture.has_transparency_data:
        if picture.mode not in {"LA", "RGBA"}:
            # What is transparent in a palette, or by its color, gets an alpha channel.
            picture = picture.convert("LA" if picture.mode in {"L", "1"} else "RGBA")
        alpha = _gray(picture.getchannel("A"))
        if int(alpha.max()) - int(alpha.min()) > EVEN * 255:
            return lambda: _scaled(_gray(picture)), _scaled(alpha)
    plane = color_difference(picture) if by_color and picture.mode not in {"1", "L", "LA"} else None
    if plane is None:
        plane = _gray(picture)
    return lambda: _scaled(plane), None


def _gray(picture: Image.Image) -> NDArray[np.uint8]:
    """Return a picture's luminance, (height, width)."""
    if picture.mode != "L":
        picture = picture.convert("L")
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(picture.height, picture.width)


def _as_array(image: ArrayLike) -> NDArray[np.generic]:
    try:
        return np.asarray(image)
    except ValueError:
        raise ImageError("rows of pixels are of one length, and hold numbers") from None


def _planes_of_array(array: NDArray[np.generic]) -> Planes:
    """Return an array's luminance and alpha."""
    if array.shape == (PIXELS,):
        array = array.reshape(GRID, GRID)
    if array.dtype.kind not in "buif" or array.size == 0:
        raise ImageError("an array of pixels holds numbers, at least one")
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {1, 3, 4})):
        raise ImageError(f"an array of pixels has the shape (height, width), with 3 or 4 channels; got {array.shape}")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise ImageTooLargeError(f"the array has more than {MAX_PIXELS:,} pixels; pass a smaller one")
    values = array.astype(np.float32)
    if array.dtype.kind in "ui":
        values /= 255
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise ImageError("pixels are whole numbers from 0 to 255, or fractions from 0 to 1")
    if values.ndim == 2:
        return lambda: _scaled(values), None
    if values.shape[2] == 1:
        return lambda: _scaled(values[..., 0]), None
    # The luminance of ITU-R BT.601, as Pillow has it.
    luminance = values[..., :3] @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    if values.shape[2] == 4 and np.ptp(values[..., 3]) > EVEN:
        return lambda: _scaled(luminance), _scaled(values[..., 3])
    away = color_difference(Image.fromarray(np.rint(values[..., :3] * 255).astype(np.uint8)))
    return lambda: _scaled(luminance if away is None else away), None


def _scaled(plane: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a plane as fractions, and a large one smaller: by the means of whole blocks of pixels."""
    block = max(1, max(plane.shape) // WORKING_SIDE)
    values: NDArray[np.float32] = plane.astype(np.float32) if block == 1 else _block_means(plane, block)
    if plane.dtype == np.uint8:
        values /= 255
    return values


def _block_means(plane: NDArray[np.uint8] | NDArray[np.float32], block: int) -> NDArray[np.float32]:
    """Return the mean of each block of pixels; those at the right and the bottom may be smaller."""
    starts = [np.arange(0, size, block) for size in plane.shape]
    heights, widths = (np.diff(start, append=size) for start, size in zip(starts, plane.shape, strict=True))
    sums = np.add.reduceat(np.add.reduceat(plane, starts[1], axis=1, dtype=np.float32), starts[0], axis=0)
    return (sums / np.multiply.outer(heights, widths)).astype(np.float32)


def _ink_of_planes(luminance: Callable[[], Plane], alpha: Plane | None) -> Plane:
    """Find the plane that carries the drawing, and its paper."""
    if alpha is None:
        return _ink_on_paper(luminance())
    opaque = alpha > 0.5
    if _is_card(opaque):
        colors = luminance()
        card = colors[opaque]
        if float(np.ptp(card)) > CONTRAST:
            # A picture with transparent parts: they are seen as the same paper as its border.
            return _ink_on_paper(colors * alpha + np.median(card) * (1 - alpha))
    return _ink_on_paper(alpha)


def _is_card(mask: NDArray[np.bool_]) -> bool:
    """Return whether a mask fills most of a large box, as a card does, and hardly ever strokes, however thick."""
    if not mask.any():
        return False
    top, bottom, left, right = bounding_box(mask)
    box = mask[top:bottom, left:right]
    large = all(side >= CARD_SIDE * whole for side, whole in zip(box.shape, mask.shape, strict=True))
    return large and int(np.count_nonzero(box)) >= CARD_SHARE * box.size


def _ink_on_paper(plane: Plane) -> Plane:
    """Return the difference from the paper, darker or lighter, whichever there is more of, and nothing beside it."""
    large = min(plane.shape) >= SMALLEST_PAGE
    border = Border(plane)
    for part_of in (crop_frame, crop_to_canvas) if large else (crop_frame,):
        part = part_of(plane, border)
        if part is not plane:
            plane, border = part, Border(part)
    paper = _flat_paper(plane, border)
    if paper is None:
        ink = ink_under_uneven_light(plane)
    else:
        ink = plane - np.float32(paper)
        if ink.sum() < 0:
            np.negative(ink, out=ink)
        # To cut off above, too, where nothing is, takes numpy a quarter of the time.
        ink.clip(0, 1, out=ink)
    return remove_specks(remove_printed_guides(remove_ruled_lines(ink))) if large and ink.any() else ink


def _flat_paper(plane: Plane, border: Border) -> float | None:
    """Return the paper's luminance if it is the same everywhere, and otherwise None."""
    if border.share(EVEN) >= 0.6:
        return border.color
    if min(plane.shape) >= SMALLEST_PAGE:
        return None
    # A small digit without a margin touches the border nearly all round; its paper's one value is still common.
    levels = np.bincount(np.rint(border.values * 255).astype(np.intp))
    paper = float(levels.argmax()) / 255
    on_border = np.abs(border.values - np.float32(paper)) <= EVEN
    if on_border.mean() < COMMON or fraction_near(plane.ravel(), paper, EVEN) < COMMON:
        return None
    # In noise, clipped at white, that value comes one by one.
    return paper if np.mean(on_border[1:] & on_border[:-1]) >= 0.8 * on_border.mean() else None
