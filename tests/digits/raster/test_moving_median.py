import numpy as np
import pytest
from PIL import Image, ImageFilter

from inknet.digits.raster.moving_median import moving_median


def test_a_median_by_hand() -> None:
    plane = np.array([[9, 1, 2], [3, 50, 4], [5, 6, 70]])
    # At the upper left corner: four times 9, twice 1, twice 3, and 50.
    assert moving_median(plane, 3)[0, 0] == 9
    assert moving_median(plane, 3)[1, 1] == 5


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("shape", [(24, 31), (1, 9), (3, 2), (12, 13, 3)])
def test_medians_are_those_of_pillow(shape: tuple[int, ...], side: int) -> None:
    # Few values, so that there are ties.
    plane = np.random.default_rng(side).integers(0, 12, shape, dtype=np.uint8)
    before = plane.copy()
    expected = np.asarray(Image.fromarray(plane).filter(ImageFilter.MedianFilter(side)))
    median = moving_median(plane, side)
    assert np.array_equal(median, expected)
    assert median.dtype == plane.dtype
    assert np.array_equal(plane, before)
