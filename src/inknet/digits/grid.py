"""The size of MNIST's images, which every digit is brought to, and of images that do not say theirs."""

import math

__all__ = ["GRID", "PIXELS", "default_shape"]

#: Pixels per side, and in all: 784.
GRID = 28
PIXELS = GRID * GRID


def default_shape(pixels: int) -> tuple[int, int]:
    """Return the height and width of an image of that many pixels: a square if possible, otherwise a single row."""
    side = math.isqrt(pixels)
    return (side, side) if side * side == pixels else (1, pixels)
