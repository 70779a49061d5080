"""Training and predicting, next to PyTorch, scikit-learn, JAX, ONNX Runtime and the floor."""

from benchmarks.comparison import Bench, Comparison, Goal
from benchmarks.figure import Figure
from benchmarks.workloads import Predicting, Training

__all__ = ["measure_predicting", "measure_training"]

_DEEP = (784, 1024, 1024, 10)

#: Without a goal: the goals date from when weights were stored node by node.
_FASTER: dict[str, Goal] = {"faster floor": (None, None)}

# Enough epochs for a second or two, so that the setup before the first epoch counts as little as in a whole training.
TRAININGS = (
    Comparison(
        "training, batches of 32",
        "train",
        Training(batch=32, epochs=4, rate=0.05),
        {"PyTorch": (1.8, 3), "scikit-learn": (1.5, 2.5), "JAX": (0.9, 1.2), "floor": (0.75, 0.95), **_FASTER},
    ),
    Comparison(
        "training, batches of 128",
        "train",
        Training(batch=128, epochs=8),
        {"PyTorch": (1.4, 2), "scikit-learn": (1.5, 2.5), "JAX": (1.0, 1.4), "floor": (0.8, 0.95), **_FASTER},
    ),
    Comparison("training, batches of 256", "train", Training(batch=256, epochs=8), {"floor": (0.8, 0.95), **_FASTER}),
    Comparison(
        "training, row by row",
        "train",
        Training(batch=1, rows=6144, rate=0.01),
        {"PyTorch": (4, 10), "node loop": (50, None)},
    ),
    Comparison(
        "training 784-1024-1024-10, batches of 128",
        "train",
        Training(batch=128, rows=14_336, sizes=_DEEP),
        {"PyTorch": (1.0, 1.2)},
    ),
)

PREDICTIONS = (
    Comparison(
        "predict, one row",
        "predict",
        Predicting(rows=1, calls=10_000),
        {"ONNX Runtime": (0.7, 1.1)},
        threads=1,
        tolerance=1e-4,
    ),
    Comparison(
        "predict, 10,000 rows",
        "predict",
        Predicting(rows=10_000, calls=24),
        {"ONNX Runtime": (1.0, 1.3), "PyTorch": (1.0, 1.3)},
        tolerance=1e-4,
    ),
)


def measure_training(bench: Bench) -> list[Figure]:
    """Train 784-200-10 with several batch sizes and row by row, and a larger network."""
    return [figure for comparison in TRAININGS for figure in bench.compare(comparison)]


def measure_predicting(bench: Bench) -> list[Figure]:
    """Predict one row, and 10,000."""
    return [figure for comparison in PREDICTIONS for figure in bench.compare(comparison)]
