"""Comparisons of inknet with other libraries doing the same work, and the resulting figures."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from benchmarks.figure import Figure
from benchmarks.rounds import Answer, Contenders
from benchmarks.workloads import Workload

__all__ = ["OURS", "Bench", "Comparison", "Goal", "installed"]

OURS = "inknet"
#: The package that a contender needs; those not listed need none.
PACKAGES = {
    "PyTorch": "torch",
    "scikit-learn": "sklearn",
    "JAX": "jax",
    "ONNX Runtime": "onnxruntime",
    "LitServe": "litserve",
}
#: Modules of the contenders.
MODULES = {
    OURS: "inknet_",
    "PyTorch": "pytorch",
    "scikit-learn": "scikit_learn",
    "JAX": "jax_",
    "ONNX Runtime": "onnx_runtime",
    "floor": "floor",
    "faster floor": "faster_floor",
    "node loop": "node_loop",
}

#: The required and the desired value of a figure; None: no requirement.
Goal = tuple[float | None, float | None]
#: Seconds per round, by contender.
Times = dict[str, list[float]]


@dataclass(frozen=True)
class Comparison:
    """One workload for several contenders.

    Attributes
    ----------
    name : str
    job : str
        The function in each contender's module that makes the job.
    work : Workload
    goals : dict
        By contender: how many times as fast inknet must and should be.
    threads : int
        For each contender.
    tolerance : float
        Relative difference allowed between the values that the jobs return (losses or outputs).
    modules : dict
        Contenders whose job is in another module than in `MODULES`.
    """

    name: str
    job: str
    work: Workload
    goals: dict[str, Goal]
    threads: int = 2
    tolerance: float = 0.02
    modules: dict[str, str] | None = None

    def jobs(self) -> dict[str, str]:
        """Return the job of every installed contender."""
        modules = {**MODULES, **(self.modules or {})}
        names = [OURS, *(name for name in self.goals if installed(name))]
        return {name: f"benchmarks.contenders.{modules[name]}:{self.job}" for name in names}


class Bench:
    """One run of the benchmarks: its settings, and what it has measured.

    Attributes
    ----------
    contenders : Contenders
    rounds : int
    quick : bool
        Do a sixteenth of the work.
    times : dict
        The seconds behind the figures, by comparison.
    growth : list of dict
        The points of the curves; see `benchmarks.growth`.
    """

    def __init__(self, contenders: Contenders, rounds: int, quick: bool) -> None:
        self.contenders = contenders
        self.rounds = rounds
        self.quick = quick
        self.times: dict[str, Times] = {}
        self.growth: list[dict[str, Any]] = []

    def work(self, comparison: Comparison) -> Workload:
        """Return the work of a comparison in this run."""
        return comparison.work.quick() if self.quick else comparison.work

    def amount(self, comparison: Comparison) -> int:
        """Return the number of rows or calls."""
        work = self.work(comparison)
        amount: int = getattr(work, work.amount)
        return amount

    def answers(self, comparison: Comparison) -> dict[str, list[Answer]]:
        """Run all rounds of a comparison."""
        print(f"{comparison.name} …", file=sys.stderr, flush=True)
        answers = self.contenders.run_rounds(comparison.jobs(), self.work(comparison), self.rounds, comparison.threads)
        self.times[comparison.name] = {name: [one.seconds for one in given] for name, given in answers.items()}
        return answers

    def seconds(self, comparison: Comparison) -> list[float]:
        """Return the seconds that inknet took in each round."""
        return [answer.seconds for answer in self.answers(comparison)[OURS]]

    def compare(self, comparison: Comparison) -> list[Figure]:
        """Return how many times as fast inknet was as each of the others."""
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
    """Return whether the package of a contender is installed."""
    package = PACKAGES.get(contender)
    return package is None or find_spec(package) is not None


def _differ(name: str, ours: Sequence[Answer], theirs: Sequence[Answer], tolerance: float) -> str:
    """Return a remark if the median values of two contenders differ, so that they did not do the same work."""
    mine, its = ([answer.value for answer in answers if answer.value is not None] for answers in (ours, theirs))
    if not mine or not its:
        return ""
    our_value, its_value = statistics.median(mine), statistics.median(its)
    if abs(our_value - its_value) <= tolerance * abs(its_value):
        return ""
    return f"inknet returned {our_value:.4g} and {name} {its_value:.4g}: not the same work"
