import numpy as np

from inknet.digits.raster.fill import fill_unknown


def test_rings_by_hand() -> None:
    values = np.array([[8, 7, 7, 7], [4, 7, 7, 7]], dtype=np.float32)
    known = np.array([[True, False, False, False], [True, False, False, False]])
    before = values.copy(), known.copy()
    # Each unknown pixel is the mean of the neighbors that were known before its ring.
    assert fill_unknown(values, known).tolist() == [[8, 6, 6, 6], [4, 6, 6, 6]]
    assert (values == before[0]).all()
    assert (known == before[1]).all()


def test_the_nearest_values() -> None:
    known = np.zeros((5, 9), dtype=np.bool_)
    known[:, 0], known[:, -1] = True, True
    values = np.where(np.arange(9) < 4, 1, 3) * np.ones((5, 1))
    filled = fill_unknown(values.astype(np.float32), known)
    assert (filled[:, :4] == 1).all()
    assert (filled[:, 5:] == 3).all()
    assert (filled[:, 4] == 2).all()


def test_nothing_to_fill_or_to_fill_from() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert (fill_unknown(values, np.ones((2, 3), np.bool_)) == values).all()
    assert not fill_unknown(values, np.zeros((2, 3), np.bool_)).any()
