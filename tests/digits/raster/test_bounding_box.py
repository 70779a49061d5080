import numpy as np
import pytest

from inknet.digits.raster.bounding_box import bounding_box


def test_the_box_by_hand() -> None:
    ink = np.zeros((6, 8), dtype=np.float32)
    ink[2, 3] = 0.1
    assert bounding_box(ink) == (2, 3, 3, 4)
    ink[4, 1] = 1
    assert bounding_box(ink) == (2, 5, 1, 4)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (5, 7)])
def test_ink_in_a_corner(row: int, column: int) -> None:
    ink = np.zeros((6, 8), dtype=np.bool_)
    ink[row, column] = True
    assert bounding_box(ink) == (row, row + 1, column, column + 1)


def test_the_whole_image() -> None:
    assert bounding_box(np.ones((3, 2), dtype=np.bool_)) == (0, 3, 0, 2)
