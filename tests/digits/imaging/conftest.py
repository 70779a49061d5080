"""A drawing that several tests of imaging share."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import PenDigit
from tests.digits.helpers import canvas_of


@pytest.fixture(scope="session")
def drawn(held_out: list[PenDigit]) -> NDArray[np.uint8]:
    """Return a 3 on a canvas of 280×280: the ink of each pixel, 0 to 255."""
    return canvas_of(next(digit for digit in held_out if digit.label == 3).strokes)
