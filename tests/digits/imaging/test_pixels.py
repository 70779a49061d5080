import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits import ImageError, read_ink
from inknet.digits.imaging.pixels import as_image, as_images
from tests.digits.helpers import one_sentence

RNG = np.random.default_rng(0)
#: Bytes as MNIST's: most of them 0, some of them 255.
BYTES = (RNG.integers(0, 256, (28, 28)) * RNG.integers(0, 2, (28, 28))).astype(np.uint8)
BYTES[3, 4] = 255
SHAPES = [(784,), (1, 784), (784, 1), (28, 28), (1, 28, 28), (28, 28, 1), (1, 28, 28, 1), (1, 1, 28, 28), (1, 1, 784)]


@pytest.mark.parametrize("shape", SHAPES)
def test_one_image_in_any_shape(shape: tuple[int, ...]) -> None:
    image = as_image(BYTES.reshape(shape))
    assert image.shape in {(28, 28), (28, 28, 1)}
    assert (image.reshape(28, 28) == BYTES / np.float32(255)).all()
    assert (read_ink(BYTES.reshape(shape).tolist()) == read_ink(BYTES)).all()


@pytest.mark.parametrize("shape", [(2, 784), (784, 784), (1000, 784), (2, 28, 28), (60, 28, 28, 1), (2, 1, 28, 28)])
def test_many_images_are_not_one(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError) as caught:
        read_ink(np.zeros(shape, np.float32))
    message = one_sentence(caught.value)
    assert str(shape) in message
    assert "recognize_batch for many" in message


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "i8", "f2", "f4", "f8", ">f4", ">i2", "?"])
@pytest.mark.parametrize("white", [1, 255])
def test_ink_and_paper_of_any_type_and_range(dtype: str, white: int) -> None:
    if dtype in {"i1", "?"}:
        white = 1
    mask = BYTES > 127
    assert (as_image((mask * white).astype(dtype)) == mask).all()


@pytest.mark.parametrize("order", "<>=")
def test_sixteen_bits_in_either_byte_order(order: str) -> None:
    wide = (BYTES.astype(np.uint16) * 257).astype(f"{order}u2")
    assert (as_image(wide) == BYTES / np.float32(255)).all()


@pytest.mark.parametrize("channels", [3, 4])
def test_channels_that_come_first_are_named(channels: int) -> None:
    with pytest.raises(ImageError) as caught:
        as_image(np.zeros((channels, 40, 50)))
    assert one_sentence(caught.value).endswith("or image.transpose(1, 2, 0) to put channels last")


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_bytes_of_any_type(dtype: type[np.generic]) -> None:
    assert (as_image(BYTES.astype(dtype)) == BYTES / np.float32(255)).all()
    assert (as_images(BYTES.astype(dtype)[np.newaxis].repeat(3, axis=0)) == BYTES / np.float32(255)).all()


def test_bytes_between_bytes() -> None:
    """As a resized image has them."""
    assert as_image(np.array([[0, 127.5], [2.5, 254.9]])) == pytest.approx(
        np.array([[0, 0.5], [2.5 / 255, 254.9 / 255]])
    )


def test_fractions_are_not_copied() -> None:
    fractions = BYTES / np.float32(255)
    assert np.shares_memory(as_image(fractions), fractions)
    assert np.shares_memory(as_images(fractions[np.newaxis]), fractions)


def test_sixteen_bits() -> None:
    assert (as_image(BYTES.astype(np.uint16) * 257) == BYTES / np.float32(255)).all()


@pytest.mark.parametrize(("least", "most"), [(-1, 1), (-0.42, 2.82), (0, 1.01), (0, 1.5), (0, 256), (np.nan, 1)])
def test_other_ranges_say_what_came(least: float, most: float) -> None:
    for read in (as_image, lambda image: as_images(image[np.newaxis])):
        with pytest.raises(ImageError) as caught:
            read(np.array([[least, 0.5, most]]))
        assert f"got {least:g} to" in one_sentence(caught.value)


def test_masked_pixels_are_refused() -> None:
    masked = np.ma.masked_equal(BYTES, 0)
    for read in (as_image, lambda image: as_images(image[np.newaxis])):
        with pytest.raises(ImageError, match=r"masked: .* image\.filled\(0\)"):
            read(masked)
        assert (read(np.ma.array(BYTES)).reshape(28, 28) == BYTES / np.float32(255)).all()
    assert (as_image(masked.filled(0)) == BYTES / np.float32(255)).all()


@pytest.mark.parametrize("image", [None, object(), {"a": 1}, {1, 2}, (value for value in "ab")])
def test_other_things_are_named(image: object) -> None:
    with pytest.raises(ImageError, match="a file or its path, a Pillow image, or an array of numbers"):
        read_ink(image)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0), (0, 28, 28)], ids=str)
def test_an_image_has_a_pixel(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match="at least one"):
        as_image(np.zeros(shape))


@pytest.mark.parametrize("shape", [(5, 784), (5, 28, 28), (5, 1, 28, 28), (5, 28, 28, 1)])
def test_a_batch_in_any_shape(shape: tuple[int, ...]) -> None:
    batch = np.stack([np.roll(BYTES, index, axis=0) for index in range(5)])
    forms: list[object] = [batch.reshape(shape), list(batch.reshape(shape)), batch.reshape(shape).tolist()]
    for form in forms:
        assert (as_images(form) == batch / np.float32(255)).all()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "batch",
    [np.zeros(784), np.zeros((5, 783)), np.zeros((5, 28, 28, 3)), [np.zeros((5, 5)), np.zeros((6, 5))], [["a"]], None],
)
def test_what_is_no_batch(batch: NDArray[np.float64]) -> None:
    with pytest.raises(ImageError) as caught:
        as_images(batch)
    one_sentence(caught.value)
