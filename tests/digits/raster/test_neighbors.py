import numpy as np

from inknet.digits.raster.neighbors import sum_neighbors


def test_sums_by_hand() -> None:
    plane = np.array([[1, 0, 0, 0], [0, 0, 0, 20], [0, 300, 0, 0]], dtype=np.float32)
    sums = sum_neighbors(plane)
    assert sums.tolist() == [[1, 1, 20, 20], [301, 301, 320, 20], [300, 300, 320, 20]]
    assert sums.dtype == np.float32


def test_a_mask_is_dilated() -> None:
    mask = np.zeros((4, 5), dtype=np.bool_)
    mask[1, 1] = mask[1, 2] = True
    dilated = np.zeros_like(mask)
    dilated[:3, :4] = True
    assert (sum_neighbors(mask) == dilated).all()
