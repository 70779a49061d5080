import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits.normalizing.center import Extent, center_in_grid, extents
from tests.digits.helpers import center_of_mass


def test_extents_by_hand() -> None:
    ink = np.zeros((9, 12), dtype=np.float32)
    ink[2:6, 3] = 1
    ink[5, 7] = 0.5
    # Rows 2 to 5, weighted 1, 1, 1, 1.5; columns 3 and 7, weighted 4 and 0.5.
    vertical, horizontal = extents(ink)
    assert vertical == pytest.approx((2, 4, (2 + 3 + 4 + 7.5) / 4.5))
    assert horizontal == pytest.approx((3, 5, (12 + 3.5) / 4.5))


def _box(height: int, width: int, heavy: float = 1) -> NDArray[np.float32]:
    """Return a box whose upper left pixel has so much ink; all the others have 1."""
    box = np.ones((height, width), dtype=np.float32)
    box[0, 0] = heavy
    return box


@pytest.mark.parametrize(("size", "start"), [(1, 14), (2, 14), (3, 13), (4, 13), (19, 5), (20, 5), (27, 1), (28, 0)])
def test_the_middle_of_a_box_goes_to_pixel_14(size: int, start: int) -> None:
    # From its middle, (size − 1) / 2, to 14; halves are rounded up, to a start that keeps it inside.
    for box in (_box(size, 1), _box(1, size)):
        image = center_in_grid(box)
        assert image.shape == (28, 28)
        assert image.sum() == size
        indices = np.flatnonzero(image.any(axis=0 if len(box) == 1 else 1))
        assert (indices[0], indices[-1]) == (start, start + size - 1)


def test_a_heavy_end_goes_to_the_middle_as_far_as_the_box_stays_inside() -> None:
    image = center_in_grid(_box(20, 20, heavy=1e6))
    assert image[8, 8] == np.float32(1e6), "at the lower right end: the box has 20 of 28 pixels"
    image = center_in_grid(_box(20, 20, heavy=1e6)[::-1, ::-1])
    assert image[19, 19] == np.float32(1e6)
    assert image[0, 0] == 1
    assert center_of_mass(center_in_grid(_box(10, 10, heavy=5)))[0] == pytest.approx(14, abs=0.5)


@pytest.mark.parametrize(("start", "centered"), [(12, False), (13, True), (14, True), (15, False)])
def test_half_a_pixel_is_rounding(start: int, centered: bool) -> None:
    # Two pixels should start at 13.5.
    sums = [0.0] * 28
    sums[start] = sums[start + 1] = 3.0
    assert Extent.of(sums).is_centered() == centered


@pytest.mark.parametrize(("weight", "centered"), [(0.45, True), (0.6, False)])
def test_the_tolerance_of_a_center(weight: float, centered: bool) -> None:
    # The center of mass is this far beyond 14.
    sums = [0.0] * 28
    sums[14], sums[15] = 1 - weight, weight
    assert Extent.of(sums).is_centered() == centered


@pytest.mark.parametrize(("start", "centered"), [(0, True), (1, False), (8, False)])
def test_a_box_at_the_border_cannot_be_centered_further(start: int, centered: bool) -> None:
    # All its mass is in its last rows: it should begin before the image does.
    sums = [0.0] * 28
    sums[start] = 1e-6
    sums[start + 17 : start + 20] = [1.0] * 3
    assert Extent.of(sums).is_centered() == centered
