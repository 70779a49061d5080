import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from inknet.digits.raster.quantiles import median, quantile

VALUES = arrays(np.float32, st.integers(1, 120), elements=st.floats(0, 1, width=32))


@given(values=VALUES)
def test_the_median_is_numpys(values: NDArray[np.float32]) -> None:
    assert median(values) == float(np.median(values))


@pytest.mark.slow
@given(values=VALUES, share=st.floats(0, 1))
def test_a_quantile_is_numpys(values: NDArray[np.float32], share: float) -> None:
    assert quantile(values, share) == pytest.approx(float(np.quantile(values.astype(np.float64), share)))


def test_quantiles_by_hand() -> None:
    values = np.array([0.75, 0.0, 0.25, 0.5, 1.0], dtype=np.float32)
    assert [quantile(values, share) for share in (0, 0.5, 0.625, 1)] == [0, 0.5, 0.625, 1]
    assert median(values[:4]) == 0.375
    # Between the second and the third of four.
    assert quantile(values[:4], 0.5) == 0.375
