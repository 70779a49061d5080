"""Fine-tuning: a peculiar hand is learned, the others are not forgotten, and the same seed gives the same bits."""

import copy
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from inknet.digits import PenDigit, Recognizer, load_mnist
from inknet.digits.datasets.drawings import ink_drawings
from inknet.digits.drawing.distort import Distortion
from inknet.digits.drawing.stroke_variation import vary_strokes
from inknet.digits.evaluation import evaluate_normalized
from inknet.digits.outliers import OutlierDetector
from inknet.digits.training.fine_tuning import FineTuning, KnownDigits, _augmentation, split_drawings
from inknet.digits.training.recipes import RECIPES
from inknet.digits.training.training_set import Augmentation, TrainingSet, render_pen_digits
from inknet.mlp import History, InputError, Network, Trainer, TrainingError
from tests.digits.conftest import Mnist
from tests.digits.helpers import one_sentence

TUNING = FineTuning(seed=1, epochs=5, non_digits=300)


@pytest.fixture(scope="module")
def known(writers: tuple[list[PenDigit], list[PenDigit]]) -> KnownDigits:
    images, labels = load_mnist("train")
    return KnownDigits(images[:10_000], labels[:10_000], writers[0][::30])


@pytest.fixture(scope="module")
def hand(held_out: list[PenDigit]) -> list[PenDigit]:
    """Return a writer whose sheet lay turned, by forty degrees."""
    angle = np.radians(40)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    digits = [digit for digit in held_out if digit.writer == "w27"]
    return [replace(digit, strokes=tuple(stroke @ turn for stroke in digit.strokes)) for digit in digits]


@pytest.fixture(scope="module")
def tuned(reader: Recognizer, known: KnownDigits, hand: list[PenDigit]) -> Recognizer:
    network = copy.deepcopy(reader.network)
    network.metadata["certainty"] = OutlierDetector(Network([70, 2, 1], output="sigmoid"), 0.5).to_dict()
    with threadpool_limits(1):
        return Recognizer(TUNING.tune(network, hand[:80], known))


def test_unusual_handwriting_is_learned_without_forgetting(
    tuned: Recognizer, reader: Recognizer, hand: list[PenDigit], mnist_test: Mnist
) -> None:
    before, after = (evaluate_normalized(one, *ink_drawings(hand[80:])) for one in (reader, tuned))
    assert before.errors > 20, "a hand that is read badly"
    assert after.errors <= before.errors / 2
    before, after = (evaluate_normalized(one, *mnist_test) for one in (reader, tuned))
    assert after.accuracy >= before.accuracy - 0.002


def test_the_outlier_detector_is_fitted_again(tuned: Recognizer, hand: list[PenDigit], mnist_test: Mnist) -> None:
    assert evaluate_normalized(tuned, *mnist_test).doubted < 0.04
    assert evaluate_normalized(tuned, *ink_drawings(hand[80:])).doubted < 0.1
    noise = np.random.default_rng(0).uniform(size=(200, 784)).astype(np.float32)
    assert tuned.is_certain(noise).mean() < 0.1


def test_the_network_is_not_changed_and_the_seed_decides_the_bits(
    reader: Recognizer, known: KnownDigits, hand: list[PenDigit]
) -> None:
    before = reader.network.parameters.tobytes()
    little = KnownDigits(known.images[:500], known.labels[:500], known.pen_digits[:20])
    seen: list[int] = []
    quick = FineTuning(seed=3, epochs=2)
    first, again = (
        quick.tune(reader.network, hand[:10], little, lambda report: seen.append(report.epoch)) for _ in range(2)
    )
    other = replace(quick, seed=4).tune(reader.network, hand[:10], little)
    assert reader.network.parameters.tobytes() == before != first.parameters.tobytes()
    assert first.parameters.tobytes() == again.parameters.tobytes() != other.parameters.tobytes()
    assert seen == [1, 2, 1, 2]
    # What could not tell digits from what is none does not begin to.
    assert first.metadata == reader.network.metadata


def test_the_documentations_figures_were_measured_with_these() -> None:
    changed = FineTuning(epochs=4, learning_rate=0.0005, batch_size=64, ema_decay=0.998, non_digits=6000)
    assert FineTuning() == replace(changed, optimizer="adam", schedule="cosine")


@pytest.mark.parametrize(
    ("recipe", "distortion"),
    [
        (None, Distortion(elastic=1.4, width=0.45)),
        ("cake", Distortion(elastic=1.4, width=0.45)),
        ("source", Distortion(elastic=1.4, width=0.45)),
        ("drawings", Distortion(strength=1.5)),
    ],
)
def test_drawings_are_distorted_as_the_networks_recipe_says(recipe: str | None, distortion: Distortion) -> None:
    network = Network([784, 10])
    assert _augmentation(network) == Augmentation(RECIPES["digits"].distortion or Distortion(), moments=False)
    for moments in (False, True):
        network.metadata = {"recipe": recipe, "moments": moments}
        assert _augmentation(network) == Augmentation(distortion, moments)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> History:
    """Return the history of trainings that do nothing."""
    history = History(stopped="all epochs are done")
    monkeypatch.setattr(TrainingSet, "train", lambda *_, **__: history)
    return history


@pytest.mark.slow
def test_the_outlier_detector_is_fitted_on_each_kind(
    hand: list[PenDigit], known: KnownDigits, trained: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[tuple[Any, ...]] = []

    def fit(*arguments: Any, **options: Any) -> OutlierDetector:  # noqa: ANN401 - of several types
        fitted.append((*arguments, options))
        return OutlierDetector(Network([10, 1], output="sigmoid"), 0.25)

    monkeypatch.setattr("inknet.digits.training.fine_tuning.fit_outlier_detector", fit)
    network = Network([784, 10])
    network.metadata = {"moments": True, "certainty": {}}
    many = KnownDigits(np.zeros((20_010, 784), np.float32), np.zeros(20_010, np.int64), known.pen_digits[:4])
    tuned = FineTuning(seed=2, non_digits=50).tune(network, hand[:1], many)
    assert tuned.metadata["certainty"]["threshold"] == 0.25
    [(fitted_network, kinds, augment, options)] = fitted
    assert fitted_network is tuned
    # MNIST's, those of the page and of other canvases, and the drawings: 24 times.
    assert [len(images) for images in kinds] == [20_000, 4, 24]
    assert (kinds[1][2:] == render_pen_digits(many.pen_digits[::2], 0, 1, 2)[0]).all()
    assert augment == _augmentation(network)
    assert options == {"moments": True, "non_digits": 50, "seed": 2}
    trained.stopped = "interrupted"
    with pytest.raises(KeyboardInterrupt):
        FineTuning().tune(network, hand[:1], KnownDigits(many.images[:9], many.labels[:9], many.pen_digits))
    assert len(fitted) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("drawings", "rows"),
    [
        (10, 560 + 110),  # a fifth of 560 known digits is eleven variants of each
        (1, 560 + 4 * 24),  # 112 times: 24 variants, four times
        (300, 560 + 300),
    ],
)
def test_drawings_are_a_fifth_of_what_is_learned(
    drawings: int, rows: int, known: KnownDigits, hand: list[PenDigit], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[TrainingSet] = []

    def train(data: TrainingSet, network: Network, options: FineTuning, on_epoch: object) -> History:
        assert on_epoch is None
        trained.append(data)
        return Trainer(network, data.inputs[:10], data.labels[:10], replace(options, epochs=1)).run()

    monkeypatch.setattr(TrainingSet, "train", train)
    # Half of the images of MNIST, and twenty pen digits, each three times.
    little = KnownDigits(known.images[:500], known.labels[:500], known.pen_digits[:20])
    network = Network([784, 10], seed=1)
    network.metadata["recipe"] = "drawings"
    FineTuning().tune(network, (hand * 4)[:drawings], little)
    [data] = trained
    assert data.inputs.shape == (rows, 784)
    assert data.validation is None
    assert (data.inputs[500:520] == data.inputs[540:560]).all()
    # Half of the pen digits come from the page, the other half from other canvases.
    labels = [digit.label for digit in [*little.pen_digits[1::2], *little.pen_digits[::2]]]
    assert data.labels[500:520].tolist() == labels
    own = [digit.label for digit in (hand * 4)[:drawings]]
    assert data.labels[560:].tolist() == own * ((rows - 560) // drawings)
    # What the network recognizes has its outputs as targets; all else keeps its own.
    assert data.augment is not None
    targets = np.eye(10, dtype=np.float32)[data.labels]
    inputs, changed = data.augment(data.inputs, targets, np.random.default_rng(1))
    outputs = network.predict(inputs)
    right = outputs.argmax(axis=1) == data.labels
    assert 0 < right.sum() < len(right)
    assert (changed[right] == outputs[right]).all()
    assert (changed[~right] == targets[~right]).all()
    assert (inputs[:256] == Distortion(strength=1.5)(data.inputs[:256], np.random.default_rng(1))).all()


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [None, "source", "cake", ["digits"]])
@pytest.mark.parametrize("form", [{"dtype": "float64"}, {"output": "sigmoid", "bias": "layer"}])
def test_networks_of_every_recipe_and_shape(
    recipe: object, form: dict[str, str], known: KnownDigits, hand: list[PenDigit]
) -> None:
    network = Network([784, 12, 10], **form)  # type: ignore[arg-type]
    network.metadata = {} if recipe is None else {"recipe": recipe}
    little = KnownDigits(known.images[:200], known.labels[:200], known.pen_digits[:10])
    tuned = FineTuning(epochs=1).tune(network, hand[:4], little)
    assert tuned.dtype == network.dtype
    assert (tuned.parameters != network.parameters).any()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seed": -1}, "seed"),
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
    ],
)
def test_invalid_options_are_refused(change: dict[str, float], reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        FineTuning(**change)  # type: ignore[arg-type]
    one_sentence(caught.value)


def test_an_exploding_learning_rate_is_an_error(reader: Recognizer, known: KnownDigits, hand: list[PenDigit]) -> None:
    with pytest.raises(TrainingError, match="lower the learning rate"):
        FineTuning(learning_rate=1e30).tune(reader.network, hand[:4], known)


def test_a_stratified_fifth_is_held_out(hand: list[PenDigit]) -> None:
    learned, held_out = split_drawings(hand[:100], seed=5)
    assert (len(learned), len(held_out)) == (80, 20)
    assert {id(one) for one in [*learned, *held_out]} == {id(one) for one in hand[:100]}
    there = Counter(one.label for one in hand[:100])
    counts = Counter(one.label for one in held_out)
    assert all(abs(counts[digit] - there[digit] / 5) < 1 for digit in range(10))
    same, other = (split_drawings(hand[:100], seed=seed)[1] for seed in (5, 6))
    assert list(map(id, same)) == list(map(id, held_out)) != list(map(id, other))


@pytest.mark.parametrize("count", [0, 1, 4, 5, 7, 8, 9, 10])
def test_too_few_drawings_are_refused(count: int, hand: list[PenDigit]) -> None:
    split = partial(split_drawings, hand[:count])
    if count >= 5:
        assert [len(part) for part in split()] == [count - round(count / 5), round(count / 5)]
        return
    with pytest.raises(InputError, match=f"at least 5 labeled drawings.* got {count}") as caught:
        split()
    one_sentence(caught.value)


@pytest.mark.parametrize("unit", [1e-12, 1e-140, 1e140])
def test_the_unit_of_a_drawing_does_not_matter(unit: float, hand: list[PenDigit]) -> None:
    (drawn,) = (vary_strokes([unit * stroke for stroke in one.strokes], np.random.default_rng(2)) for one in hand[:1])
    expected = vary_strokes(hand[0].strokes, np.random.default_rng(2))
    for stroke, other in zip(drawn, expected, strict=True):
        np.testing.assert_allclose(stroke, other, atol=1e-9)
