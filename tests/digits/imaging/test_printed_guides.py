"""Faint print under a drawing."""

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from inknet.digits import PenDigit
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.imaging.printed_guides import remove_printed_guides
from tests.digits.helpers import difference_in_ink, draw_on_paper


@pytest.mark.parametrize("shade", [200, 225])
def test_a_faint_digit_to_write_over(shade: int, held_out: list[PenDigit]) -> None:
    for digit in held_out[::300]:
        page = draw_on_paper(digit)
        printed = Image.new("L", page.size, 255)
        ImageDraw.Draw(printed).text((140, 140), "8", font=ImageFont.load_default(200), fill=shade, anchor="mm")
        assert difference_in_ink(ImageChops.darker(printed, page), page) < 0.02


def test_soft_edges_are_no_print(held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(0)
    for digit in held_out[::30]:
        ink = draw_on_canvas(digit.strokes, rng).astype(np.float32) / np.float32(255)
        assert remove_printed_guides(ink) is ink
