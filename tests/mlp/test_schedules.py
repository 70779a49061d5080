import math
from typing import Any

import pytest

from inknet.mlp import SCHEDULES, Cosine, InputError, Network, StepDown
from inknet.mlp.schedules import Schedule, constant
from tests.mlp.helpers import one_sentence


@pytest.mark.parametrize("epoch", [0, 0.5, 9.99])
def test_constant(epoch: float) -> None:
    assert constant(epoch, 10) == 1


@pytest.mark.parametrize(("epoch", "factor"), [(0, 1), (1.99, 1), (2, 0.5), (3.5, 0.5), (4, 0.25), (9.5, 0.0625)])
def test_step_down_by_hand(epoch: float, factor: float) -> None:
    assert StepDown(every=2, factor=0.5)(epoch, 10) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("epochs", "epoch", "factor"), [(9, 2.9, 1), (9, 3, 0.1), (9, 6, 0.01), (9, 8.9, 0.01), (10, 4, 0.1), (1, 0.9, 1)]
)
def test_step_down_by_thirds(epochs: int, epoch: float, factor: float) -> None:
    assert StepDown()(epoch, epochs) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("epoch", "factor"), [(0, 1), (2.5, (1 + math.sqrt(0.5)) / 2), (5, 0.5), (10 / 3, 0.75), (10, 0), (11, 0)]
)
def test_cosine_by_hand(epoch: float, factor: float) -> None:
    assert Cosine()(epoch, 10) == pytest.approx(factor, abs=1e-15)


@pytest.mark.parametrize(("epoch", "factor"), [(0.5, 0.25), (1.5, 0.75), (2, 1), (6, 0.55), (10, 0.1)])
def test_cosine_after_a_warm_up_to_a_floor(epoch: float, factor: float) -> None:
    # Up along a line until epoch 2, then from 1 to 0.1, whose middle is at epoch 6.
    assert Cosine(warmup=2, final=0.1)(epoch, 10) == pytest.approx(factor)


def test_cosine_warmup_takes_one_epoch() -> None:
    assert [SCHEDULES["cosine-warmup"](epoch, 3) for epoch in (0.25, 1, 2)] == pytest.approx([0.25, 1, 0.5])


def test_cosine_that_is_all_warm_up() -> None:
    assert [Cosine(warmup=2)(epoch, 2) for epoch in (0, 1, 2, 3)] == [0, 0.5, 0, 0]


def test_the_rate_of_a_training_follows_its_schedule() -> None:
    def rates(schedule: str | Schedule) -> list[float]:
        network = Network([1, 1], output="identity")
        history = network.train([[1.0]], [1.0], epochs=4, learning_rate=0.2, schedule=schedule)
        return [report.learning_rate for report in history]

    assert rates("constant") == [0.2] * 4
    assert rates("step") == pytest.approx([0.2, 0.2, 0.02, 0.02])
    half = math.sqrt(0.5) / 2
    assert rates("cosine") == pytest.approx([0.2, 0.2 * (0.5 + half), 0.1, 0.2 * (0.5 - half)])
    assert rates(lambda epoch, epochs: 1 - epoch / epochs) == pytest.approx([0.2, 0.15, 0.1, 0.05])


def test_the_schedule_moves_within_an_epoch() -> None:
    seen: list[float] = []

    def record(epoch: float, epochs: int) -> float:  # noqa: ARG001 - a schedule's shape
        seen.append(epoch)
        return 1.0

    Network([1, 1], output="identity").train([[0.0]] * 4, [0.0] * 4, epochs=2, batch_size=1, schedule=record)
    assert {0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75} <= set(seen)


@pytest.mark.parametrize("factor", [math.nan, math.inf, -0.5, None, "1", 1j, True, [1.0]])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_schedule_that_returns_something_else_is_named(factor: Any, batch_size: int) -> None:  # noqa: ANN401
    network = Network([1, 1], output="identity")
    kept: list[bytes] = []
    options: dict[str, Any] = {"on_epoch": lambda _, trainer: kept.append(trainer.network.parameters.tobytes())}
    with pytest.raises(InputError) as caught:
        network.train(
            [[1.0]] * 4,
            [1.0] * 4,
            batch_size=batch_size,
            schedule=lambda epoch, epochs: 1.0 if epoch < 2 else factor,  # noqa: ARG005 - a schedule's shape
            **options,
        )
    text = one_sentence(caught.value)
    assert f"schedule must return a non-negative number, got {factor!r} at epoch 2" in text
    assert network.parameters.tobytes() == kept[-1]


@pytest.mark.parametrize("every", [0, -1, 1.5, "2"])
def test_a_step_of_zero_epochs_is_refused(every: int) -> None:
    with pytest.raises(InputError, match=str(every)):
        StepDown(every=every)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        SCHEDULES.find("linear")
    assert "'linear'" in one_sentence(caught.value)
    assert all(name in str(caught.value) for name in SCHEDULES)
