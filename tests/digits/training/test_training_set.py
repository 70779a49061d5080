from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from inknet.digits import PenDigit, ink_strokes, normalize
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.drawing.distort import Distortion
from inknet.digits.normalizing.moments import Moments, moment_normalize
from inknet.digits.training.recipes import Recipe
from inknet.digits.training.training_set import make_training_set, render_non_digits, render_pen_digits
from inknet.mlp import InputError, Network
from tests.digits.conftest import Mnist
from tests.digits.helpers import SEVEN, one_sentence

PLAIN = Recipe("plain", held_out=30)


def test_the_last_images_are_held_out(mnist_test: Mnist) -> None:
    images, labels = mnist_test[0][:100], mnist_test[1][:100]
    made = make_training_set(PLAIN, images, labels)
    assert (made.inputs == images[:70]).all()
    assert (made.labels == labels[:70]).all()
    assert made.validation is not None
    assert (made.validation[0] == images[70:]).all()
    assert (made.validation[1] == labels[70:]).all()
    assert made.augment is None
    assert make_training_set(replace(PLAIN, held_out=0), images, labels).validation is None


def test_one_image_is_enough_to_train_on(mnist_test: Mnist) -> None:
    made = make_training_set(replace(PLAIN, held_out=99), mnist_test[0][:100], mnist_test[1][:100])
    assert (made.inputs == mnist_test[0][:1]).all()


@pytest.mark.parametrize("held_out", [-1, 100, 5000])
def test_some_images_must_be_left_to_train_on(held_out: int, mnist_test: Mnist) -> None:
    with pytest.raises(InputError) as caught:
        make_training_set(replace(PLAIN, held_out=held_out), mnist_test[0][:100], mnist_test[1][:100])
    assert f"below 100, the number of images, got {held_out};" in one_sentence(caught.value)


def test_pen_strokes_are_added_and_never_held_out(mnist_test: Mnist, held_out: list[PenDigit]) -> None:
    images, labels, digits = mnist_test[0][:100], mnist_test[1][:100], held_out[:20]
    made = make_training_set(replace(PLAIN, pen_variants=2, canvas_variants=1), images, labels, digits, seed=5)
    assert made.inputs.shape == (70 + 3 * 20, 784)
    assert (made.inputs[:70] == images[:70]).all()
    assert (made.labels[70:] == np.tile([digit.label for digit in digits], 3)).all()
    assert made.validation is not None
    assert len(made.validation[0]) == 30
    assert len(make_training_set(replace(PLAIN, pen_variants=2), images, labels).inputs) == 70
    # Either kind alone.
    for variants in ({"pen_variants": 1}, {"canvas_variants": 1}):
        alone = make_training_set(PLAIN.change(**variants), images, labels, digits[:3])
        assert len(alone.inputs) == 70 + 3
        assert (alone.inputs == make_training_set(PLAIN.change(**variants), images, labels, digits[:3], 0).inputs).all()
    # A recipe that does not ask for them does not get them.
    assert len(make_training_set(PLAIN, images, labels, digits).inputs) == 70


def test_the_shipped_model_learned_from_these() -> None:
    # Other numbers mean another shipped model: it would no longer come out of its recipe bit for bit.
    digits = [PenDigit("w01", 7, tuple(SEVEN)), PenDigit("w01", 2, tuple(SEVEN[:1]))] * 2
    images, labels = render_pen_digits(digits, 2, 2, seed=3)
    assert labels.tolist() == [7, 2] * 8
    page = [97.0, 94.7, 69.6, 66.2, 72.8, 51.4, 74.4, 85.8]
    canvases = [74.3, 103.9, 103.0, 31.8, 52.7, 44.4, 121.5, 47.2]
    assert images.sum(axis=1) == pytest.approx(page + canvases, rel=1e-3)
    assert render_non_digits(6, seed=3).sum(axis=1) == pytest.approx([255.9, 63.7, 68.2, 79.4, 157.4, 134.1], rel=1e-3)


@pytest.mark.slow
def test_renderings_are_normalized_and_decided_by_the_seed(held_out: list[PenDigit]) -> None:
    digits = held_out[::50]
    rows, labels = render_pen_digits(digits, 2, 2, seed=1)
    assert (labels == np.tile([digit.label for digit in digits], 4)).all()
    for row in rows:
        image = row.reshape(28, 28)
        assert (normalize(image) == image).all()
    assert (render_pen_digits(digits, 2, 2, seed=1)[0] == rows).all()
    # The first variant has the strokes as they are; only its pen differs from the page's, and may be another's too.
    other = render_pen_digits(digits, 2, 2, seed=2)[0]
    assert (other != rows)[len(digits) :].any(axis=1).all()
    for digit, row in zip(digits, rows, strict=False):
        likeness = [
            np.abs(ink_strokes(digit.strokes, pen) / np.float32(255) - row.reshape(28, 28)).mean()
            for pen in range(18, 37)
        ]
        assert min(likeness) < 0.01


def test_images_are_deskewed_once_or_after_each_distortion(mnist_test: Mnist) -> None:
    images, labels = mnist_test[0][:600], mnist_test[1][:600]
    upright = make_training_set(replace(PLAIN, moments=True), images, labels)
    assert (upright.inputs == moment_normalize(images[:570])).all()
    assert upright.augment is None
    both = make_training_set(replace(PLAIN, moments=True, distortion=Distortion()), images, labels)
    assert (both.inputs == images[:570]).all()
    for made in (upright, both):
        assert made.validation is not None
        assert (made.validation[0] == moment_normalize(images[570:])).all()
    assert both.augment is not None
    targets = np.eye(10, dtype=np.float32)[labels[:570]]
    inputs, same = both.augment(both.inputs, targets, np.random.default_rng(2))
    assert same is targets
    assert np.abs(Moments.of(inputs.astype(np.float32)).slant).mean() < 0.03
    assert (inputs != both.inputs).any(axis=1).all()


def test_threads_do_not_change_the_result(mnist_test: Mnist) -> None:
    # More rows than are distorted together, on two threads, again and again.
    images, labels = mnist_test[0][:2000], mnist_test[1][:2000]
    made = make_training_set(replace(PLAIN, held_out=0, distortion=Distortion(), moments=True), images, labels)
    assert made.augment is not None
    targets = np.eye(10, dtype=np.float32)[labels]
    first = made.augment(images, targets, np.random.default_rng(3))[0]
    for _ in range(4):
        assert (made.augment(images, targets, np.random.default_rng(3))[0] == first).all()
    # Distorted and deskewed 256 at a time.
    rng = np.random.default_rng(3)
    blocks = [moment_normalize(Distortion()(block, rng)) for block in (images[:256], images[256:400])]
    assert (made.augment(images[:400], targets[:400], np.random.default_rng(3))[0] == np.concatenate(blocks)).all()
    # No two blocks are distorted by the same draws.
    twice = made.augment(np.concatenate([images[:512]] * 2), targets[:1024], np.random.default_rng(3))[0]
    assert (twice[:512] != twice[512:]).any(axis=1).all()


@pytest.mark.slow
def test_canvas_drawings_are_of_many_kinds(held_out: list[PenDigit]) -> None:
    rng = np.random.default_rng(0)
    planes = [draw_on_canvas(held_out[number].strokes, rng) for number in range(400)]
    assert all(plane.shape == (280, 280) and plane.dtype == np.uint8 and plane.max() == 255 for plane in planes)
    sizes = [max(np.ptp(np.flatnonzero(plane.any(axis=axis))) for axis in (0, 1)) for plane in planes]
    # From a quarter to nearly all of the canvas, and some cut off at its border.
    assert min(sizes) < 90
    assert max(sizes) > 240
    cut = [max(plane[0].max(), plane[-1].max(), plane[:, 0].max(), plane[:, -1].max()) == 255 for plane in planes]
    assert 0.02 < np.mean(cut) < 0.15
    again = np.random.default_rng(0)
    assert (draw_on_canvas(held_out[0].strokes, again) == planes[0]).all()


@pytest.mark.parametrize(
    ("hidden", "distorts", "limits"),
    [
        (1318, True, [(1, "blas")]),  # 795 × 1,318 + 10 parameters: less than 2²⁰ = 1,048,576
        (1319, True, []),
        (1318, False, []),
    ],
)
def test_one_core_trains_while_the_other_distorts(
    hidden: int, distorts: bool, limits: list[tuple[int, str]], mnist_test: Mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, str]] = []

    def limit(threads: int, user_api: str) -> nullcontext[None]:
        seen.append((threads, user_api))
        return nullcontext()

    monkeypatch.setattr("inknet.digits.training.training_set.threadpool_limits", limit)
    recipe = Recipe("x", epochs=1, held_out=2, distortion=Distortion() if distorts else None)
    data = make_training_set(recipe, mnist_test[0][:6], mnist_test[1][:6])
    data.train(Network([784, hidden, 10]), recipe)
    assert seen == limits
