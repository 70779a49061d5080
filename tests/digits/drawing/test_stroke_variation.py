import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inknet.digits import PenDigit, ink_strokes
from inknet.digits.drawing.stroke_variation import vary_strokes
from tests.digits.helpers import SEVEN, fingerprint


def _rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_shipped_model_learned_from_these() -> None:
    # Other numbers mean another shipped model: it would no longer come out of its recipe bit for bit.
    rng = _rng()
    varied = [stroke for _ in range(60) for stroke in vary_strokes(SEVEN, rng)]
    assert fingerprint(varied) == pytest.approx(-95.413785632, rel=1e-6)
    # A single stroke is not moved against the others.
    varied = [stroke for _ in range(60) for stroke in vary_strokes(SEVEN[:1], rng, 2.0)]
    assert fingerprint(varied) == pytest.approx(-2.4274225893, rel=1e-6)
    # How many points a fast pen leaves out depends on how many there are.
    arcs = [np.stack([np.linspace(0, 1, count), np.sin(np.linspace(0, 3, count))], axis=1) for count in (7, 8, 20, 40)]
    varied = [stroke for _ in range(60) for arc in arcs for stroke in vary_strokes([arc], rng)]
    assert fingerprint(varied) == pytest.approx(106.3069108246, rel=1e-6)


def test_no_strength_changes_only_the_unit(held_out: list[PenDigit]) -> None:
    for digit in held_out[::60]:
        varied = vary_strokes(digit.strokes, _rng(), strength=0)
        every = np.concatenate(varied)
        assert np.ptp(every, axis=0).max() == pytest.approx(1)
        assert [len(stroke) for stroke in varied] == [len(stroke) for stroke in digit.strokes]
        assert np.abs(ink_strokes(varied).astype(int) - ink_strokes(digit.strokes)).max() <= 2


def test_the_same_generator_draws_the_same(held_out: list[PenDigit]) -> None:
    strokes = held_out[0].strokes
    before = [stroke.copy() for stroke in strokes]
    first, again, other = (vary_strokes(strokes, _rng(seed)) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert np.abs(ink_strokes(first).astype(int) - ink_strokes(other)).max() > 50
    assert all((a == b).all() for a, b in zip(strokes, before, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.5, 1.0, 3.0])
def test_real_digits_stay_drawings(strength: float, held_out: list[PenDigit]) -> None:
    rng = _rng()
    lengths = []
    for digit in held_out[::10]:
        varied = vary_strokes(digit.strokes, rng, strength)
        assert len(varied) == len(digit.strokes)
        assert all(len(stroke) >= 1 and np.isfinite(stroke).all() for stroke in varied)
        lengths.append(np.ptp(np.concatenate(varied), axis=0).max())
        assert ink_strokes(varied).any()
    # It neither explodes nor collapses: the unit is the digit's longer side.
    assert 0.6 < np.median(lengths) < 1.6


points = st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=30)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.lists(points, min_size=1, max_size=4), st.integers(0, 999))
def test_any_strokes_stay_finite_and_none_gets_lost(drawing: list[list[tuple[float, float]]], seed: int) -> None:
    varied = vary_strokes([np.array(stroke) for stroke in drawing], _rng(seed))
    assert len(varied) == len(drawing)
    for stroke in varied:
        assert stroke.ndim == 2
        assert stroke.shape[1] == 2
        assert len(stroke) >= 1
        assert np.isfinite(stroke).all()


def test_strokes_of_up_to_three_points_are_not_cut() -> None:
    for count in (1, 2, 3):
        stroke = np.arange(2.0 * count).reshape(count, 2)
        assert all(len(vary_strokes([stroke], _rng(seed))[0]) == count for seed in range(20))
    assert {len(vary_strokes([SEVEN[1]], _rng(seed))[0]) for seed in range(60)} == {4, 5, 6}


def test_fast_pens_report_fewer_points(held_out: list[PenDigit]) -> None:
    digit = max(held_out, key=lambda digit: len(digit.strokes[0]))
    counts = [len(vary_strokes(digit.strokes, _rng(seed))[0]) / len(digit.strokes[0]) for seed in range(80)]
    # Half of the strokes keep all their points, but for the cut at an end; of the others a sixth to a half is left.
    assert 0.3 < np.mean(np.array(counts) > 0.8) < 0.7
    assert min(counts) < 0.3
