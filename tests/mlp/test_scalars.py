"""Numbers among the options: what passes, where the limits are, and that Python's own numbers come out."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inknet.mlp import (
    OPTIMIZERS,
    SCHEDULES,
    Adam,
    Cosine,
    Huber,
    InputError,
    LossFlat,
    Momentum,
    Nesterov,
    Network,
    NoImprovement,
    StepDown,
    TrainingOptions,
)
from inknet.mlp.activations import LeakyReLU
from inknet.mlp.scalars import (
    is_number,
    non_negative_integer,
    non_negative_number,
    positive_integer,
    positive_number,
    seed_or_random,
    share_below_one,
)
from tests.mlp.helpers import one_sentence

FLOATS = [np.float16, np.float32, np.float64, np.longdouble]
INTEGERS = [np.int8, np.uint8, np.int32, np.int64]


@pytest.mark.parametrize("value", [0, 0.5, 10**300, np.float32(2), np.int64(3), np.array(0.5)])
def test_a_number_is_finite_and_non_negative(value: object) -> None:
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [-0.1, -1, math.nan, math.inf, 10**400, True, np.True_, "1", None, [1], 1j, np.array([1.0]), np.nan]
)
def test_other_values_are_no_numbers(value: object) -> None:
    assert not is_number(value)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (positive_integer, 1, [0, -1, 1.0, True, "1", None, np.array([1])]),
        (non_negative_integer, 0, [-1, 0.0, False, "0", None]),
        (positive_number, 0.5, [0, -0.5, math.nan, math.inf, "1", None, np.longdouble("1e-4000")]),
        (non_negative_number, 0.0, [-0.5, math.nan, math.inf, "1", None]),
        (share_below_one, 0.0, [1, -0.5, math.nan, "0", None]),
        (seed_or_random, 2**40, [-1, 1.0, True, "1"]),
    ],
)
def test_each_check_returns_a_python_number_or_names_the_option(
    check: Callable[[str, object], Any], good: float, bad: list[object]
) -> None:
    kinds: list[Any] = [np.int64, np.array] if isinstance(good, int) else [np.float32, np.float64, np.array]
    for value in (good, *(kind(good) for kind in kinds)):
        assert check("option", value) == good
        assert type(check("option", value)) is type(good)
    for value in bad:
        with pytest.raises(InputError, match=r"^option must be") as caught:
            check("option", value)
        assert repr(value) in one_sentence(caught.value)


def test_no_seed_draws_one() -> None:
    assert len({seed_or_random("seed", None) for _ in range(8)}) > 1
    assert TrainingOptions(seed=None).seed != TrainingOptions(seed=None).seed  # type: ignore[arg-type]
    options = TrainingOptions(seed=None)  # type: ignore[arg-type]
    assert options.change(epochs=2).seed == options.seed
    assert (Network([4, 3], seed=None).parameters != Network([4, 3], seed=None).parameters).any()


OBJECTS = [TrainingOptions(patience=2), Momentum(), Nesterov(), Adam(epsilon=0.001), StepDown(2), Cosine(1, 0.5)]
OBJECTS += [LossFlat(), NoImprovement(), LeakyReLU(), Huber()]


@pytest.mark.parametrize("made", OBJECTS, ids=lambda made: type(made).__name__)
def test_options_become_python_numbers(made: Any) -> None:  # noqa: ANN401 - of several types
    """Every option that is a number, of every class, and so those that are yet to come."""
    numbers = {
        field.name: value
        for field in dataclasses.fields(made)
        if type(value := getattr(made, field.name)) in (int, float)
    }
    assert numbers
    for name, value in numbers.items():
        for kind in [*(INTEGERS if isinstance(value, int) else FLOATS), np.array]:
            again = getattr(dataclasses.replace(made, **{name: kind(value)}), name)
            assert type(again) is type(value)
            assert again == pytest.approx(value, rel=1e-3)
        with pytest.raises(InputError, match=name):
            dataclasses.replace(made, **{name: "1"})


#: An option of `Network.train` or of `Network`, as a numpy scalar of this kind.
USES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "learning_rate": lambda kind: {"learning_rate": kind(0.1)},
    "weight_decay": lambda kind: {"weight_decay": kind(0.01)},
    "ema_decay": lambda kind: {"ema_decay": kind(0.5)},
    "label_smoothing": lambda kind: {"label_smoothing": kind(0.1)},
    "momentum": lambda kind: {"optimizer": Momentum(kind(0.9))},
    "nesterov": lambda kind: {"optimizer": Nesterov(kind(0.9))},
    "adam": lambda kind: {"optimizer": Adam(kind(0.9), kind(0.99), kind(1e-4))},
    "a schedule's settings": lambda kind: {"schedule": Cosine(kind(1), kind(0.5))},
    "a schedule's factor": lambda kind: {"schedule": lambda epoch, epochs: kind(0.5)},  # noqa: ARG005
    "class_weight": lambda kind: {"class_weight": {0: kind(2)}},
    "slope": lambda kind: {"hidden": LeakyReLU(kind(0.3))},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("batch_size", [1, 2])
def test_numpy_scalars_train_like_python_numbers(use: str, kind: type, dtype: str, batch_size: int) -> None:
    def train(options: dict[str, Any]) -> bytes:
        network = Network([4, 3, 2], hidden=options.pop("hidden", "relu"), dtype=dtype)
        network.train(np.eye(4), [0, 1, 0, 1], **{"epochs": 2, "batch_size": batch_size, **options})
        assert network.predict(np.eye(4)).dtype == np.dtype(dtype)
        return network.parameters.tobytes()

    assert train(USES[use](kind)) == train(USES[use](lambda value: float(kind(value))))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_search_over_logspace(optimizer: str, schedule: str) -> None:
    for rate in np.logspace(-3, -1, 3):
        network = Network([4, 2], seed=np.int64(3), dtype=np.float32)  # type: ignore[arg-type]
        options: dict[str, Any] = {"epochs": np.int64(2), "batch_size": np.uint8(2), "seed": np.int32(1)}
        history = network.train(
            np.eye(4), [0, 1, 0, 1], learning_rate=rate, optimizer=optimizer, schedule=schedule, **options
        )
        assert len(history) == 2


@pytest.mark.parametrize(
    "dtype", [np.float32, np.dtype("float32"), "f4", "single", np.float64, np.dtype(float), float, "double"]
)
def test_dtypes_are_numpys(dtype: Any) -> None:  # noqa: ANN401 - any of numpy's
    network = Network([3, 2], dtype=dtype)
    assert network.dtype == np.dtype(dtype)
    assert network.to_dict()["dtype"] == np.dtype(dtype).name


@pytest.mark.parametrize("dtype", [None, np.float16, int, ">f4", "nonsense", "f4,(", [], {}, 5, "<f16"])
def test_other_dtypes_are_refused(dtype: Any) -> None:  # noqa: ANN401 - anything at all
    if dtype == ">f4" and np.dtype(dtype).isnative:
        pytest.skip("a big-endian machine")
    with pytest.raises(InputError, match="dtype must be 'float32' or 'float64', got"):
        Network([3, 2], dtype=dtype)
