import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inknet.digits import ImageError, NoInkError, PenDigit, Prediction, Recognizer
from inknet.digits.normalizing.moments import moment_normalize
from inknet.mlp import InputError, ModelFileError, Network
from tests.digits.conftest import Mnist
from tests.digits.helpers import canvas_of, encode, one_sentence


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.pkl"
    Network([784, 10], seed=1).save(path)
    return path


def test_a_prediction_is_the_networks_answer(reader: Recognizer, mnist_test: Mnist) -> None:
    image = mnist_test[0][7]
    prediction = reader.recognize(image)
    expected = reader.network.predict(moment_normalize(image.reshape(1, 784)))[0]
    assert prediction.probabilities == pytest.approx(expected.tolist())
    assert prediction.digit == int(expected.argmax())
    assert prediction.confidence == prediction.probabilities[prediction.digit] == max(prediction.probabilities)
    assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-5)
    values = json.loads(json.dumps(prediction.as_dict()))
    assert values["digit"] == prediction.digit
    assert values["confidence"] == prediction.confidence
    assert values["probabilities"] == list(prediction.probabilities)
    assert isinstance(prediction, Prediction)
    assert hash(prediction) == hash(reader.recognize(image))


def test_only_a_network_that_learned_so_has_its_digits_set_upright(mnist_test: Mnist) -> None:
    network = Network([784, 10], seed=1)
    images = mnist_test[0][:20]
    assert (Recognizer(network).features(images) == images).all()
    network.metadata = {"moments": True}
    assert (Recognizer(network).features(images) == moment_normalize(images)).all()


def test_a_row_an_image_and_a_file_are_read_alike(reader: Recognizer, mnist_test: Mnist) -> None:
    rows = mnist_test[0][:300]
    together = reader.predict(rows)
    for row, expected in zip(rows, together, strict=True):
        file = encode(Image.fromarray(np.rint(row * 255).astype(np.uint8).reshape(28, 28)), "PNG")
        for image in (row, file):
            assert reader.recognize(image).probabilities == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_small_network_reads_most_digits(reader: Recognizer, mnist_test: Mnist, held_out: list[PenDigit]) -> None:
    assert (reader.predict(mnist_test[0]).argmax(axis=1) == mnist_test[1]).mean() > 0.95
    digits = held_out[::10]
    right = [reader.recognize(canvas_of(digit.strokes)).digit == digit.label for digit in digits]
    assert np.mean(right) > 0.9


def test_what_cannot_be_read_is_an_error(reader: Recognizer) -> None:
    with pytest.raises(NoInkError):
        reader.recognize(np.zeros((28, 28)))
    with pytest.raises(ImageError):
        reader.recognize(b"seven")


def test_load_knows_its_file(model: Path) -> None:
    recognizer = Recognizer.load(str(model))
    assert recognizer.name == "tiny"
    assert recognizer.sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
    assert recognizer.card == {}
    model.with_suffix(".json").write_text('{"accuracy": 0.9}', encoding="utf-8")
    assert Recognizer.load(model).card == {"accuracy": 0.9}


def test_the_shipped_model() -> None:
    recognizer = Recognizer.load()
    assert recognizer.network.sizes == (784, 200, 10)
    assert recognizer.card["sha256"] == recognizer.sha256


@pytest.mark.parametrize("card", [b"{", b"[1]", b"\xff\xfe", b"", b"[" * 100_000], ids=lambda card: str(card)[:9])
def test_a_card_that_is_none(card: bytes, model: Path) -> None:
    model.with_suffix(".json").write_bytes(card)
    with pytest.raises(ModelFileError) as caught:
        Recognizer.load(model)
    assert "tiny.json" in one_sentence(caught.value)


@pytest.mark.parametrize("sizes", [[100, 10], [10, 784]])
def test_a_network_of_another_size(sizes: list[int], tmp_path: Path) -> None:
    Network(sizes).save(tmp_path / "other.pkl")
    with pytest.raises(ModelFileError) as caught:
        Recognizer.load(tmp_path / "other.pkl")
    assert "784 inputs, for images of 28×28, and other is a" in one_sentence(caught.value)


@pytest.fixture
def shapes() -> Network:
    """Return a network of three classes of drawings, which says the second, whatever it sees."""
    network = Network([784, 3])
    network.layers[0].weights = np.zeros((3, 784))
    network.layers[0].biases = np.log([0.2, 0.7, 0.1])
    network.metadata = {"classes": ["circle", "star", "<b>"]}
    return network


def test_any_classes_have_names(shapes: Network, mnist_test: Mnist) -> None:
    prediction = Recognizer(shapes).recognize(mnist_test[0][0])
    assert (prediction.digit, prediction.label) == (1, "star")
    assert prediction.probabilities == pytest.approx([0.2, 0.7, 0.1], abs=1e-6)
    assert prediction.as_dict()["label"] == "star"
    # Without names, their numbers; and so a digit's name is its character.
    shapes.metadata = {}
    assert Recognizer(shapes).recognize(mnist_test[0][0]).label == "1"
    assert Recognizer.load().recognize(mnist_test[0][0]).label == "7"


def test_who_learned_from_images_as_they_are_sees_them_as_they_are(mnist_test: Mnist) -> None:
    network = Network([784, 10], seed=1)
    network.metadata = {"normalize": False}
    recognizer = Recognizer(network)
    # A bright image with nothing of paper about it, and MNIST's seven off its place.
    bright = np.linspace(0.5, 1, 784, dtype=np.float32).reshape(28, 28)
    moved = np.roll(mnist_test[0][0].reshape(28, 28), 4, axis=1)
    for image in (bright, moved):
        expected = network.predict(image.ravel())
        assert recognizer.recognize(image).probabilities == pytest.approx(expected.tolist(), abs=1e-6)
        assert recognizer.recognize_batch(image[np.newaxis])[0][0] == pytest.approx(expected, abs=1e-6)
        # The same at twice the size is the same; and wider, it is seen whole, in the middle of a square.
        twice = image.repeat(2, axis=0).repeat(2, axis=1)
        assert recognizer.recognize(twice).probabilities == pytest.approx(expected.tolist(), abs=1e-5)
        wide = np.pad(image, ((0, 0), (14, 14)))
        assert (
            recognizer.recognize(wide).probabilities
            == recognizer.recognize(np.pad(wide, ((14, 14), (0, 0)))).probabilities
        )
    assert (
        Recognizer(Network([784, 10], seed=1)).recognize(moved).probabilities
        != recognizer.recognize(moved).probabilities
    )
    with pytest.raises(NoInkError):
        recognizer.recognize(np.zeros((28, 28)))
    assert recognizer.recognize_batch(np.zeros((1, 28, 28), np.float32))[1].tolist() == [False]


@pytest.mark.parametrize("certainty", [True, False])
def test_each_of_several_is_to_the_last_bit_what_it_is_alone(certainty: bool, mnist_test: Mnist) -> None:
    recognizer = Recognizer.load() if certainty else Recognizer(Network([784, 30, 10], seed=1))
    images = [*mnist_test[0][:9], np.ones((28, 28)), b"no image"]
    *answers, blank, broken = recognizer.recognize_each(images)
    assert [answer[0] for answer in answers if isinstance(answer, tuple)] == [
        recognizer.recognize(image) for image in images[:9]
    ]
    assert isinstance(blank, NoInkError)
    assert isinstance(broken, ImageError)
    assert recognizer.recognize_each([]) == []


@pytest.mark.parametrize("image", ["examples/seven.png", b"\x89PNG"])
def test_one_image_is_not_several(image: str | bytes) -> None:
    with pytest.raises(ImageError, match=r"must be a sequence of images, got (str|bytes): use recognize for one"):
        Recognizer.load().recognize_each(image)


def test_the_seconds_of_each_stage_and_blank_images_of_a_batch() -> None:
    recognizer = Recognizer(Network([784, 10], seed=1))
    image = np.zeros((28, 28), dtype=np.float32)
    image[4:24, 12:16] = 1
    started = time.perf_counter()
    answers = recognizer.recognize_each([image] * 5)
    elapsed = time.perf_counter() - started
    seconds = [answer[1] for answer in answers if isinstance(answer, tuple)]
    assert [list(each) for each in seconds] == [["decode", "normalize", "network"]] * 5
    assert all(value >= 0 for each in seconds for value in each.values())
    assert 0.3 * elapsed < sum(sum(each.values()) for each in seconds) <= elapsed
    recognizer.network.layers[0].nodes[7].bias = 10
    _, certain = recognizer.recognize_batch(np.stack([image, np.zeros_like(image)]))
    assert certain.tolist() == [True, False]


@pytest.mark.slow
def test_rows_and_batches_in_any_form_are_recognized_alike(mnist_test: Mnist) -> None:
    recognizer = Recognizer.load()
    rows = mnist_test[0][:20]
    alone = [recognizer.recognize(row) for row in rows]
    assert [recognizer.recognize(rows[i : i + 1]) for i in range(20)] == alone
    assert [recognizer.recognize(row[:, np.newaxis]) for row in rows] == alone
    expected = np.array([prediction.probabilities for prediction in alone])
    as_bytes = np.rint(rows * 255)
    for batch in (rows, rows.reshape(-1, 28, 28), list(rows), rows.tolist(), as_bytes, as_bytes.astype(np.uint8)):
        assert recognizer.recognize_batch(batch)[0] == pytest.approx(expected, abs=1e-6)
        images = iter(batch)
        answers = recognizer.recognize_each(images)
        assert [answer[0] for answer in answers if isinstance(answer, tuple)] == alone
    for batch in (rows, rows.reshape(-1, 28, 28), list(rows), rows.tolist()):
        assert recognizer.predict(batch) == pytest.approx(expected, abs=1e-6)
        assert recognizer.normalize_many(batch) == pytest.approx(rows, abs=1e-6)
        assert recognizer.is_certain(batch).tolist() == [prediction.certain for prediction in alone]


@pytest.mark.parametrize(
    "images", [np.zeros(784), np.zeros((2, 783)), np.zeros((2, 2, 28, 28)), [["a"]], [[1], [2, 3]]]
)
def test_rows_of_another_shape_say_which(images: object) -> None:
    recognizer = Recognizer(Network([784, 10], seed=1))
    for method in (recognizer.predict, recognizer.is_certain, recognizer.normalize_many, recognizer.features):
        with pytest.raises(InputError) as caught:
            method(images)  # type: ignore[arg-type]
        assert one_sentence(caught.value).startswith("images must ")
