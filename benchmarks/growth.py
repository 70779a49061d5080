"""How cost grows with the width of the hidden layer, the batch size and the depth."""

from collections.abc import Iterator

from benchmarks.comparison import Bench, Comparison, Goal
from benchmarks.figure import Figure
from benchmarks.workloads import Predicting, Training

__all__ = ["AXES", "measure_growth"]

AXES = ("hidden nodes", "batch size", "hidden layers")
#: Rounds that are enough for a curve.
_ROUNDS = 3
#: Training rows; fewer for small batches, which are slow.
_ROWS, _FEW_ROWS = 8192, 2048
_EPOCH = 60_000
#: Without goals.
_OTHERS: dict[str, Goal] = {"PyTorch": (None, None), "floor": (None, None)}


def measure_growth(bench: Bench) -> list[Figure]:
    """Measure every point of the curves; there are no figures with goals."""
    few = Bench(bench.contenders, min(_ROUNDS, bench.rounds), bench.quick)
    for axis, at, sizes, batch, rows in _points():
        name = f"{axis}: {at}"
        training = Training(batch, _ROWS if batch > 8 else _FEW_ROWS, rate=0.01, sizes=sizes)
        trained = Comparison(f"{name}, training", "train", training, _OTHERS)
        asked = Comparison(f"{name}, predicting", "predict", Predicting(rows, max(20, 1000 // rows), sizes), _OTHERS)
        point = {"axis": axis, "at": at, "sizes": sizes, "batch": batch, "rows": rows}
        point["epoch_seconds"] = _each(few, trained, _EPOCH)
        point["predict_seconds"] = _each(few, asked, 1)
        bench.growth.append(point)
    return []


def _points() -> Iterator[tuple[str, int, tuple[int, ...], int, int]]:
    """Yield the axis, the value on it, the network's sizes, and the rows per batch and per prediction."""
    hidden, batch, depth = AXES
    for nodes in (25, 50, 100, 200, 400, 800, 1600, 3200):
        yield hidden, nodes, (784, nodes, 10), 128, 1
    for power in range(11):
        yield batch, 2**power, (784, 200, 10), 2**power, 2**power
    for layers in range(1, 7):
        yield depth, layers, (784, *[200] * layers, 10), 128, 1


def _each(bench: Bench, comparison: Comparison, times: int) -> dict[str, list[float]]:
    """Return the seconds for `times` rows or calls in each round, by contender."""
    share = times / bench.amount(comparison)
    answers = bench.answers(comparison)
    return {name: [one.seconds * share for one in given] for name, given in answers.items()}
