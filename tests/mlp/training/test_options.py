"""The options of a training: defaults, limits, and changes."""

import math
from dataclasses import asdict
from typing import Any

import pytest

from inknet.mlp import AccuracyFalls, GradientDescent, InputError, LossFlat, LossRises, TrainingOptions
from tests.mlp.helpers import one_sentence


def test_the_defaults_are_plain_gradient_descent() -> None:
    assert asdict(TrainingOptions()) == {
        "epochs": 10,
        "learning_rate": 0.01,
        "batch_size": 32,
        "loss": None,
        "optimizer": "gradient-descent",
        "schedule": "constant",
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "ema_decay": 0.0,
        "early_stopping": None,
        "patience": None,
        "seed": 0,
        "check_scale": True,
    }


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 1, "batch_size": 1, "patience": 1, "seed": 1},
        {"learning_rate": 1e-9, "weight_decay": 0, "label_smoothing": 0.99, "ema_decay": 0.99},
        {"learning_rate": 5, "loss": "mean-squared-error", "optimizer": GradientDescent()},
    ],
)
def test_valid_options_are_kept(options: dict[str, Any]) -> None:
    given = TrainingOptions(**options)
    assert {name: getattr(given, name) for name in options} == options


@pytest.mark.parametrize(
    ("options", "culprit"),
    [
        ({"epochs": 0}, "0"),
        ({"epochs": True}, "True"),
        ({"epochs": 2.0}, "2.0"),
        ({"epochs": "3"}, "'3'"),
        ({"epochs": None}, "None"),
        ({"batch_size": 0}, "0"),
        ({"batch_size": -5}, "-5"),
        ({"batch_size": 1.5}, "1.5"),
        ({"batch_size": True}, "True"),
        ({"learning_rate": 0}, "0"),
        ({"learning_rate": -0.1}, "-0.1"),
        ({"learning_rate": math.nan}, "nan"),
        ({"learning_rate": math.inf}, "inf"),
        ({"learning_rate": "fast"}, "'fast'"),
        ({"learning_rate": None}, "None"),
        ({"learning_rate": True}, "True"),
        ({"learning_rate": 10**309}, "learning_rate"),
        ({"weight_decay": -1}, "-1"),
        ({"weight_decay": math.nan}, "nan"),
        ({"weight_decay": "x"}, "'x'"),
        ({"label_smoothing": 1}, "1"),
        ({"label_smoothing": -0.1}, "-0.1"),
        ({"label_smoothing": math.nan}, "nan"),
        ({"label_smoothing": "x"}, "'x'"),
        ({"ema_decay": 1.0}, "1.0"),
        ({"ema_decay": math.nan}, "nan"),
        ({"ema_decay": None}, "None"),
        ({"patience": 0}, "got 0"),
        ({"patience": 1.5}, "1.5"),
        ({"loss": "mse"}, "'mse'"),
        ({"loss": 5}, "5"),
        ({"optimizer": "sgd"}, "'sgd'"),
        ({"optimizer": None}, "None"),
        ({"optimizer": GradientDescent}, "GradientDescent"),
        ({"schedule": "linear"}, "'linear'"),
        ({"schedule": None}, "None"),
        ({"early_stopping": ["bored"]}, "'bored'"),
        ({"early_stopping": [5]}, "5"),
        ({"seed": -1}, "-1"),
        ({"seed": 0.5}, "0.5"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InputError) as caught:
        TrainingOptions(**options)
    assert culprit in one_sentence(caught.value)


def test_the_rules_of_early_stopping() -> None:
    def rules(**options: Any) -> list[object]:  # noqa: ANN401
        return [*TrainingOptions(**options).stopping_rules]

    assert rules() == []
    assert rules(early_stopping="loss-flat") == [LossFlat()]
    assert rules(early_stopping=LossRises(2)) == [LossRises(2)]
    assert rules(early_stopping=["loss-flat", AccuracyFalls(2)], patience=3) == [LossFlat(3), AccuracyFalls(2)]


def test_changes_leave_the_rest_and_the_original() -> None:
    options = TrainingOptions(epochs=3)
    assert options.change(seed=5) == TrainingOptions(epochs=3, seed=5)
    assert options.seed == 0
    with pytest.raises(InputError, match="seed"):
        options.change(seed=-1)


def test_an_unknown_option_is_refused_with_the_nearest_or_all_names() -> None:
    with pytest.raises(TypeError, match="unknown training option 'epoch'; did you mean 'epochs'"):
        TrainingOptions().change(epoch=3)
    with pytest.raises(TypeError, match="unknown training option 'xyz'; choose from epochs, learning_rate"):
        TrainingOptions().change(xyz=3)
