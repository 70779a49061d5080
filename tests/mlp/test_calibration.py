"""Calibration: bins and error by hand, and the properties that the error must have."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inknet.mlp import InputError
from inknet.mlp.calibration import expected_calibration_error, reliability
from tests.mlp.helpers import one_sentence


def test_bins_by_hand() -> None:
    # Four bins; a confidence on an edge belongs to the bin below it, and 0 to the first.
    bins = reliability([0.0, 0.25, 0.26, 0.9, 1.0, 1.0], [False, True, False, True, True, False], bins=4)
    assert [(part.low, part.high) for part in bins] == [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]
    assert [part.count for part in bins] == [2, 1, 0, 3]
    assert (bins[0].confidence, bins[0].accuracy) == (0.125, 0.5)
    assert (bins[1].confidence, bins[1].accuracy) == (0.26, 0)
    assert math.isnan(bins[2].confidence)
    assert math.isnan(bins[2].accuracy)
    assert bins[3].confidence == pytest.approx(2.9 / 3)
    assert bins[3].accuracy == pytest.approx(2 / 3)


def test_error_by_hand() -> None:
    # (2 × |0.125 − 0.5| + 1 × |0.26 − 0| + 3 × |2.9/3 − 2/3|) / 6 = (0.75 + 0.26 + 0.9) / 6
    error = expected_calibration_error(
        [0.0, 0.25, 0.26, 0.9, 1.0, 1.0], [False, True, False, True, True, False], bins=4
    )
    assert error == pytest.approx(1.91 / 6)


def test_calibrated_predictions_have_a_small_error_and_overconfident_ones_a_large_one() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.1, 1, 100_000)
    right = rng.random(100_000) < sure
    assert expected_calibration_error(sure, right) < 0.01
    assert expected_calibration_error(np.ones(100_000), right) == pytest.approx(1 - right.mean())


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50), st.integers(1, 30))
def test_every_prediction_is_in_one_bin_and_the_error_is_bounded(answers: list[tuple[float, bool]], bins: int) -> None:
    sure, right = zip(*answers, strict=True)
    parts = reliability(sure, right, bins)
    assert sum(part.count for part in parts) == len(answers)
    for part in parts:
        assert part.count == 0 or part.low - 1e-9 <= part.confidence <= part.high + 1e-9
    error = expected_calibration_error(sure, right, bins)
    assert 0 <= error <= 1
    # What lies in one bin only can only cancel out: one bin is the least that the error can be.
    assert error >= abs(np.mean(sure) - np.mean(right)) - 1e-9


@pytest.mark.parametrize(
    ("confidences", "right", "bins"),
    [([], [], 15), ([0.5], [True, False], 15), ([1.1], [True], 15), ([float("nan")], [True], 15), ([0.5], [True], 0)],
)
def test_invalid_arguments_are_refused(confidences: list[float], right: list[bool], bins: int) -> None:
    with pytest.raises(InputError) as caught:
        reliability(confidences, right, bins)
    one_sentence(caught.value)


def test_there_are_fifteen_bins_by_default() -> None:
    sure = np.linspace(0, 1, 400)
    assert len(reliability(sure, sure > 0.5)) == 15
    assert expected_calibration_error(sure, sure > 0.5) == expected_calibration_error(sure, sure > 0.5, 15)
    assert expected_calibration_error([0.34, 0.39], [True, False]) == pytest.approx(
        0.5 - 0.365
    )  # in one bin of 15, not of 14 or 16


@pytest.mark.parametrize(("confidence", "fits"), [(0.0, True), (-1e-9, False), (1 + 1e-7, True), (1 + 1e-5, False)])
def test_a_confidence_may_exceed_1_by_rounding_only(confidence: float, fits: bool) -> None:
    if fits:
        assert sum(part.count for part in reliability([confidence], [True])) == 1
    else:
        with pytest.raises(InputError):
            reliability([confidence], [True])
