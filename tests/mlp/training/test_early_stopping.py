import itertools
from collections.abc import Sequence

import pytest

from inknet.mlp import (
    AccuracyFalls,
    EarlyStopping,
    EpochReport,
    InputError,
    LossFlat,
    LossRises,
    Network,
    NoImprovement,
)
from inknet.mlp.training.early_stopping import EARLY_STOPPING_RULES, find_early_stopping
from tests.mlp.helpers import one_sentence, two_blobs


def _epochs(losses: list[float], accuracies: list[float] | None = None) -> list[EpochReport]:
    wanted: Sequence[float | None] = accuracies or [None] * len(losses)
    return [
        EpochReport(epoch=index + 1, loss=loss, learning_rate=0.1, seconds=0, validation_accuracy=accuracy)
        for index, (loss, accuracy) in enumerate(zip(losses, wanted, strict=True))
    ]


def _first_exit(rule: EarlyStopping, epochs: list[EpochReport]) -> int | None:
    """Return after how many epochs the rule ends it."""
    ends = (count for count in range(len(epochs) + 1) if rule.reason(epochs[:count]) is not None)
    return next(ends, None)


@pytest.mark.parametrize(
    ("accuracies", "patience", "end"),
    [
        ([0.1, 0.5, 0.4, 0.9], 1, 3),
        ([0.1, 0.5, 0.5, 0.5], 1, None),  # no better is not below
        ([0.9, 0.8, 0.9, 0.8, 0.7, 0.6], 2, 5),
        ([0.9, 0.8, 0.7, 0.6], 3, 4),
        ([0.9, 0.8, 0.7, 0.7], 3, None),
        ([0.5, 0.0], 1, 2),
        ([0.0, 0.5], 1, None),
        ([0.9], 1, None),
        ([], 1, None),
    ],
)
def test_accuracy_falls(accuracies: list[float], patience: int, end: int | None) -> None:
    # The training loss falls all the while: this rule has its own switch.
    losses = [1 / (index + 1) for index in range(len(accuracies))]
    assert _first_exit(AccuracyFalls(patience), _epochs(losses, accuracies)) == end


@pytest.mark.parametrize(
    ("losses", "patience", "end"),
    [([3, 2, 2.1, 1], 1, 3), ([3, 3, 3], 1, None), ([3, 4, 3, 4, 5], 2, 5), ([1], 1, None), ([], 1, None)],
)
def test_loss_rises(losses: list[float], patience: int, end: int | None) -> None:
    assert _first_exit(LossRises(patience), _epochs(losses, [0.5] * len(losses))) == end


@pytest.mark.parametrize(
    ("losses", "tolerance", "patience", "end"),
    [
        ([1, 0.5, 0.499, 0.1], 0.01, 1, 3),
        ([1, 0.5, 0.501], 0.01, 1, 3),  # a little up is as flat as a little down
        ([1, 0.99, 0.98], 0.005, 1, None),
        ([1, 1, 0.5, 0.5, 0.5], 0.01, 2, 5),
        ([0.0, 0.0], 0.01, 1, 2),  # nothing is left to learn
        ([], 0.01, 1, None),
    ],
)
def test_loss_flat(losses: list[float], tolerance: float, patience: int, end: int | None) -> None:
    assert _first_exit(LossFlat(patience, tolerance), _epochs(losses)) == end


@pytest.mark.parametrize(
    ("losses", "accuracies", "patience", "end"),
    [
        ([3, 2, 2.1, 2.2], None, 2, 4),
        ([3, 2, 2.1, 1.9, 2, 2], None, 2, 6),
        ([3, 2, 1], [0.5, 0.4, 0.4], 2, 3),  # the accuracy counts before the loss
        ([3, 2, 1], [0.5, 0.5, 0.5], 1, None),  # as accurate, with a lower loss, is better
        ([3, 3], None, 1, 2),
        ([], None, 1, None),
    ],
)
def test_no_improvement(losses: list[float], accuracies: list[float] | None, patience: int, end: int | None) -> None:
    assert _first_exit(NoImprovement(patience), _epochs(losses, accuracies)) == end


@pytest.mark.parametrize("rule", [AccuracyFalls, LossRises, LossFlat, NoImprovement])
@pytest.mark.parametrize("patience", [0, -1])
def test_a_patience_below_one_is_refused(
    rule: type[AccuracyFalls | LossRises | LossFlat | NoImprovement], patience: int
) -> None:
    with pytest.raises(InputError, match=str(patience)):
        rule(patience=patience)


def test_a_flat_loss_ends_a_real_training() -> None:
    inputs, labels = two_blobs()
    network = Network([2, 2])
    history = network.train(inputs, labels, epochs=50, learning_rate=1e-7, early_stopping=["loss-flat"])
    assert len(history) == 2
    assert "flat" in history.stopped


def test_a_rising_loss_ends_a_real_training() -> None:
    # The parabola w² with a step too long: 1 → 1 - 2·1.1·1 = -1.2 → 1.44 …, the loss rises from epoch to epoch.
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [1.0, 0.0]
    inputs, targets = [[1.0], [-1.0]], [0.0, 0.0]
    history = network.train(inputs, targets, epochs=50, learning_rate=1.1, batch_size=2, early_stopping=["loss-rises"])
    assert [report.loss for report in history] == pytest.approx([1.0, 1.44])
    assert "rose" in history.stopped


def test_a_falling_accuracy_ends_a_real_training_and_the_best_epoch_remains() -> None:
    # The held-out labels are the opposite of what is learned, so learning makes them ever worse.
    inputs, labels = two_blobs(200)
    network = Network([2, 4, 2], seed=3)
    network.layers[-1].biases[0] = 0.5
    weights: list[bytes] = []
    history = network.train(
        inputs,
        labels,
        epochs=100,
        learning_rate=0.1,
        validation=(inputs, 1 - labels),
        early_stopping=[AccuracyFalls(patience=2)],
        on_epoch=lambda _, trainer: weights.append(trainer.network.parameters.tobytes()),
    )
    accuracies = [report.validation_accuracy or 0 for report in history]
    falls = [after < before for before, after in itertools.pairwise(accuracies)]
    assert falls[-2:] == [True, True]
    assert "held-out accuracy fell" in history.stopped
    assert history.best is not None
    assert history.best.epoch < len(history)
    assert accuracies[history.best.epoch - 1] == max(accuracies)
    assert network.parameters.tobytes() == weights[history.best.epoch - 1]


def test_no_rule_applies_by_default() -> None:
    network = Network([1, 1], output="identity", dtype="float64")
    network.parameters[...] = [1.0, 0.0]
    history = network.train([[1.0]], [0.0], epochs=5, learning_rate=1.1)
    assert len(history) == 5
    assert "5 epochs" in history.stopped


def test_a_rule_by_name() -> None:
    inputs, labels = two_blobs()
    history = Network([2, 2]).train(inputs, labels, epochs=9, learning_rate=1e-7, early_stopping="loss-flat")
    assert len(history) == 2


def test_a_user_defined_rule() -> None:
    class Third:
        def reason(self, epochs: list[EpochReport]) -> str | None:
            return "it is the third" if len(epochs) == 3 else None

    inputs, labels = two_blobs()
    history = Network([2, 2]).train(inputs, labels, epochs=9, early_stopping=[Third()])
    assert (len(history), history.stopped) == (3, "it is the third")


@pytest.mark.parametrize("rule", ["accuracy-falls", AccuracyFalls(3)])
def test_a_falling_accuracy_without_a_held_out_set_is_refused(rule: str | EarlyStopping) -> None:
    inputs, labels = two_blobs()
    with pytest.raises(InputError) as caught:
        Network([2, 2]).train(inputs, labels, early_stopping=[rule])
    assert "validation=" in one_sentence(caught.value)


def test_a_falling_accuracy_without_classes_is_refused() -> None:
    with pytest.raises(InputError, match="identity"):
        Network([1, 1], output="identity").train(
            [[1.0]], [1.0], validation=([[1.0]], [1.0]), early_stopping=["accuracy-falls"]
        )


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        find_early_stopping("bored")
    assert "'bored'" in one_sentence(caught.value)
    assert all(name in str(caught.value) for name in EARLY_STOPPING_RULES)


def test_a_patience_applies_to_rules_by_name() -> None:
    assert find_early_stopping("loss-rises", 3) == LossRises(3)
    assert find_early_stopping("loss-rises") == LossRises(1)
    assert find_early_stopping(LossRises(2), 3) == LossRises(2)


def test_defaults_are_an_epoch_for_falls_and_ten_without_improvement() -> None:
    falling = _epochs([3, 2, 1], [0.9, 0.8, 0.7])
    assert _first_exit(AccuracyFalls(), falling) == _first_exit(AccuracyFalls(1), falling) == 2
    assert _first_exit(LossRises(), _epochs([1, 2, 3])) == 2
    assert _first_exit(LossFlat(), _epochs([1, 0.9985, 0.9985])) == 3
    assert _first_exit(LossFlat(), _epochs([1, 0.9995])) == 2
    assert _first_exit(NoImprovement(), _epochs([1.0] + [2.0] * 12)) == 11


@pytest.mark.parametrize(("patience", "words"), [(1, "once"), (2, "2 times in a row")])
def test_reasons_show_the_last_value_and_the_patience(patience: int, words: str) -> None:
    accuracy = AccuracyFalls(patience).reason(_epochs([1, 1, 1], [0.9, 0.8, 0.7125]))
    assert accuracy is not None
    assert "0.7125" in accuracy
    assert words in accuracy
    rising = LossRises(patience).reason(_epochs([0.5, 1, 1.25]))
    assert rising is not None
    assert "1.250000" in rising
    assert words in rising
    flat = LossFlat(tolerance=0.5, patience=patience).reason(_epochs([3, 2.5, 2.25]))
    assert flat is not None
    assert "2.250000" in flat
    assert words in flat


def test_no_improvement_names_the_best_epoch_however_long_ago() -> None:
    reason = NoImprovement(2).reason(_epochs([3, 1, 2, 2, 2, 2]))
    assert reason is not None
    assert "epoch 2 " in reason
