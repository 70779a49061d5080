"""Comparisons: the same work by inknet and by others, in turns, and the figures that come of it."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from benchmarks.figure import Figure
from benchmarks.turns import Answer, Contenders
from benchmarks.work import Work

__all__ = ["OURS", "Bench", "Comparison", "Goal", "installed"]

OURS = "inknet"
#: What must be installed for a contender to be there; the others need nothing more.
PACKAGES = {
    "PyTorch": "torch",
    "scikit-learn": "sklearn",
    "JAX": "jax",
    "ONNX Runtime": "onnxruntime",
    "LitServe": "litserve",
}
#: The modules of the contenders.
MODULES = {
    OURS: "ours",
    "PyTorch": "pytorch",
    "scikit-learn": "scikit",
    "JAX": "scan",
    "ONNX Runtime": "onnx_model",
    "floor": "floor",
    "faster floor": "faster_floor",
    "node loop": "node_loop",
}

#: What a figure must be and should be; None: nothing is asked of it.
Goal = tuple[float | None, float | None]
#: Seconds, turn by turn, by contender.
Times = dict[str, list[float]]


@dataclass(frozen=True)
class Comparison:
    """The same work for several contenders.

    Attributes
    ----------
    name : str
    job : str
        The function of the contenders' modules that makes the job.
    work : Work
    goals : dict
        By contender: how many times faster than it inknet must and should be.
    threads : int
        Each has so many.
    tolerance : float
        By what share the values that the jobs return may differ: these are losses, or outputs.
    modules : dict
        Where a contender's job is in another module than usual.
    """

    name: str
    job: str
    work: Work
    goals: dict[str, Goal]
    threads: int = 2
    tolerance: float = 0.02
    modules: dict[str, str] | None = None

    def jobs(self) -> dict[str, str]:
        """Return what every contender that is installed is asked."""
        modules = {**MODULES, **(self.modules or {})}
        names = [OURS, *(name for name in self.goals if installed(name))]
        return {name: f"benchmarks.contenders.{modules[name]}:{self.job}" for name in names}


class Bench:
    """One run: how many turns, how much work, and what has been measured.

    Attributes
    ----------
    contenders : Contenders
    turns : int
    quick : bool
        A small part of the work is enough.
    times : dict
        The seconds behind the figures, by comparison.
    growth : list of dict
        The points of the curves; see `bench.growth`.
    """

    def __init__(self, contenders: Contenders, turns: int, quick: bool) -> None:
        self.contenders = contenders
        self.turns = turns
        self.quick = quick
        self.times: dict[str, Times] = {}
        self.growth: list[dict[str, Any]] = []

    def work(self, comparison: Comparison) -> Work:
        """Return what there is to do of it in this run."""
        return comparison.work.quick() if self.quick else comparison.work

    def amount(self, comparison: Comparison) -> int:
        """Return how many rows or calls that is."""
        work = self.work(comparison)
        amount: int = getattr(work, work.amount)
        return amount

    def answers(self, comparison: Comparison) -> dict[str, list[Answer]]:
        """Let the contenders do it in turns."""
        print(f"{comparison.name} …", file=sys.stderr, flush=True)
        answers = self.contenders.in_turns(comparison.jobs(), self.work(comparison), self.turns, comparison.threads)
        self.times[comparison.name] = {name: [one.seconds for one in given] for name, given in answers.items()}
        return answers

    def seconds(self, comparison: Comparison) -> list[float]:
        """Return how long inknet took, turn by turn, for what nobody else does."""
        return [answer.seconds for answer in self.answers(comparison)[OURS]]

    def compare(self, comparison: Comparison) -> list[Figure]:
        """Return how many times faster inknet was than each of the others."""
        answers = self.answers(comparison)
        ours = answers.pop(OURS)
        figures = []
        for name, theirs in answers.items():
            must, aim = comparison.goals[name]
            remark = _differ(name, ours, theirs, comparison.tolerance)
            label = f"share of the {name}" if name.endswith("floor") else f"against {name}"
            ratios = [its.seconds / our.seconds for its, our in zip(theirs, ours, strict=True)]
            figures.append(
                Figure(f"{comparison.name}, {label}", "×", ratios, must, aim, remark=remark, counts=not remark)
            )
        return figures


def installed(contender: str) -> bool:
    """Return whether a contender can take part."""
    package = PACKAGES.get(contender)
    return package is None or find_spec(package) is not None


def _differ(name: str, ours: Sequence[Answer], theirs: Sequence[Answer], tolerance: float) -> str:
    """Return a sentence if what two returned, at the median, is not the same: then they did other work."""
    mine, its = ([answer.value for answer in answers if answer.value is not None] for answers in (ours, theirs))
    if not mine or not its:
        return ""
    our_value, its_value = statistics.median(mine), statistics.median(its)
    if abs(our_value - its_value) <= tolerance * abs(its_value):
        return ""
    return f"inknet came to {our_value:.4g} and {name} to {its_value:.4g}, which is not the same work"
