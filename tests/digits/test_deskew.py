import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import PenDigit, ink_strokes
from inknet.digits.deskew import STEEPEST, deskew, measure_slant
from tests.digits.conftest import Mnist
from tests.digits.helpers import centre_of_mass


def _line(slant: float, centre: float = 13.5) -> NDArray[np.float32]:
    """Return a soft line of 18 rows that leans by so many columns a row."""
    rows, columns = np.mgrid[:28, :28]
    off = columns - centre - slant * (rows - 13.5)
    image = np.clip(2 - np.abs(off), 0, 1) * ((rows >= 5) & (rows < 23))
    return image.astype(np.float32).reshape(1, 784)


@pytest.mark.parametrize("slant", [-0.6, -0.3, 0, 0.25, 0.5])
def test_a_slant_is_measured_and_taken_away(slant: float) -> None:
    line = _line(slant)
    measured, centre = measure_slant(line)
    assert measured[0] == pytest.approx(slant, abs=0.02)
    assert centre[0] == pytest.approx(13.5, abs=0.01)
    upright = deskew(line)
    assert measure_slant(upright)[0][0] == pytest.approx(0, abs=0.02)
    # Every row's middle is where the line's middle is.
    image = upright.reshape(28, 28)
    middles = image[6:22] @ np.arange(28) / image[6:22].sum(axis=1)
    assert middles == pytest.approx(13.5, abs=0.1)


def test_a_slant_by_hand() -> None:
    # Two pixels of ink, 4 rows apart and 2 columns: half a column a row about row 12.
    image = np.zeros((1, 28, 28), dtype=np.float32)
    image[0, 10, 13] = image[0, 14, 15] = 1
    slant, centre = measure_slant(image.reshape(1, 784))
    assert (slant[0], centre[0]) == (0.5, 12)
    # Row 10 is taken from one column to the left, row 14 from one to the right: both land in column 14.
    assert np.argwhere(deskew(image.reshape(1, 784)).reshape(28, 28)).tolist() == [[10, 14], [14, 14]]


def test_an_upright_image_is_the_same() -> None:
    image = np.zeros((1, 28, 28), dtype=np.float32)
    image[0, 5:20, 10:15] = 0.7
    assert (deskew(image.reshape(1, 784)).reshape(28, 28) == image).all()


@pytest.mark.parametrize("slant", [-3.0, 3.0])
def test_nothing_is_sheared_further_than_the_steepest(slant: float) -> None:
    image = np.zeros((1, 28, 28), dtype=np.float32)
    for row in range(11, 17):
        image[0, row, round(14 + slant * (row - 13.5))] = 1
    assert measure_slant(image.reshape(1, 784))[0][0] == np.sign(slant) * STEEPEST


def test_a_dash_and_a_blank_image_have_no_slant() -> None:
    images = np.zeros((3, 28, 28), dtype=np.float32)
    images[0, 14, 4:24] = 1
    images[1, 14, 14] = 1
    rows = images.reshape(3, 784)
    assert (measure_slant(rows)[0] == 0).all()
    assert (deskew(rows) == rows).all()


def test_digits_are_upright_after(mnist_test: Mnist, held_out: list[PenDigit]) -> None:
    drawn = np.array([ink_strokes(digit.strokes).ravel() for digit in held_out[::3]], dtype=np.float32) / np.float32(
        255
    )
    images = np.concatenate([mnist_test[0][:2000], drawn])
    before, after = measure_slant(images)[0], measure_slant(deskew(images))[0]
    kept = np.abs(before) < STEEPEST
    assert kept.mean() > 0.99
    assert np.abs(after[kept]).mean() < 0.02
    assert np.abs(before).mean() > 0.15
    # It is turned about the centre of mass, which stays; so does the ink, but for what a border cuts off.
    for image, upright in zip(images[::50], deskew(images[::50]), strict=True):
        assert centre_of_mass(upright.reshape(28, 28)) == pytest.approx(centre_of_mass(image.reshape(28, 28)), abs=0.2)
        assert upright.sum() == pytest.approx(image.sum(), rel=0.03)


def test_many_images_are_each_as_alone(mnist_test: Mnist) -> None:
    # More than are taken at a time.
    images = mnist_test[0][:1100]
    together = deskew(images)
    for number in (0, 511, 512, 1023, 1024, 1099):
        # Sums of a batch may be added up in another order.
        assert deskew(images[number : number + 1])[0] == pytest.approx(together[number], abs=1e-4)
    assert deskew(images[:0]).shape == (0, 784)
