from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from inknet.digits import NoInkError, normalize, read_ink
from inknet.digits.imaging.paper import ink_on_paper
from tests.digits.helpers import encode, one_sentence

Gray = NDArray[np.uint8]


def test_values_of_single_pixels() -> None:
    # Paper is 240 at the border; ink of 40 is 200/255 darker, and stays so: nothing is stretched.
    image = np.full((20, 20), 240, dtype=np.uint8)
    image[8, 9] = 40
    image[9, 9] = 230
    ink = read_ink(image)
    assert ink.dtype == np.float32
    assert ink[8, 9] == pytest.approx(200 / 255)
    assert ink[9, 9] == pytest.approx(10 / 255)
    assert np.count_nonzero(ink) == 2
    # However little light ink there is on dark paper.
    image = np.full((20, 20), 40, dtype=np.uint8)
    image[8, 9] = 140
    assert read_ink(image)[8, 9] == pytest.approx(100 / 255)
    assert np.count_nonzero(read_ink(image)) == 1


def test_a_tight_crop_whose_border_is_mostly_ink() -> None:
    # A 1 of twenty rows without a margin, stretched to a square: of its border only two thirds of two sides are paper.
    image = np.zeros((20, 20), dtype=np.uint8)
    image[:, 7:] = 255
    image[:2, :7] = 255
    image[5:9, 10:14] = 0
    ink = read_ink(image)
    assert ink.max() == 1
    assert set(np.unique(ink)) == {0, 1}


def test_what_there_is_more_of_is_the_ink() -> None:
    image = np.full((40, 40), 128, dtype=np.uint8)
    image[10:30, 20] = 0
    image[5, 5] = 255
    ink = read_ink(image)
    assert ink[20, 20] > 0.5
    assert ink[5, 5] == 0


@pytest.mark.parametrize(("side", "is_page"), [(63, False), (64, True)])
def test_a_page_is_cleaned(side: int, is_page: bool) -> None:
    plane = np.ones((side, 80), dtype=np.float32)
    plane[10:40, 20:30] = 0
    plane[-4:-2, -4:-2] = 0
    ink = ink_on_paper(plane)
    assert (ink[10:40, 20:30] == 1).all()
    assert ink[-4:-2, -4:-2].any() != is_page


@pytest.mark.parametrize(("columns", "is_even"), [(50, True), (51, False)])
def test_most_of_an_even_papers_border_has_one_value(columns: int, is_even: bool) -> None:
    # Of 400 pixels, 240 are paper: ink covers 60 of the left side, and 50 above and below.
    plane = np.full((100, 100), 0.9, dtype=np.float32)
    plane[:30, :columns], plane[-30:, :columns] = 0.2, 0.2
    # Values of paper may differ by rounding.
    plane[0, columns:] = 0.905
    plane[30, 10] = 0.8
    ink = ink_on_paper(plane)
    assert (ink[30, 10] == np.float32(0.9) - np.float32(0.8)) == is_even


def _tight(border: str = "", inside: int = 98, hole: int | None = None) -> NDArray[np.float32]:
    """Return a tightly cropped drawing of 20×20: white paper on the upper border, and grays.

    Of the border's 80 pixels, corners counted twice, 22 are paper, and those marked in `border`, the last row. Inside,
    `inside` pixels are paper, too.
    """
    plane: NDArray[np.float32] = (np.arange(400) % 97 / 200).reshape(20, 20).astype(np.float32)
    plane[0] = 1
    if hole is not None:
        plane[0, hole] = 0.3
    plane[-1, [column for column, mark in enumerate(border) if mark == "#"]] = 1
    rows, columns = np.divmod(np.arange(inside), 18)
    plane[1 + rows, 1 + columns] = 1
    return plane


@pytest.mark.parametrize(
    ("plane", "is_found"),
    [
        (_tight("     ##"), True),
        (_tight("     #"), False),  # 23 of 80 pixels of the border
        (_tight("     ##", inside=97), False),  # 119 of 400 pixels in all
        (_tight("     # #"), True),  # 19 pairs of neighbors, of 24 pixels
        (_tight("     #  # #", hole=9), False),  # 17 pairs
    ],
)
def test_the_paper_of_a_tight_crop_is_common_and_in_runs(plane: NDArray[np.float32], is_found: bool) -> None:
    assert (ink_on_paper(plane) == 1 - plane).all() == is_found
    gray = plane * np.float32(100 / 255)
    assert np.allclose(ink_on_paper(gray), gray.max() - gray) == is_found


def _blanks() -> dict[str, Gray]:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:200, :240]
    blanks = {
        "white": np.full((200, 240), 255.0),
        "black": np.zeros((200, 240)),
        "gray": np.full((200, 240), 120.0),
        "one pixel": np.full((1, 1), 77.0),
        "a gradient": x * 1.0,
        "a faint gradient": 180 + y / 6,
        "a slanted gradient": (x + y) / 2,
        "a lamp": 250 - np.hypot(x - 100, y - 80) / 2,
        "a shadow": 220 - 60 / (1 + np.exp((100 - x) / 12)),
    }
    for spread in (1, 2, 3, 4, 6, 10, 20, 40):
        blanks[f"noise of {spread}"] = rng.normal(128, spread, (200, 240))
        blanks[f"noise of {spread} on white"] = rng.normal(250, spread, (200, 240))
        blanks[f"noise of {spread}, small"] = rng.normal(128, spread, (28, 28))
    blanks["a gradient with noise"] = blanks["a slanted gradient"] + rng.normal(0, 5, (200, 240))
    return {name: np.clip(np.rint(blank), 0, 255).astype(np.uint8) for name, blank in blanks.items()}


BLANKS = _blanks()


@pytest.mark.slow
@pytest.mark.parametrize("name", BLANKS)
def test_a_blank_image_has_no_ink(name: str) -> None:
    blank = BLANKS[name]
    pictures = [Image.fromarray(blank), Image.fromarray(blank).convert("RGB"), Image.fromarray(255 - blank)]
    files = [encode(picture, kind) for picture in pictures for kind in ("PNG", "JPEG")]
    images: list[Any] = [blank, *pictures, *files]
    for image in images:
        with pytest.raises(NoInkError) as caught:
            normalize(read_ink(image))
        assert "blank" in one_sentence(caught.value)


@pytest.mark.parametrize("color", [(0, 0, 0, 0), (255, 255, 255, 0), (90, 10, 3, 255), (0, 0, 0, 128)])
def test_an_image_of_one_color_has_no_ink(color: tuple[int, int, int, int]) -> None:
    for image in (Image.new("RGBA", (60, 50), color), encode(Image.new("RGBA", (60, 50), color), "PNG")):
        with pytest.raises(NoInkError):
            normalize(read_ink(image))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 2), (3, 2), (1, 500), (500, 1), (1, 9000), (28, 28)])
def test_tiny_and_odd_images(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(shape))
    for gray in (rng.integers(0, 256, shape), 255 * (rng.random(shape) < 0.3), np.zeros(shape)):
        plane = gray.astype(np.uint8)
        for image in (plane, np.dstack([plane] * 4), encode(Image.fromarray(plane), "PNG")):
            with suppress(NoInkError):
                assert normalize(read_ink(image)).shape == (28, 28)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2**31), st.integers(1, 90), st.integers(1, 90), st.sampled_from([0, 1, 3, 4]))
def test_any_array_is_ink_or_blank(seed: int, height: int, width: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 256, rng.integers(1, 6))
    array = rng.choice(levels, (height, width, channels) if channels else (height, width)).astype(np.uint8)
    ink = read_ink(array)
    assert ink.shape == (height, width)
    assert ink.dtype == np.float32
    assert ink.min() >= 0
    assert ink.max() <= 1


@pytest.mark.parametrize("seed", range(120))
def test_any_page_is_read_or_blank(seed: int) -> None:
    # Boxes, stripes and noise, in sizes that may show a page.
    rng = np.random.default_rng(seed)
    height, width = (64, int(rng.integers(64, 1500))) if seed % 5 == 0 else rng.integers(60, 140, 2).tolist()
    page = np.full((height, width), rng.integers(256), dtype=np.uint8)
    for _ in range(rng.integers(0, 6)):
        row, column = rng.integers(0, height), rng.integers(0, width)
        page[row : row + rng.integers(1, height), column : column + rng.integers(1, width)] = rng.integers(256)
    if rng.random() < 0.3:
        page = np.clip(page + rng.normal(0, rng.uniform(0, 60), page.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        page[:: int(rng.integers(2, 30))] = rng.integers(256)
    if rng.random() < 0.3:
        page = np.stack([np.roll(page, rng.integers(-9, 9), axis=1) for _ in range(rng.integers(3, 5))], axis=2)
    try:
        image = normalize(read_ink(page))
    except NoInkError:
        return
    assert image.max() == 1
    assert (normalize(image) == image).all()
