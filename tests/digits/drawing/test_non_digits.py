"""Drawings that are not digits: of every kind, decided by the generator, as the shipped model learned from."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import ink_strokes
from inknet.digits.drawing.non_digits import NON_DIGITS, draw_non_digit, trace
from tests.digits.helpers import fingerprint

Draw = Callable[[np.random.Generator], list[NDArray[np.float64]]]


def test_a_straight_stroke_has_eight_points_per_corner() -> None:
    # From (0, 6) to (2, 6) and up to (2, 2).
    points = trace("06 26 22")
    assert len(points) == 17
    assert points[:9].tolist() == [[step / 4, 6] for step in range(9)]
    assert points[9:].tolist() == [[2, 6 - step / 2] for step in range(1, 9)]


def test_a_round_stroke_has_its_corners_cut_three_times() -> None:
    # Each time, a corner becomes points at a quarter and three quarters of the lines around it; the ends stay.
    points = trace("~00 40 44")
    assert len(points) == 24, "two for each of two lines, and the ends: 3, 6, 12, 24"
    assert points[:4].tolist() == [[0, 0], [1 / 16, 0], [3 / 16, 0], [6 / 16, 0]]
    assert points[-1].tolist() == [4, 4]
    # The corner goes: what is nearest to it is symmetric, and inside.
    assert points[11:13].tolist() == [[3.375, 0.375], [3.625, 0.625]]
    assert (points == 4 - points[::-1, ::-1]).all()


@pytest.mark.slow
@pytest.mark.parametrize("draw", NON_DIGITS, ids=lambda draw: draw.__name__)
def test_every_kind_can_be_inked_and_varies(draw: Draw) -> None:
    rng = np.random.default_rng(0)
    images = {ink_strokes(draw(rng)).tobytes() for _ in range(30)}
    assert len(images) >= 25


#: What a generator of seed 3 draws in 40 calls. Another number means another shipped model: it would no longer come out
#: of its recipe bit for bit.
DRAWN = {
    "sign": -178.75285,
    "scribble": 472.36366,
    "lines": -154.8272,
    "crossed_circle": 24.235973,
    "wave": 69.164392,
    "spiral": -37.39349,
    "shapes": -141.6853,
}


@pytest.mark.parametrize("draw", NON_DIGITS, ids=lambda draw: draw.__name__)
def test_the_shipped_model_learned_from_these(draw: Draw) -> None:
    rng = np.random.default_rng(3)
    strokes = [stroke for _ in range(40) for stroke in draw(rng)]
    assert fingerprint(strokes) == pytest.approx(DRAWN[draw.__name__], rel=1e-6)


def test_one_in_three_is_a_sign() -> None:
    rng = np.random.default_rng(3)
    strokes = [stroke for _ in range(60) for stroke in draw_non_digit(rng)]
    assert fingerprint(strokes) == pytest.approx(-71.428198, rel=1e-6)
