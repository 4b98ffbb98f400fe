"""How long pieces took, as a small histogram: exact counts, and quantiles that are good guesses."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

BOUNDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
"""Seconds up to which each column counts; the last column counts what took longer."""

COLUMNS = (*[f"took_{bound}" for bound in BOUNDS], "took_longer")


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The seconds within which this share of the pieces was delivered, interpolated within a
    column; None without pieces. What took longer than all bounds is told as the last bound.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, seen = share * total, 0
    for count, (lower, upper) in zip(counts, pairwise((0, *BOUNDS)), strict=False):
        if seen + count >= wanted and count:
            return lower + (upper - lower) * (wanted - seen) / count
        seen += count
    return float(BOUNDS[-1])


def counts_in(measures: Mapping[str, int]) -> list[int]:
    """The histogram among a row's measures."""
    return [measures[column] for column in COLUMNS]
