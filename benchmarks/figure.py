"""A figure: what was measured, turn by turn, and what it must and should be."""

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
        One a turn.
    must, aim : float or None
        At least this much; at most, if `less` is better. None: nothing is asked of it.
    remark : str
        Why it does not count, or what to know about it.
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
        """The middle one of the samples."""
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Half of the samples lie between these."""
        if len(self.samples) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return low, high

    @property
    def verdict(self) -> str:
        """Which of its goals the median reaches."""
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
        """Return it as plain values, for JSON."""
        return {**asdict(self), "median": self.median, "quartiles": self.quartiles, "verdict": self.verdict}


def table(figures: list[Figure]) -> str:
    """Return figures as a table in Markdown."""
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
