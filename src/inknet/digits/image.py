"""Reading ink out of an image: which of its pixels were drawn, and how dark."""

import io

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from inknet.digits.bounds import bounds
from inknet.digits.colours import difference_of_colours
from inknet.digits.errors import ImageError, ImageTooLargeError
from inknet.digits.frame import ring_of, share_near, without_frame
from inknet.digits.furniture import canvas_on_page, without_lines, without_print
from inknet.digits.photo import ink_on_uneven_paper
from inknet.digits.quantiles import median
from inknet.digits.strays import without_strays

__all__ = ["MAX_PIXELS", "read_grey", "read_ink"]

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


def read_ink(image: bytes | Image.Image | NDArray[np.generic]) -> NDArray[np.float32]:
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
    return _ink_of_planes(*_read_planes(image, by_colour=True))


def read_grey(image: bytes | Image.Image | NDArray[np.generic]) -> NDArray[np.float32]:
    """Return an image as it is: its alpha channel if that is where the drawing is, and otherwise its luminance.

    Parameters and errors are those of `read_ink`.

    Returns
    -------
    array of float32, shape (height, width)
        From 0 to 1. Large images come out smaller.
    """
    luminance, alpha = _read_planes(image, by_colour=False)
    return luminance if alpha is None or float(np.ptp(alpha)) < EVEN else alpha


def _read_planes(
    image: bytes | Image.Image | NDArray[np.generic], by_colour: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return an image's luminance and alpha, both from 0 to 1; see `_planes_of_picture`."""
    if not isinstance(image, (bytes, bytearray, memoryview, Image.Image)):
        return _planes_of_array(_as_array(image))
    try:
        picture = image if isinstance(image, Image.Image) else _open(bytes(image))
        _check_size(picture)
        return _planes_of_picture(_upright(picture), by_colour)
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
    """Return a picture turned as its EXIF data say. One without any data, as most drawings are, is not even copied."""
    picture.load()
    return ImageOps.exif_transpose(picture) if picture.info else picture


def _planes_of_picture(picture: Image.Image, by_colour: bool) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return a picture's luminance and alpha, both from 0 to 1.

    `by_colour` puts the distance from the paper's colour in place of luminance that does not tell ink from paper.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        # Pillow would clip these at 255 instead of scaling them.
        values = np.asarray(picture, dtype=np.float32)
        whole = next((most for most in (1, 255, 65535) if values.max() <= most), np.inf)
        if not (values.min() >= 0 and np.isfinite(whole)):
            raise ImageError(f"pixels of mode {picture.mode} go from 0 to 1, 255 or 65,535")
        return _scaled(values / np.float32(whole)), None
    if picture.has_transparency_data:
        # What is transparent in a palette, or by its colour, gets an alpha channel.
        picture = picture.convert("LA" if picture.mode in {"L", "LA", "1"} else "RGBA")
        least, most = picture.getchannel("A").getextrema()
        if least != most:
            both = _bytes_of(picture, "LA")
            return _scaled(both[..., 0]), _scaled(both[..., 1])
    grey = _bytes_of(picture, "L")[..., 0]
    if picture.mode in {"1", "L", "LA"} or not by_colour:
        return _scaled(grey), None
    away = difference_of_colours(picture)
    return _scaled(grey if away is None else away), None


def _bytes_of(picture: Image.Image, mode: str) -> NDArray[np.uint8]:
    """Return a picture's bytes in a mode, (height, width, channels)."""
    if picture.mode != mode:
        picture = picture.convert(mode)
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(picture.height, picture.width, -1)


def _as_array(image: ArrayLike) -> NDArray[np.generic]:
    try:
        return np.asarray(image)
    except ValueError:
        raise ImageError("rows of pixels are of one length, and hold numbers") from None


def _planes_of_array(array: NDArray[np.generic]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return an array's luminance and alpha, both from 0 to 1."""
    if array.shape == (784,):
        array = array.reshape(28, 28)
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
        return _scaled(values), None
    if values.shape[2] == 1:
        return _scaled(values[..., 0]), None
    # The luminance of ITU-R BT.601, as Pillow has it.
    luminance = values[..., :3] @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    if values.shape[2] == 4 and np.ptp(values[..., 3]) > 0:
        return _scaled(luminance), _scaled(values[..., 3])
    away = difference_of_colours(Image.fromarray(np.rint(values[..., :3] * 255).astype(np.uint8)))
    return _scaled(luminance if away is None else away), None


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


def _ink_of_planes(luminance: NDArray[np.float32], alpha: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Find the plane that carries the drawing, and its paper."""
    if alpha is None or float(np.ptp(alpha)) < EVEN:
        return _ink_on_paper(luminance)
    opaque = alpha > 0.5
    if not (_is_card(opaque) and float(np.ptp(luminance[opaque])) > CONTRAST):
        return _ink_on_paper(alpha)
    # A picture with transparent parts: they are seen as the same paper as its border.
    paper = np.median(luminance[opaque])
    return _ink_on_paper(luminance * alpha + paper * (1 - alpha))


def _is_card(mask: NDArray[np.bool_]) -> bool:
    """Return whether a mask fills most of a large box, as a card does, and hardly ever strokes, however thick."""
    if not mask.any():
        return False
    top, bottom, left, right = bounds(mask)
    box = mask[top:bottom, left:right]
    large = all(side >= CARD_SIDE * whole for side, whole in zip(box.shape, mask.shape, strict=True))
    return large and int(np.count_nonzero(box)) >= CARD_SHARE * box.size


def _ink_on_paper(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the difference from the paper, darker or lighter, whichever there is more of, and nothing beside it."""
    large = min(plane.shape) >= SMALLEST_PAGE
    plane = without_frame(plane)
    if large:
        plane = canvas_on_page(plane)
    paper = _flat_paper(plane)
    if paper is None:
        ink = ink_on_uneven_paper(plane)
    else:
        ink = plane - np.float32(paper)
        if ink.sum() < 0:
            np.negative(ink, out=ink)
        np.maximum(ink, 0, out=ink)
    return without_strays(without_print(without_lines(ink))) if large and ink.any() else ink


def _flat_paper(plane: NDArray[np.float32]) -> float | None:
    """Return the paper's luminance if it is the same everywhere, and otherwise None."""
    border = ring_of(plane)
    paper = median(border)
    if share_near(border, paper, EVEN) >= 0.6:
        return paper
    if min(plane.shape) >= SMALLEST_PAGE:
        return None
    # A small digit without a margin touches the border nearly all round; its paper's one value is still common.
    levels = np.bincount(np.rint(border * 255).astype(np.intp))
    paper = float(levels.argmax()) / 255
    on_border = np.abs(border - np.float32(paper)) <= EVEN
    if on_border.mean() < COMMON or share_near(plane.ravel(), paper, EVEN) < COMMON:
        return None
    # In noise, clipped at white, that value comes one by one.
    return paper if np.mean(on_border[1:] & on_border[:-1]) >= 0.8 * on_border.mean() else None
