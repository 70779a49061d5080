"""Evaluation: every figure by hand, and the recognizer's own answers."""

import json

import numpy as np
import pytest

from inknet import Recognizer
from inknet.digits import NoInkError, load_mnist
from inknet.digits.evaluation import Evaluation, evaluate
from inknet.digits.normalizing.normalize import normalize_many


def by_hand() -> Evaluation:
    """Return four answers: 3 (half sure), 3 (half sure), 8 (three quarters), 0 (certain)."""
    probabilities = np.zeros((4, 10))
    probabilities[0, [3, 8]] = 0.5, 0.5
    probabilities[1, [3, 8]] = 0.5, 0.5
    probabilities[2, [3, 8]] = 0.25, 0.75
    probabilities[3, 0] = 1
    return Evaluation(np.array([3, 8, 3, 0]), probabilities, np.array([True, False, True, True]))


def test_figures_by_hand() -> None:
    evaluation = by_hand()
    assert evaluation.answers.tolist() == [3, 3, 8, 0]
    assert evaluation.confidences.tolist() == [0.5, 0.5, 0.75, 1]
    assert evaluation.right.tolist() == [True, False, False, True]
    assert (evaluation.errors, evaluation.accuracy) == (2, 0.5)
    # (1 + 1 + 2 + 0) / 4 bits.
    assert evaluation.loss == pytest.approx(np.log(2))
    # Half sure and half right; three quarters sure and wrong; certain and right.
    assert evaluation.calibration_error == pytest.approx(0.75 / 4)
    assert evaluation.doubted == 0.25
    assert evaluation.confusion[3, 3] == evaluation.confusion[8, 3] == evaluation.confusion[3, 8] == 1
    assert evaluation.confusion.sum() == 4
    assert json.loads(json.dumps(evaluation.as_dict()))["count"] == 4


def test_one_error_of_four() -> None:
    evaluation = Evaluation(np.array([0, 1, 2, 0]), np.eye(10)[[0, 1, 2, 3]], np.ones(4, dtype=np.bool_))
    assert (evaluation.errors, evaluation.accuracy) == (1, 0.75)


def test_an_answer_thought_impossible_has_a_finite_loss() -> None:
    assert np.isfinite(Evaluation(np.array([1]), np.eye(10)[:1].astype(np.float32), np.array([True])).loss)


@pytest.mark.slow
def test_images_are_read_as_if_they_were_sent() -> None:
    images, labels = load_mnist("train")
    recognizer = Recognizer.load()
    evaluation = evaluate(recognizer, images[:40], labels[:40])
    for place, (image, probabilities) in enumerate(zip(images[:40], evaluation.probabilities, strict=True)):
        sent = recognizer.recognize(image.reshape(28, 28))
        assert evaluation.certain[place] == sent.certain
        assert probabilities == pytest.approx(sent.probabilities, abs=1e-5)


def test_an_empty_image_is_named() -> None:
    images = np.zeros((3, 784), dtype=np.float32)
    images[:2, 300:310] = 1
    with pytest.raises(NoInkError, match=r"image 2 of 3, counted from 0: there is no ink"):
        normalize_many(images)
