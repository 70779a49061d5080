import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits.grid import GRID
from inknet.digits.raster.resample import CENTER, FROM_CENTER, PADDING, interpolate, resample

Images = NDArray[np.float32]
OWN_INDEX = np.arange(GRID, dtype=np.float32) + PADDING
#: Each pixel's own row and column in the framed image, (2, 784).
OWN = np.stack([np.repeat(OWN_INDEX, GRID), np.tile(OWN_INDEX, GRID)])


def test_the_center_is_between_the_two_middle_pixels() -> None:
    assert CENTER == 13.5
    assert FROM_CENTER[[0, 13, 14, 27]].tolist() == [-13.5, -0.5, 0.5, 13.5]


def _images(count: int = 5) -> Images:
    return np.random.default_rng(1).random((count, GRID * GRID), dtype=np.float32)


def _moved(images: Images, down: float = 0, right: float = 0) -> NDArray[np.float32]:
    """Take each pixel from so far below and to the right; return 28×28 images."""
    places = OWN + np.array([[down], [right]], dtype=np.float32)
    return resample(images, places[:, np.newaxis].repeat(len(images), axis=1)).reshape(-1, GRID, GRID)


def test_from_where_they_are_the_pixels_are_the_same() -> None:
    images = _images()
    assert (_moved(images).reshape(images.shape) == images).all()


@pytest.mark.parametrize(("down", "right"), [(1, 0), (-1, 0), (0, 3), (0, -3), (5, -2), (-27, 27), (30, 0), (0, -500)])
def test_whole_pixels_shift_the_image_and_bring_in_paper(down: int, right: int) -> None:
    images = _images()
    expected = np.zeros((5, GRID, GRID), dtype=np.float32)
    source = images.reshape(5, GRID, GRID)
    for row in range(GRID):
        for column in range(GRID):
            if 0 <= row + down < GRID and 0 <= column + right < GRID:
                expected[:, row, column] = source[:, row + down, column + right]
    assert (_moved(images, down, right) == expected).all()


def test_pixels_or_whole_rows_are_interpolated() -> None:
    rows = np.array([[0, 10], [4, 20], [8, 40]], dtype=np.float32)
    index, share = np.array([1, 0]), np.array([0.25, 0.5], dtype=np.float32)
    # A quarter of the way from the second row to the third, and half of the way from the first to the second.
    assert interpolate(rows, index, share[:, np.newaxis]).tolist() == [[5, 25], [2, 15]]
    assert interpolate(rows[:, 0], index, share).tolist() == [5, 2]


def test_half_a_pixel_is_the_mean_of_two() -> None:
    image = np.zeros((1, GRID, GRID), dtype=np.float32)
    image[0, 10, 10], image[0, 10, 11] = 0.2, 0.6
    moved = _moved(image.reshape(1, -1), right=0.5)[0]
    assert moved[10, 9:12] == pytest.approx([0.1, 0.4, 0.3])


def test_a_quarter_down_and_half_right_weighs_four_pixels() -> None:
    image = np.zeros((1, GRID, GRID), dtype=np.float32)
    image[0, 5:7, 5:7] = [[0.1, 0.3], [0.5, 0.9]]
    # ¾ of the upper row's mean 0.2 and ¼ of the lower row's mean 0.7.
    assert _moved(image.reshape(1, -1), 0.25, 0.5)[0, 5, 5] == pytest.approx(0.75 * 0.2 + 0.25 * 0.7)


def test_between_the_border_and_the_paper_beyond_it_fades() -> None:
    image = np.ones((1, GRID * GRID), dtype=np.float32)
    moved = _moved(image, down=-0.25)[0]
    assert moved[0] == pytest.approx(0.75)
    assert (moved[1:] == 1).all()


def test_a_batch_is_its_rows_one_by_one() -> None:
    images = _images(7)
    places = np.random.default_rng(2).uniform(-40, 70, (2, *images.shape)).astype(np.float32)
    together = resample(images, places.copy())
    alone = [resample(images[n : n + 1], places[:, n : n + 1].copy())[0] for n in range(7)]
    assert (together == np.array(alone)).all()
    assert together.min() >= 0
    assert together.max() <= 1


def test_no_image_at_all() -> None:
    assert _moved(_images(0)).shape == (0, GRID, GRID)
