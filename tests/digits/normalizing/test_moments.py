import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import PenDigit, ink_strokes
from inknet.digits.normalizing.moments import Moments, moment_normalize
from tests.digits.conftest import Mnist
from tests.digits.helpers import center_of_mass, extent


def _bar(
    height: float, width: float, slant: float = 0.0, row: float = 13.5, column: float = 13.5
) -> NDArray[np.float32]:
    """Return a soft bar of that size about a center, leaning by so many columns a row, as (1, 784)."""
    rows, columns = np.mgrid[:28, :28]
    down, across = rows - row, columns - column - slant * (rows - row)
    ink = np.clip(height / 2 + 0.5 - np.abs(down), 0, 1) * np.clip(width / 2 + 0.5 - np.abs(across), 0, 1)
    return ink.astype(np.float32).reshape(1, 784)


def test_moments_by_hand() -> None:
    # Two pixels of ink, 4 rows apart and 2 columns: half a column a row, about row 12 and column 14.
    image = np.zeros((1, 28, 28), dtype=np.float32)
    image[0, 10, 13] = image[0, 14, 15] = 1
    moments = Moments.of(image.reshape(1, 784))
    assert (moments.row[0], moments.column[0], moments.slant[0]) == (12, 14, 0.5)
    # The rows' spread is 2; upright, nothing is left of the columns'. Both would be stretched beyond their limits.
    assert (moments.tall[0], moments.wide[0]) == pytest.approx((0.6, 0.4))
    # A column of ink at each of the columns 8 and 20, from row 6 to 21: spreads of √((16² − 1) / 12) = 4.61 and 6.
    image[:] = 0
    image[0, 6:22, [8, 20]] = 1
    moments = Moments.of(image.reshape(1, 784))
    assert moments.slant[0] == 0
    assert moments.tall[0] == pytest.approx(4.6098 / 5.8, rel=1e-4)
    assert moments.wide[0] == pytest.approx((6 / 4.2) ** 0.75, rel=1e-4)


@pytest.mark.parametrize("slant", [-0.6, -0.3, 0, 0.25, 0.5])
def test_a_slant_is_measured_and_taken_away(slant: float) -> None:
    bar = _bar(18, 3, slant)
    assert Moments.of(bar).slant[0] == pytest.approx(slant, abs=0.02)
    upright = moment_normalize(bar)
    assert Moments.of(upright).slant[0] == pytest.approx(0, abs=0.02)
    # Every row's middle is where the image's middle is.
    image = upright.reshape(28, 28)
    middles = image[6:22] @ np.arange(28) / image[6:22].sum(axis=1)
    assert middles == pytest.approx(13.5, abs=0.1)


@pytest.mark.parametrize("slant", [0.0, 0.3])
@pytest.mark.parametrize("height", [14, 18, 20, 24])
def test_every_bar_comes_out_as_tall_and_in_the_middle(height: float, slant: float) -> None:
    image = moment_normalize(_bar(height, 4, slant, row=12.7, column=14.4)).reshape(28, 28)
    assert center_of_mass(image) == pytest.approx((13.5, 13.5), abs=0.1)
    # A bar with a spread of 5.8 is 5.8 · √12 = 20.1 pixels tall.
    assert image[:, 13:15].sum(axis=0) == pytest.approx(20.1, abs=0.5)


def _third_moments(image: NDArray[np.float32]) -> list[float]:
    """Return the third central moments of the rows' and of the columns' ink; the signs tell where it tapers off."""
    sums = image.sum(axis=1), image.sum(axis=0)
    return [float(ink @ (np.arange(28) - np.arange(28) @ ink / ink.sum()) ** 3 / ink.sum()) for ink in sums]


def test_nothing_is_mirrored() -> None:
    # An L: its foot is at the lower right.
    letter = np.zeros((28, 28), dtype=np.float32)
    letter[5:23, 9:12], letter[20:23, 9:19] = 1, 1
    for rows, columns in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        turned = np.ascontiguousarray(letter[::rows, ::columns])
        down, across = _third_moments(moment_normalize(turned.reshape(1, 784)).reshape(28, 28))
        assert down * rows < -50
        assert across * columns > 15


def test_widths_are_brought_near_each_other_but_not_to_the_same() -> None:
    narrow, wide = (moment_normalize(_bar(20, width)).reshape(28, 28)[13].sum() for width in (8, 16))
    assert wide / narrow == pytest.approx(2**0.25, rel=0.05)


@pytest.mark.parametrize("slant", [-3.0, 3.0])
def test_nothing_is_sheared_further_than_one_column_a_row(slant: float) -> None:
    image = np.zeros((1, 28, 28), dtype=np.float32)
    for row in range(11, 17):
        image[0, row, round(14 + slant * (row - 13.5))] = 1
    assert Moments.of(image.reshape(1, 784)).slant[0] == np.sign(slant)


def test_a_dash_stays_a_dash_and_nothing_remains_nothing() -> None:
    images = np.zeros((3, 28, 28), dtype=np.float32)
    images[0, 14, 4:24] = 1
    images[1, 14, 14] = 1
    rows = images.reshape(3, 784)
    assert (Moments.of(rows).slant == 0).all()
    dash, dot, blank = moment_normalize(rows).reshape(3, 28, 28)
    assert extent(dash)[0] <= 4
    assert extent(dash)[1] >= 15
    assert max(extent(dot)) <= 5
    assert not blank.any()


@pytest.mark.slow
def test_digits_are_upright_and_equally_tall_after(mnist_test: Mnist, held_out: list[PenDigit]) -> None:
    drawn = np.array([ink_strokes(digit.strokes).ravel() for digit in held_out[::3]], dtype=np.float32)
    images = np.concatenate([mnist_test[0][:2000], drawn / np.float32(255)])
    before, after = Moments.of(images), Moments.of(moment_normalize(images))
    kept = np.abs(before.slant) < 1
    assert kept.mean() > 0.99
    assert np.abs(before.slant).mean() > 0.15
    assert np.abs(after.slant[kept]).mean() < 0.02
    assert before.tall.std() > 0.08
    assert after.tall.std() < 0.02
    assert after.tall.mean() == pytest.approx(1, abs=0.02)
    assert after.wide.std() < 0.5 * before.wide.std()
    for name in ("row", "column"):
        assert np.abs(getattr(after, name) - 13.5).max() < 0.5


def test_what_is_normal_changes_little(mnist_test: Mnist) -> None:
    once = moment_normalize(mnist_test[0][:500])
    # Widths go on toward each other; heights and slants have arrived.
    twice = Moments.of(moment_normalize(once))
    assert np.abs(twice.tall - Moments.of(once).tall).max() < 0.1
    assert np.abs(twice.slant).mean() < 0.02


def test_many_images_are_each_as_alone(mnist_test: Mnist) -> None:
    # More than are taken at a time.
    images = mnist_test[0][:1100]
    together = moment_normalize(images)
    for number in (0, 255, 256, 511, 512, 1099):
        # Sums of a batch may be added up in another order.
        assert moment_normalize(images[number : number + 1])[0] == pytest.approx(together[number], abs=1e-4)
    assert moment_normalize(images[:0]).shape == (0, 784)
