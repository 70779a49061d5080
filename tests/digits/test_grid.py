import pytest

from inknet.digits.grid import GRID, PIXELS, default_shape


def test_the_size_of_mnist() -> None:
    assert (GRID, PIXELS) == (28, 784)


@pytest.mark.parametrize(
    ("pixels", "shape"), [(1, (1, 1)), (2, (1, 2)), (9, (3, 3)), (12, (1, 12)), (783, (1, 783)), (784, (28, 28))]
)
def test_a_square_if_possible(pixels: int, shape: tuple[int, int]) -> None:
    assert default_shape(pixels) == shape
