"""A figure: the samples of all rounds, and its goals."""

import statistics
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Figure", "table"]

_HEAD = ("figure", "must", "aim", "median", "quartiles", "")


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    name, unit : str
    samples : list of float
        One per round.
    must, aim : float or None
        The required and the desired median: a minimum, or a maximum if `less` is better. None: no requirement.
    remark : str
        Why the figure does not count, or another note.
    """

    name: str
    unit: str
    samples: list[float]
    must: float | None = None
    aim: float | None = None
    less: bool = False
    remark: str = ""
    counts: bool = True

    @property
    def median(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper quartile of the samples."""
        if len(self.samples) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return low, high

    @property
    def verdict(self) -> str:
        """Which goal the median reaches."""
        if not self.counts:
            return "does not count"
        if self.must is None:
            return ""
        if self.aim is not None and self._reaches(self.aim):
            return "aim"
        return "met" if self._reaches(self.must) else "MISSED"

    def _reaches(self, goal: float) -> bool:
        return self.median <= goal if self.less else self.median >= goal

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "median": self.median, "quartiles": self.quartiles, "verdict": self.verdict}


def table(figures: list[Figure]) -> str:
    """Return figures as a Markdown table."""
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    remarks = [f"{figure.name}: {figure.remark}" for figure in figures if figure.remark]
    return "\n".join([*lines, "", *remarks])


def _row(figure: Figure) -> tuple[str, ...]:
    sign = "≤" if figure.less else "≥"
    goals = (f"{sign} {_number(goal)} {figure.unit}" if goal is not None else "" for goal in (figure.must, figure.aim))
    low, high = figure.quartiles
    median = f"{_number(figure.median)} {figure.unit}"
    return (figure.name, *goals, median, f"{_number(low)} – {_number(high)}", figure.verdict)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
