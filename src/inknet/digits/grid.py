"""The size of MNIST's images, which every digit is brought to."""

__all__ = ["GRID", "PIXELS"]

#: Pixels per side, and in all: 784.
GRID = 28
PIXELS = GRID * GRID
