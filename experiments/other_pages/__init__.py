"""Digits as other people's pages and devices would send them; see `experiments.measure_other_pages`."""

# Importing a module registers its conditions.
from experiments.other_pages import formats, pages, pens, photographs, scenes, small_images  # noqa: F401
from experiments.other_pages.conditions import MNIST_CONDITIONS, STROKE_CONDITIONS, Sent
from experiments.other_pages.styles import STYLES

__all__ = ["MNIST_CONDITIONS", "STROKE_CONDITIONS", "STYLES", "Sent"]
