"""Which epoch is the best, and reports as plain values."""

import pytest

from inknet.mlp import EpochReport
from inknet.mlp.training.history import History


def report(epoch: int, loss: float, *held_out: float | None) -> EpochReport:
    """Return a report with a training loss and, if there are any, a held-out loss and accuracy."""
    validation_loss, validation_accuracy = held_out or (None, None)
    return EpochReport(epoch, loss, 0.1, 2.0, validation_loss, validation_accuracy)


@pytest.mark.parametrize(
    ("reports", "best"),
    [
        ([report(1, 0.5, 0.3, 0.8), report(2, 0.9, 0.9, 0.9), report(3, 0.1, 0.1, 0.85)], 2),
        ([report(1, 0.1, 0.4, 0.9), report(2, 0.9, 0.3, 0.9)], 2),  # of equal accuracy: the held-out loss
        ([report(1, 0.5, 0.3, 0.9), report(2, 0.4, 0.3, 0.9)], 2),  # of equal held-out loss: the training loss
        ([report(1, 0.5), report(2, 0.4), report(3, 0.6)], 2),
        ([report(1, 0.5), report(2, 0.5)], 1),  # of equals the first
        ([report(1, 0.5, 0.2, None), report(2, 0.4, 0.3, None)], 1),
        ([report(1, 0.5, 0.3, 0.5), report(2, 0.4, 0.3, 0.0)], 1),  # an accuracy of zero is one
        ([report(1, 0.5, 0.3, 0.9), report(2, 0.6, 0.0, 0.9)], 2),  # so is a loss of zero
    ],
)
def test_the_best_epoch(reports: list[EpochReport], best: int) -> None:
    found = History(reports).best
    assert found is not None
    assert found.epoch == best


def test_an_empty_history_has_no_best_epoch() -> None:
    history = History()
    assert history.best is None
    assert len(history) == 0
    assert list(history) == []
    assert history.stopped == ""


def test_a_history_is_a_sequence_of_its_reports() -> None:
    reports = [report(1, 0.5), report(2, 0.4)]
    assert len(History(reports)) == 2
    assert list(History(reports)) == reports


def test_plain_values_and_back() -> None:
    for one in (report(1, 0.5), report(2, 0.25, 0.3, 0.9), report(3, 0.25, 0.3, None)):
        assert EpochReport.from_dict(one.as_dict()) == one
    assert report(1, 0.5).as_dict() == {
        "epoch": 1,
        "loss": 0.5,
        "learning_rate": 0.1,
        "seconds": 2.0,
        "validation_loss": None,
        "validation_accuracy": None,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [("loss", "0.5"), ("loss", None), ("epoch", True), ("seconds", None), ("validation_loss", "x"), ("extra", 1)],
)
def test_values_that_are_not_numbers_are_refused(name: str, value: object) -> None:
    with pytest.raises(TypeError):
        EpochReport.from_dict(report(1, 0.5).as_dict() | {name: value})
