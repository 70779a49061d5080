from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import NoInkError, PenDigit, Recognizer, normalize, read_ink
from inknet.digits.imaging.uneven_light import _smooth_light, ink_under_uneven_light
from tests.digits.helpers import fingerprint
from tests.digits.photos import STYLES, photograph


def _plane(size: tuple[int, int] = (300, 400)) -> NDArray[np.float32]:
    """Return paper under a light that falls off, with the edge of a shadow across, and grain."""
    y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    light = 0.8 - 0.15 * x - 0.1 * y**2 - 0.2 / (1 + np.exp(-(x + 0.4 * y) / 0.1))
    return (light + np.random.default_rng(0).normal(0, 0.01, size)).astype(np.float32)


def _falling_light() -> NDArray[np.float32]:
    """Return paper, 100×200, under light that falls from 1 at the left to 0.1 at the right: 0.55 on average."""
    return np.tile(1 - 0.9 * (np.arange(200) + 0.5) / 200, (100, 1)).astype(np.float32)


def test_ink_takes_a_share_of_the_light_but_not_of_the_deepest_shadow() -> None:
    plane = _falling_light()
    for columns in (slice(20, 120), slice(184, 192)):
        plane[30:70, columns] *= 0.5
    ink = ink_under_uneven_light(plane)
    # Half of the light anywhere: half of 0.55, as a paper of this light would show.
    assert ink[50, 20:120] == pytest.approx(1, abs=0.01)
    # Below half of the average light, 0.275, a shadow is not made up for; Otsu's threshold is just above what is left.
    contrast = 0.5 * _falling_light()[50, 187] * 0.55 / 0.275
    threshold = np.ceil(contrast / (0.275 / 128)) * 0.275 / 128
    assert ink[50, 187] == pytest.approx(float((contrast - threshold / 2) / (0.275 - threshold / 2)), abs=0.05)
    ink[29:71] = 0
    assert not ink.any()


def test_chalk_is_told_by_its_difference() -> None:
    plane = _falling_light()
    plane[30:70, 20:120] += 0.3
    ink = ink_under_uneven_light(plane)
    assert ink[30:70, 20:120] == pytest.approx(1, abs=0.01)
    ink[30:70, 20:120] = 0
    assert not ink.any()


def test_full_ink_is_the_median_beyond_otsus_threshold() -> None:
    # Faint marks of 0.1, more than there is ink of 0.4: the threshold is the upper end of the faint ones' bin.
    plane = np.full((200, 200), 0.9, dtype=np.float32)
    plane[50:150, 40:60] = 0.5
    for left in range(80, 200, 25):
        plane[50:150, left : left + 10] = 0.8
    ink = ink_under_uneven_light(plane)
    threshold = np.ceil(0.1 / (0.4 / 128)) * 0.4 / 128
    assert ink[50:150, 40:60] == pytest.approx(1, abs=1e-4)
    assert ink[50:150, 80:90] == pytest.approx(float((0.1 - threshold / 2) / (0.4 - threshold / 2)), abs=1e-3)


@pytest.mark.parametrize(("contrast", "is_ink"), [(0.05, False), (0.07, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_ink_differs_from_the_paper(contrast: float, is_ink: bool, sign: int) -> None:
    plane = np.full((200, 200), 0.5, dtype=np.float32)
    plane[50:150, 40:60] += np.float32(sign * contrast)
    assert ink_under_uneven_light(plane).any() == is_ink


@pytest.mark.parametrize(("grain", "is_ink"), [(0.02, True), (0.035, False)])
def test_ink_differs_from_the_paper_by_more_than_its_grain(grain: float, is_ink: bool) -> None:
    plane = np.full((200, 200), 0.5, dtype=np.float32)
    plane += np.where(np.indices(plane.shape).sum(axis=0) % 2, grain, -grain).astype(np.float32)
    # Of 1.4826 times the median deviation, 5 are 0.15 or 0.26.
    plane[50:150, 40:60] -= np.float32(0.19)
    ink = ink_under_uneven_light(plane)
    assert (ink[50:150, 40:60] > 0.5).mean() == pytest.approx(1 if is_ink else 0)


@pytest.mark.parametrize(("pixels", "is_ink"), [(7, False), (8, True)])
def test_ink_covers_some_of_the_image(pixels: int, is_ink: bool) -> None:
    # 0.02 % of 40,000 pixels.
    plane = np.full((200, 200), 0.5, dtype=np.float32)
    plane[100, 100 : 100 + pixels] = 0.1
    assert np.count_nonzero(ink_under_uneven_light(plane)) == (pixels if is_ink else 0)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_blot_beside_the_edge_of_a_shadow(sign: int) -> None:
    # The blot covers half of the median's window, 119×119.
    plane = np.full((300, 300), 0.5, dtype=np.float32)
    plane[:, 180:] *= 0.6
    plane[100:184, 60:144] += np.float32(sign * 0.4)
    ink = ink_under_uneven_light(plane)
    assert (ink[100:184, 60:144] > 0.8).mean() > 0.95
    ink[97:187, 57:147] = 0
    assert (ink > 0.3).mean() < 0.01


def _coarse(margin: int = 0, inside: int = 0, faint: int = 0, ink: float = 0.2) -> NDArray[np.float32]:
    """Return paper of 48×48 with so many pixels of ink in its margin of 3 pixels and inside, and of faint marks."""
    plane = np.full((48, 48), 0.8, dtype=np.float32)
    is_margin = np.ones(plane.shape, dtype=np.bool_)
    is_margin[3:-3, 3:-3] = False
    # Spread evenly: 5 and 7 divide neither 540 nor 42².
    places = np.argwhere(is_margin)[np.arange(540) * 7 % 540], np.argwhere(~is_margin)[np.arange(42**2) * 5 % 42**2]
    for where, count, level in ((places[0], margin, ink), (places[1], inside, ink), (places[1][::-1], faint, 0.7)):
        plane[tuple(where[:count].T)] = level
    return plane


@pytest.mark.parametrize(
    ("coarse", "is_smooth"),
    [
        (_coarse(margin=108), True),  # a fifth of 540 pixels
        (_coarse(margin=109), False),
        (_coarse(inside=1382), True),  # 922 of 2,304 pixels are paper: 40.02 %
        (_coarse(inside=1383), False),
        (_coarse(inside=21, faint=10), True),
        (_coarse(inside=20, faint=10), False),  # twice as many as there are faint pixels
        (_coarse(inside=50, ink=0.59), True),
        (_coarse(inside=50, ink=0.61), False),  # differs by less than 0.2
    ],
)
def test_smooth_light_falls_on_paper_and_clear_ink(coarse: NDArray[np.float32], is_smooth: bool) -> None:
    found = _smooth_light(coarse)
    assert (found is not None) == is_smooth
    if found is not None:
        # The paper is level.
        assert found == pytest.approx(np.diag([0.8, 0, 0]), abs=0.02)


def _photographs() -> dict[str, NDArray[np.float32]]:
    """Return ink under smooth light, with some in the margin, beside the edge of a shadow, and on a small image."""
    shadow = _plane()
    shadow[60:180, 150:240] *= 0.5
    y, x = np.mgrid[-1:1:160j, -1:1:200j]
    smooth = (0.8 - 0.2 * x + 0.1 * y - 0.15 * x * y - 0.1 * x * x).astype(np.float32)
    smooth += np.random.default_rng(1).normal(0, 0.01, smooth.shape).astype(np.float32)
    smooth[:90, 60:80] *= 0.4
    smooth[60:130, 90:150] *= 0.6
    return {"smooth": smooth, "shadow": shadow, "chalk": 1 - shadow, "small": shadow[40:70, 140:185]}


@pytest.mark.parametrize(
    ("name", "expected"), [("smooth", 107.254285), ("shadow", -300.074114), ("chalk", -300.308586), ("small", 2.689746)]
)
def test_the_answers_of_the_documentation_were_measured_with_this_ink(name: str, expected: float) -> None:
    # Another number means other ink: the figures for photographs must be measured again.
    assert fingerprint([ink_under_uneven_light(_photographs()[name])]) == pytest.approx(expected, rel=1e-4)


def _share_read(reader: Recognizer, photos: Iterable[tuple[int, bytes]]) -> float:
    def read(photo: bytes) -> int | None:
        try:
            return reader.recognize(photo).digit
        except NoInkError:
            return None

    return float(np.mean([read(photo) == label for label, photo in photos]))


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_cross_is_all_there_and_nothing_else(sign: int) -> None:
    plane = _plane()
    cross = np.zeros(plane.shape, dtype=bool)
    cross[100:200, 195:205] = True
    cross[145:155, 150:250] = True
    # Dark ink takes away a share of the light; chalk is told by its difference.
    plane[cross] = plane[cross] + 0.3 if sign > 0 else plane[cross] * 0.5
    ink = ink_under_uneven_light(plane)
    assert ink.dtype == np.float32
    assert (ink[cross] > 0.6).mean() > 0.99
    assert ink[~cross].max() < 0.1


def test_paper_alone_is_blank() -> None:
    assert not ink_under_uneven_light(_plane()).any()
    assert not ink_under_uneven_light(np.linspace(0, 1, 90_000, dtype=np.float32).reshape(300, 300)).any()


def test_ink_of_one_value() -> None:
    # No grain at all, and ink of exactly one contrast: there are no two groups to part.
    plane = np.full((200, 200), 0.5, dtype=np.float32)
    plane[50:150, 40:50] = 0.25
    ink = ink_under_uneven_light(plane)
    assert (ink[50:150, 40:50] == 1).all()
    assert ink.sum() == pytest.approx(1000)


def test_ink_that_covers_half_of_what_is_around() -> None:
    # A blot of 100 pixels on a picture of 200, under light that falls off: no median around its middle is paper.
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    plane = (0.8 - 0.1 * x - 0.1 * y * y).astype(np.float32)
    plane[50:150, 50:150] *= 0.2
    ink = ink_under_uneven_light(plane)
    assert (ink[50:150, 50:150] > 0.8).all()
    assert ink.sum() == pytest.approx(100 * 100, rel=0.1)


def test_ink_is_as_dark_in_a_shadow() -> None:
    plane = np.full((300, 300), 0.9, dtype=np.float32)
    plane[100:200, 60:80], plane[100:200, 220:240] = 0.2, 0.2
    plane[:, 150:] *= 0.6
    ink = ink_under_uneven_light(plane)
    assert (ink[100:200, 60:80] > 0.8).mean() > 0.95
    assert (ink[100:200, 220:240] > 0.8).mean() > 0.95
    ink[98:202, 58:82], ink[98:202, 218:242] = 0, 0
    assert (ink > 0.3).mean() < 0.001


def test_a_small_thin_digit_is_found() -> None:
    # A 1 of a twelfth of the height, 3 pixels wide, is a fiftieth of a percent of all the pixels.
    plane = _plane((1000, 750))
    plane[500:580, 400:403] -= 0.3
    ink = ink_under_uneven_light(plane)
    rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (500, 579, 400, 402)


def test_ruled_lines_are_no_ink() -> None:
    plane = _plane()
    plane[::20] *= 0.92
    plane[:, ::20] *= 0.92
    plane[100:200, 195:205] *= 0.3
    ink = ink_under_uneven_light(plane)
    assert (ink[100:200, 195:205] > 0.6).all()
    ink[98:202, 193:207] = 0
    # Fainter than what normalizing takes for noise, or hardly more.
    assert ink.max() < 0.2


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4, 0.6])
def test_digits_of_any_size_in_the_picture(share: float, held_out: list[PenDigit], reader: Recognizer) -> None:
    rng = np.random.default_rng(int(100 * share))
    style = STYLES["ballpoint on cream"]
    photos = ((digit.label, photograph(digit.strokes, style, rng, (1200, 900), share)) for digit in held_out[5::250])
    assert _share_read(reader, photos) >= 0.75


@pytest.mark.slow
@pytest.mark.parametrize("name", STYLES)
def test_most_photographs_are_read_right(name: str, held_out: list[PenDigit], reader: Recognizer) -> None:
    # 15 of each of six styles: 90 in all. A small network; the shipped one reads nearly all.
    rng = np.random.default_rng(list(STYLES).index(name))
    digits = held_out[list(STYLES).index(name) :: 100][:15]
    photos = ((digit.label, photograph(digit.strokes, STYLES[name], rng, (1600, 1200))) for digit in digits)
    assert _share_read(reader, photos) >= 0.8


def test_a_photograph_of_twelve_megapixels(held_out: list[PenDigit], reader: Recognizer) -> None:
    digits = [next(digit for digit in held_out if digit.label == label) for label in (2, 4, 7)]
    rng = np.random.default_rng(8)
    photos = [
        (digit.label, photograph(digit.strokes, style, rng))
        for digit, style in zip(digits, list(STYLES.values())[::2], strict=True)
    ]
    assert read_ink(photos[0][1]).size <= 1120 * 1120
    assert _share_read(reader, photos) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", STYLES)
def test_a_photograph_of_bare_paper_is_blank(name: str) -> None:
    style = STYLES[name]
    bare = type(style)(style.paper, style.paper, style.pen)
    for seed in range(4):
        photo = photograph([np.array([[0.0, 0], [1, 1]])], bare, np.random.default_rng(seed), (1200, 900))
        with pytest.raises(NoInkError):
            normalize(read_ink(photo))
