"""The router: weighs the candidates for a piece, and tells why it took the one it took.

It is memory and arithmetic: no query, no lock, no waiting. Every process has one, and all learn
from the same attempts. A user's own fault teaches it nothing.
"""

import random
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from gesso.domain.routing.figures import Figures, Seen
from gesso.infra.branches import RoutingSettings

_REMEMBERED = 20_000
"""Attempts of which it is known that they were counted."""
_SECOND_CHOICE = 0.9
"""What each place further down the list is worth, compared with the one above it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can make a piece."""

    name: str
    """By which its figures are kept."""
    rank: int = 0
    """Nobody of a higher rank is asked while one of a lower is open."""
    cost: int = 0
    """What it usually takes, in millionths of its currency; 0 where that is not known."""
    currency: str = "USD"
    pinned: bool = False
    disabled: bool = False
    reachable: bool = True
    """Whether it is installed, and there is a credential for it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to ask, why, and how everybody stood."""

    name: str
    why: str
    standing: Sequence[Mapping[str, object]] = field(default_factory=tuple)

    @property
    def trace(self) -> dict[str, object]:
        """For the job's metadata."""
        return {"target": self.name, "why": self.why, "candidates": list(self.standing)}


class Router:
    """Learns how targets do, and chooses among candidates."""

    def __init__(
        self,
        settings: RoutingSettings | None = None,
        *,
        dice: random.Random | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings or RoutingSettings()
        self._dice = dice or random.Random()  # noqa: S311  # chance, not secrecy
        self._now = now
        self._figures: dict[str, Figures] = {}
        self._counted: OrderedDict[UUID, None] = OrderedDict()

    def learn(self, attempt: UUID, seen: Seen) -> None:
        """Count an attempt; a second time, or one that failed by its user's own fault, changes
        nothing.
        """
        if attempt in self._counted:
            return
        self._counted[attempt] = None
        if len(self._counted) > _REMEMBERED:
            self._counted.popitem(last=False)
        if seen.ok or seen.fault != "user":
            self._figures.setdefault(seen.target, Figures()).add(seen)

    def figures(self, name: str) -> Figures:
        """What is known of a target."""
        return self._figures.get(name) or Figures()

    def success(self, name: str) -> float:
        """The share of its attempts that succeed, as far as one can tell."""
        return round(self.figures(name).success(self._now()), 4)

    def is_left(self, name: str) -> bool:
        """Whether it has failed so often in a row that it is left alone just now."""
        return name in self._figures and self._rests_until(name) > self._now()

    def admits(self, name: str) -> bool:
        """Whether a piece that has waited may still go to the target that it was given: to one that
        is left alone none may, and to one that has rested only a single one, as a probe.
        """
        figures = self._figures.get(name)
        if figures is None or figures.streak < self._settings.faults:
            return True
        if self._rests_until(name) > self._now():
            return False
        figures.probed_at = self._now()
        return True

    def choose(self, candidates: Sequence[Candidate], *, tried: Collection[str] = ()) -> Choice:
        """Whom to ask for a piece; those who have `tried` it come last, and then nothing is risked.

        There must be a candidate. One who is disabled, not reachable or left alone is taken only
        where nobody else can be.
        """
        if len(candidates) == 1 and not tried:
            return Choice(candidates[0].name, "only")
        scores = self._scores(candidates)
        standing = [self._stand(each, scores[each.name], tried) for each in candidates]
        state = {
            each.name: str(row["state"]) for each, row in zip(candidates, standing, strict=True)
        }
        taken, why = self._take(candidates, scores, state, steady=bool(tried))
        if why == "probe":
            self._figures[taken.name].probed_at = self._now()
        return Choice(taken.name, why, standing)

    def _take(
        self,
        candidates: Sequence[Candidate],
        scores: Mapping[str, float],
        state: Mapping[str, str],
        *,
        steady: bool,
    ) -> tuple[Candidate, str]:
        def best(group: Sequence[Candidate]) -> Candidate:
            lowest = min(each.rank for each in group)
            return max((e for e in group if e.rank == lowest), key=lambda e: scores[e.name])

        open_ones = [each for each in candidates if state[each.name] == "open"]
        if not open_ones:
            for spare in ("ripe", "left", "tried", "unreachable"):
                group = [each for each in candidates if state[each.name] == spare]
                if group:
                    return best(group), "nobody else"
            return best(candidates), "nobody else"
        pinned = [each for each in open_ones if each.pinned]
        if pinned:
            return best(pinned), "pinned"
        first = best(open_ones)
        if not steady:
            ripe = [e for e in candidates if state[e.name] == "ripe" and e.rank <= first.rank]
            if ripe:
                return best(ripe), "probe"
            others = [e for e in open_ones if e.rank == first.rank and e is not first]
            if others and self._dice.random() < self._settings.explore:
                return self._dice.choice(others), "exploring"
        return first, "next" if steady else "best"

    def _scores(self, candidates: Sequence[Candidate]) -> dict[str, float]:
        """Success, times how near it comes to the fastest and, in its currency, to the cheapest,
        times its place.
        """
        seconds = {each.name: self.figures(each.name).seconds for each in candidates}
        costs = {each.name: self.figures(each.name).cost or each.cost for each in candidates}
        bills: dict[str, list[float]] = {}
        for each in candidates:
            bills.setdefault(each.currency, []).append(costs[each.name])
        now, settings = self._now(), self._settings
        return {
            each.name: self.figures(each.name).success(now) ** 2
            * _nearness(seconds[each.name], seconds.values()) ** settings.speed
            * _nearness(costs[each.name], bills[each.currency]) ** settings.thrift
            * _SECOND_CHOICE**place
            for place, each in enumerate(candidates)
        }  # fmt: skip

    def _stand(self, each: Candidate, score: float, tried: Collection[str]) -> dict[str, object]:
        known = self.figures(each.name)
        row: dict[str, object] = {
            "target": each.name,
            "state": self._state(each, tried),
            "score": round(score, 4),
            "success": round(known.success(self._now()), 4),
        }
        if known.seconds is not None:
            row["seconds"] = round(known.seconds, 3)
        return row

    def _state(self, each: Candidate, tried: Collection[str]) -> str:
        if each.disabled:
            return "disabled"
        if not each.reachable:
            return "unreachable"
        if each.name in tried:
            return "tried"
        if self.figures(each.name).streak < self._settings.faults:
            return "open"
        return "left" if self._rests_until(each.name) > self._now() else "ripe"

    def _rests_until(self, name: str) -> float:
        return self.figures(name).rests_until(self._settings.faults, self._settings.rest)


def _nearness(own: float | None, everybodys: Collection[float | None]) -> float:
    """The least that anybody takes, as a share of what this one takes; 1 where it is not known."""
    known = [each for each in everybodys if each]
    return min(known) / own if own and known else 1.0
