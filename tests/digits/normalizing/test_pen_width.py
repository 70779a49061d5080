import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inknet.digits.normalizing.pen_width import change_width, measure_width, pad_with_paper

FINER = 8


def _line(width: float, *, angle: float = 0.0, length: float = 60, offset: float = 2.0) -> NDArray[np.float32]:
    """Return a line of a known width, drawn at eight times the size and shrunk, and so many eighths off the middle."""
    side = 100 * FINER
    image = Image.new("L", (side, side), 0)
    along = np.array([np.cos(angle), np.sin(angle)]) * length * FINER / 2
    ends = [tuple(side / 2 + offset + along), tuple(side / 2 + offset - along)]
    ImageDraw.Draw(image).line(ends, fill=255, width=round(width * FINER))
    return np.asarray(image.reduce(FINER), dtype=np.float32) / np.float32(255)


@pytest.mark.parametrize("width", [3, 4, 5, 6, 7.5, 9, 12])
@pytest.mark.parametrize("angle", [0.0, np.pi / 2, np.pi / 4, 0.4, -1.1])
def test_a_line_is_measured_within_half_a_pixel_of_the_result(width: float, angle: float) -> None:
    # Widths are measured at three times the result's size.
    assert measure_width(_line(width, angle=angle, length=90)) == pytest.approx(width, abs=1.5)


def test_lines_are_measured_right_on_average() -> None:
    errors = [
        measure_width(_line(width, angle=angle, length=90, offset=offset)) - width
        for angle in np.linspace(0, np.pi, 9)
        for width in (3, 4, 5, 6, 7.5, 9)
        for offset in range(8)
    ]
    assert abs(np.mean(errors)) < 0.25
    assert np.std(errors) < 0.6


@pytest.mark.parametrize("margin", [0, 1, 5])
def test_a_margin_of_paper(margin: int) -> None:
    for image in (np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32), np.ones((3, 1), dtype=np.bool_)):
        padded = pad_with_paper(image, margin)
        assert padded.dtype == image.dtype
        assert (padded == np.pad(image, margin)).all()


def test_a_line_of_one_pixel() -> None:
    ink = np.zeros((30, 30), dtype=np.float32)
    ink[15, 3:27] = 1
    assert measure_width(ink) == pytest.approx(2.8)  # every pixel is one from the paper: 4 × (1 − 0.3)


def test_a_blot_on_a_line_does_not_count() -> None:
    line = _line(6, length=90)
    blotted = line.copy()
    blotted[44:57, 44:57] = 1
    assert measure_width(blotted) == pytest.approx(measure_width(line), abs=1)


def test_a_blank_image_has_no_width() -> None:
    assert measure_width(np.zeros((20, 20), dtype=np.float32)) == 0


def test_ink_up_to_the_border_ends_there() -> None:
    # Beyond the image is paper, so a bar that fills the image's height is as wide as the image is high.
    ink = np.ones((6, 90), dtype=np.float32)
    assert measure_width(ink) == pytest.approx(6, abs=1)


@pytest.mark.parametrize("width", [4, 7, 12, 20])
@pytest.mark.parametrize("by", [-12, -5, -2, -1, 1, 2, 5, 12])
def test_a_width_is_changed_by_what_it_says(width: int, by: int) -> None:
    ink = np.zeros((80, 200), dtype=np.float32)
    ink[30 : 30 + width] = 1
    changed = change_width(ink, by)
    # Down the middle, the ink's sum is the width, half of the change at either side.
    assert changed[:, 100].sum() == pytest.approx(max(0, width + by), abs=1e-4)
    if width + by > 0:
        center = np.arange(80) @ changed[:, 100] / changed[:, 100].sum()
        assert center == pytest.approx(30 + (width - 1) / 2)


@pytest.mark.parametrize(("by", "change"), [(25.5, 25.5), (26, 26), (27, 26), (100, 26), (-27, -26), (-100, -26)])
def test_an_edge_moves_by_13_pixels_at_most(by: float, change: float) -> None:
    ink = np.zeros((140, 140), dtype=np.float32)
    ink[40:100] = 1
    for image in (ink, ink.T):
        assert change_width(image, by).sum() == pytest.approx(140 * (60 + change), rel=1e-5)


def test_half_ink_is_paper() -> None:
    half = np.full((9, 9), 0.5, dtype=np.float32)
    assert measure_width(half) == 0
    assert not change_width(half, 0).any()


def test_a_blot_is_as_wide_as_distances_go() -> None:
    # To the left and right they are known up to 28 pixels.
    assert measure_width(np.ones((400, 400), dtype=np.float32)) == pytest.approx(4 * (28 - 0.3))


def test_the_middle_half_of_the_distances_counts() -> None:
    # Ten dots, 0.3 inside of an edge each, and a bar of 2×5; of its pixels all are one pixel from the paper, too.
    ink = np.zeros((40, 60), dtype=np.float32)
    ink[2, 2:22:2] = 1
    ink[20:25, 5:55] = 1
    # Of 260 distances, 10 and 106 are 1, 98 are 2, and 46 are 3; from the 65th to the 195th they count.
    expected = (116 - 65) * 1 + 79 * 2
    assert measure_width(ink) == pytest.approx(4 * (expected / 130 - 0.3))


def test_no_change_sharpens_the_edge_and_moves_nothing() -> None:
    ink = np.zeros((20, 20), dtype=np.float32)
    ink[5:12, 4:9] = 1
    assert (change_width(ink, 0) == ink).all()


@pytest.mark.parametrize("radius", [20, 30, 45])
@pytest.mark.parametrize("by", [-100, -40, -27, -20, -6, 6, 20, 27, 40, 100])
def test_a_blot_has_no_hole_and_no_ring(radius: int, by: int) -> None:
    y, x = np.mgrid[:160, :160]
    from_center = np.hypot(x - 80, y - 80)
    changed = change_width((from_center < radius).astype(np.float32), by)
    # From the middle outwards, ink ends once: no value rises again.
    order = np.argsort(from_center[80, 80:])
    outward = changed[80, 80:][order]
    assert (np.diff(outward) <= 1e-6).all()
    assert changed[80, 80] == 1
    # The change is what was asked for, as far as distances are looked for: 13 pixels on either side.
    expected = radius + min(max(by, -26), 26) / 2
    assert np.sqrt(changed.sum() / np.pi) == pytest.approx(expected, abs=0.75)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(-30, 30), st.integers(0, 999))
def test_any_ink_stays_ink(height: int, width: int, by: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = (rng.random((height, width)) < rng.choice([0.02, 0.3, 0.9])).astype(np.float32)
    changed = change_width(ink, by)
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1
    # Wider covers what was there, narrower is covered by it.
    assert ((changed >= ink) if by >= 0 else (changed <= ink)).all()


def test_distances_are_those_of_a_search_over_all_pixels() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        height, width = (int(n) for n in rng.integers(1, 30, 2))
        mask = rng.random((height, width)) < rng.choice([0.02, 0.3])
        # Widening by 2 d inks a pixel to the share by which its distance, less half a pixel, falls short of d + ½.
        inked = np.argwhere(mask)
        if len(inked) == 0:
            continue
        y, x = np.mgrid[:height, :width]
        nearest = np.sqrt(((y[..., None] - inked[:, 0]) ** 2 + (x[..., None] - inked[:, 1]) ** 2).min(axis=2))
        expected = np.where(mask, 1, np.clip(0.5 + 3 - (nearest - 0.5), 0, 1))
        assert change_width(mask.astype(np.float32), 6) == pytest.approx(expected, abs=1e-5)
