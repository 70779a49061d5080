"""The page around a canvas."""

import numpy as np
import pytest
from PIL import Image

from inknet.digits import PenDigit
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.imaging.borders import Border
from inknet.digits.imaging.page import crop_to_canvas
from tests.digits.helpers import difference_in_ink, draw_on_paper, encode


@pytest.mark.parametrize(("ink", "paper", "page"), [(0, 255, 40), (255, 0, 255), (30, 255, 238), (0, 200, 120)])
def test_a_canvas_on_a_page(ink: int, paper: int, page: int, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        canvas = draw_on_paper(digit, ink, paper)
        whole = Image.new("L", (420, 360), page)
        whole.paste(canvas, (90, 35))
        assert difference_in_ink(whole, canvas) < 0.02
        assert difference_in_ink(encode(whole, "JPEG", quality=70), canvas) < 0.02


def test_what_is_no_canvas_stays(held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(0)
    for digit in held_out[::5]:
        page = 1 - draw_on_canvas(digit.strokes, rng).astype(np.float32) / np.float32(255)
        assert crop_to_canvas(page, Border(page)) is page
    # Thick ones.
    one = np.ones((200, 200), dtype=np.float32)
    one[20:180, 80:120] = 0
    assert crop_to_canvas(one, Border(one)) is one
    bar = np.ones((200, 60), dtype=np.float32)
    bar[5:195, 5:55] = 0
    assert crop_to_canvas(bar, Border(bar)) is bar
