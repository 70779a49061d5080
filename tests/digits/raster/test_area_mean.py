import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inknet.digits.raster.area_mean import resize_by_area


def test_the_same_size_is_the_same_image() -> None:
    image = np.random.default_rng(0).random((7, 5), dtype=np.float32)
    assert (resize_by_area(image, 7, 5) == image).all()


def test_halving_takes_means_of_four() -> None:
    image = np.array([[1, 3, 0, 0], [5, 7, 0, 8]], dtype=np.float32)
    assert resize_by_area(image, 1, 2).tolist() == [[(1 + 3 + 5 + 7) / 4, (0 + 0 + 0 + 8) / 4]]


def test_three_become_two_by_fractions() -> None:
    # Each new pixel is 3/2 wide: the first covers the first pixel and half of the second.
    image = np.array([[6, 12, 30]], dtype=np.float32)
    resized = resize_by_area(image, 1, 2)
    assert resized == pytest.approx(np.array([[(6 + 12 / 2) / 1.5, (12 / 2 + 30) / 1.5]]))


def test_two_become_three_by_fractions() -> None:
    # Each new pixel is 2/3 wide: the middle one covers a third of either.
    image = np.array([[3], [9]], dtype=np.float32)
    assert resize_by_area(image, 3, 1) == pytest.approx(np.array([[3], [6], [9]]))


def test_two_directions_at_once() -> None:
    # 3×3 to 2×2: each corner covers a whole pixel, two halves and a quarter, 9/4 in all.
    image = np.arange(9, dtype=np.float32).reshape(3, 3)
    first = (0 + 1 / 2 + 3 / 2 + 4 / 4) / (9 / 4)
    assert resize_by_area(image, 2, 2)[0, 0] == pytest.approx(first)


sides = st.integers(1, 70)


@settings(deadline=None, max_examples=60)
@given(sides, sides, sides, sides, st.integers(0, 99))
def test_ink_is_neither_lost_nor_invented(height: int, width: int, new_height: int, new_width: int, seed: int) -> None:
    image = np.random.default_rng(seed).random((height, width), dtype=np.float32)
    resized = resize_by_area(image, new_height, new_width)
    assert resized.shape == (new_height, new_width)
    assert resized.dtype == np.float32
    assert resized.mean() == pytest.approx(image.mean(), rel=1e-4)
    assert image.min() - 1e-6 <= resized.min()
    assert resized.max() <= image.max() + 1e-6
