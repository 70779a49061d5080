"""Random distortions of images, for augmentation: digits as another hand might have written them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet.digits.grid import GRID, PIXELS
from inknet.digits.raster.resample import CENTER, FROM_CENTER, PADDING, resample
from inknet.mlp.scalars import convert, non_negative_number

__all__ = ["Distortion"]

_KNOTS = 5


@dataclass(frozen=True)
class Distortion:
    """Random affine and elastic distortions, applied in one resampling, after [1]_.

    Each attribute is the standard deviation of a normal distribution.

    Attributes
    ----------
    rotation, shear : float
        In radians, and in columns per row.
    scale, aspect : float
        As logarithms: 0.1 is about 10 %.
    shift : float
        In pixels.
    elastic : float
        In pixels: displacement of the knots of a 5×5 grid, smooth in between.
    width : float
        Growth (or loss) of the strokes, in pixels on each side.
    strength : float
        Multiplies all of them.

    References
    ----------
    .. [1] P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks applied to visual
       document analysis", 2003.
    """

    rotation: float = 0.12
    shear: float = 0.15
    scale: float = 0.08
    aspect: float = 0.08
    shift: float = 0.6
    elastic: float = 0.8
    width: float = 0.3
    strength: float = 1.0

    def __post_init__(self) -> None:
        convert(self, **dict.fromkeys(vars(self), non_negative_number))

    def __call__(self, images: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Return distorted copies of images, (n, 784)."""
        factors = np.empty((2, len(images), len(_FIELDS)), dtype=np.float32)
        factors[:, :, :3] = self._affine(len(images), rng)
        elastic = rng.standard_normal((2, len(images), _KNOTS**2), dtype=np.float32)
        np.multiply(elastic, self.strength * self.elastic, out=factors[:, :, 3:])
        # Each pixel's origin is a sum of a few fields: one matrix product for all images.
        distorted = resample(images, factors @ _FIELDS)
        return self._change_width(distorted, rng) if self.width else distorted

    def _affine(self, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return a random affine map about the center for each image, (2, n, 3).

        For the row and the column of a pixel's origin in the padded image: the factors of 1, the pixel's row and the
        pixel's column.
        """
        draws = self.strength * rng.standard_normal((6, count), dtype=np.float32)
        angle, shear = self.rotation * draws[0], self.shear * draws[1]
        scale, aspect = self.scale * draws[2], self.aspect * draws[3]
        cosine, sine = np.cos(angle), np.sin(angle)
        tall, wide = np.exp(scale + aspect), np.exp(scale - aspect)
        down, right = self.shift * draws[4], self.shift * draws[5]
        rows = [_ORIGIN + down, tall * (cosine + sine * shear), tall * sine]
        columns = [_ORIGIN + right, wide * (cosine * shear - sine), wide * cosine]
        return np.array([rows, columns]).swapaxes(1, 2)

    def _change_width(self, images: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Move each image part of the way to its dilation or its erosion by a pixel's neighbors."""
        amount = self.strength * self.width * rng.standard_normal((len(images), 1), dtype=np.float32)
        # An erosion is the negative of the dilation of the negative.
        sign = np.where(amount > 0, np.float32(1), np.float32(-1))
        # Neighbors are one pixel or one row away in memory. At the edge of an image, that is another row or image; but
        # edges are paper, and `_INSIDE` leaves them as they are.
        flat = (sign * images).reshape(-1)
        growth = np.zeros_like(images)
        most = growth.reshape(-1)[GRID:-GRID]
        here = flat[GRID:-GRID]
        np.maximum(flat[: -2 * GRID], flat[2 * GRID :], out=most)
        for neighbor in (flat[GRID - 1 : -GRID - 1], flat[GRID + 1 : 1 - GRID], here):
            np.maximum(most, neighbor, out=most)
        most -= here
        growth *= np.clip(amount, -1, 1) * _INSIDE
        return np.add(images, growth, out=growth)


def _bumps() -> NDArray[np.float32]:
    """Return each knot's influence on each pixel, (knots, 784): a Gaussian with the knots' distance as its width.

    The squares of a pixel's influences sum to 1, so that pixels have the same standard deviation as knots.
    """
    knots = np.linspace(0, GRID - 1, _KNOTS)
    near = np.exp(-0.5 * ((np.arange(GRID) - knots[:, np.newaxis]) / (knots[1] - knots[0])) ** 2)
    bumps = np.einsum("iy,jx->ijyx", near, near).reshape(_KNOTS**2, PIXELS)
    bumps /= np.sqrt((bumps**2).sum(axis=0))
    return bumps.astype(np.float32)


#: The center, in the padded image.
_ORIGIN = PADDING + CENTER
#: 1, a pixel's row and column relative to the center, and the influences of the knots: (28, 784).
_FIELDS = np.stack(
    [np.ones(PIXELS, dtype=np.float32), np.repeat(FROM_CENTER, GRID), np.tile(FROM_CENTER, GRID), *_bumps()]
)
#: 1 inside an image, 0 at its edges, (784,).
_INSIDE = np.pad(np.ones((GRID - 2, GRID - 2), dtype=np.float32), 1).ravel()
