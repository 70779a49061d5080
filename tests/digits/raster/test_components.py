import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits.raster.components import label_components


def _flood_fill(mask: NDArray[np.bool_]) -> int:
    """Return how many components there are, by filling one after the other."""
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    count = 0
    while left:
        count += 1
        todo = [left.pop()]
        while todo:
            y, x = todo.pop()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            todo += near
    return count


def test_components_by_hand() -> None:
    # A U whose arms meet in its last row, a diagonal neighbor, and a pixel apart.
    mask = np.array([[1, 0, 1, 0, 0, 1], [1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]], dtype=bool)
    labels = label_components(mask)
    assert labels.tolist() == [[1, 0, 1, 0, 0, 2], [1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]]


def test_runs_that_do_not_touch_are_apart() -> None:
    mask = np.array([[1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [1, 0, 0, 0, 0]], dtype=bool)
    assert label_components(mask).tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 2, 2], [3, 0, 0, 0, 0]]


@pytest.mark.parametrize("density", [0.0, 0.1, 0.3, 0.5, 0.7, 1.0])
def test_components_are_those_of_a_flood_fill(density: float) -> None:
    rng = np.random.default_rng(int(10 * density))
    for _ in range(30):
        mask = rng.random(rng.integers(1, 20, 2)) < density
        labels = label_components(mask)
        assert ((labels > 0) == mask).all()
        count = int(labels.max(initial=0))
        assert count == _flood_fill(mask)
        assert all(_flood_fill(labels == label) == 1 for label in range(1, count + 1))
