"""Providers: how each did lately, as its attempts tell, and what is with it now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import func, select

from gesso.domain.tasks.status import AT_PROVIDER_NOW
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import View, moment
from gesso.providers.readings import fault_of

LATELY: Final = timedelta(minutes=10)
_MOST: Final = 5000
"""Attempts that are looked at, the newest."""
_BAD: Final = {"rejected", "failed", "leaked"}


@dataclass(slots=True)
class Figures:
    """One provider's, over the last ten minutes."""

    at_provider: int = 0
    """Jobs that it has now."""
    delivered: int = 0
    failed: int = 0
    """Attempts that came to nothing by its own fault."""
    refused: int = 0
    """Those that came to nothing by the user's or the key's."""
    delivered_at: datetime | None = None
    seconds: float | None = None
    """From submission to the end, the median of what was delivered."""
    _took: list[float] = field(default_factory=list)

    def add(self, attempt: Any) -> None:
        """Count an attempt; newer ones come first."""
        if attempt.outcome == "completed":
            self.delivered += 1
            self.delivered_at = self.delivered_at or attempt.ended_at
            if attempt.intent_at is not None:
                self._took.append((attempt.ended_at - attempt.intent_at).total_seconds())
                self.seconds = median(self._took)
        elif attempt.outcome in _BAD:
            is_its_own = fault_of(attempt.error_code or "") == "provider"
            self.failed += is_its_own
            self.refused += not is_its_own


async def figures(view: View, providers: Collection[str]) -> Mapping[str, Figures]:
    """The figures of these providers, and of whoever else has jobs or had some lately."""
    found = {name: Figures() for name in sorted(providers)}
    busy = select(Job.provider, func.count()).where(AT_PROVIDER_NOW).group_by(Job.provider)
    for name, count in await view.execute(busy):
        found.setdefault(name, Figures()).at_provider = count
    lately = (
        select(
            Attempt.provider, Attempt.outcome, Attempt.error_code,
            Attempt.intent_at, Attempt.ended_at,
        )
        .where(Attempt.ended_at.is_not(None), Attempt.ended_at > moment(view) - LATELY)
        .order_by(Attempt.ended_at.desc())
        .limit(_MOST)
    )  # fmt: skip
    for attempt in await view.execute(lately):
        found.setdefault(attempt.provider, Figures()).add(attempt)
    return found
