"""Figures: what was measured, what stood beside it, and whether that is as good as it has to be."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any


class Skipped(Exception):
    """This machine lacks what the benchmark needs; the message says what."""


class Broken(Exception):
    """What was measured did not do its work, so that its speed means nothing."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure's ratio to its baseline, or on its value where `of` says so."""

    least: float | None = None
    most: float | None = None
    of: str = "ratio"

    def __str__(self) -> str:
        bound = f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"
        return bound if self.of == "value" else f"{bound} ×"

    def is_met_by(self, number: float) -> bool:
        """Whether this number is within the bound."""
        above = self.least is None or number >= self.least
        return above and (self.most is None or number <= self.most)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number with its baseline; `facts` are whatever explains it."""

    name: str
    value: float
    unit: str
    beside: str | None = None
    baseline: float | None = None
    goal: Goal | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How many times the baseline it is; None without one."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        number = self.value if self.goal.of == "value" else self.ratio
        return number is not None and self.goal.is_met_by(number)

    def plain(self) -> dict[str, Any]:
        """The figure as JSON knows it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "beside": self.beside,
            "baseline": self.baseline,
            "ratio": self.ratio,
            "goal": str(self.goal) if self.goal else None,
            "met": self.met,
            "facts": self.facts,
        }


def middle(numbers: list[float]) -> float:
    """The median: one disturbed round among three does not move it."""
    return float(median(numbers))
