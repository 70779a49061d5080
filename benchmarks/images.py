"""Distorting images for training, and recognizing them."""

from benchmarks.comparison import Bench, Comparison
from benchmarks.figure import Figure
from benchmarks.workloads import Augmenting, Recognizing

__all__ = ["measure_distorting", "measure_recognizing"]

DISTORTING = Comparison("distorting", "distort", Augmenting(rows=49_152), {})
RECIPE = Comparison(
    "an epoch of the shipped model's recipe",
    "learn_recipe",
    Augmenting(rows=32_768),
    {"PyTorch": (2, 4)},
    modules={"PyTorch": "pytorch_recipe"},
)
RECOGNIZING = (
    (Comparison("recognizing a PNG of 28×28", "recognize", Recognizing(28, calls=2000), {}), 300, 120),
    (Comparison("recognizing a PNG of 280×280", "recognize", Recognizing(280, calls=400), {}), 1500, 700),
)


def measure_distorting(bench: Bench) -> list[Figure]:
    """Distort images, and train on distorted images."""
    rates = [bench.amount(DISTORTING) / seconds for seconds in bench.seconds(DISTORTING)]
    return [Figure("distorted images per second", "", rates, 40_000, 100_000), *bench.compare(RECIPE)]


def measure_recognizing(bench: Bench) -> list[Figure]:
    """Recognize PNGs of two sizes."""
    figures = []
    for comparison, must, aim in RECOGNIZING:
        times = [seconds / bench.amount(comparison) * 1e6 for seconds in bench.seconds(comparison)]
        figures.append(Figure(comparison.name, "µs", times, must, aim, less=True))
    return figures
