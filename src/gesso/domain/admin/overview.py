"""The overview of the house: counters that say whether anything is stuck, since when, and how much
money waits for it.
"""

from datetime import datetime
from typing import Final, Protocol

from pydantic import BaseModel, Field

from gesso.domain import deadletters, tasks, wallet
from gesso.domain.identity import GuardedHouse
from gesso.infra.cache import Cache
from gesso.infra.db import moment
from gesso.kit.money import credits_text

COUNTED: Final = 1.0
"""Seconds for which one count is good, however many operators look."""


class ConsoleHouse(GuardedHouse, Protocol):
    """What the overview needs of the house."""

    @property
    def cache(self) -> Cache:
        """Keeps for a moment what is dear to count."""


class StandingOut(BaseModel):
    """The live jobs of one status."""

    status: str
    count: int
    oldest_at: datetime
    price: str = Field(description="The most that they can cost together; held until they end.")


class FrozenOut(BaseModel):
    """All open holds together."""

    count: int
    amount: str
    oldest_at: datetime | None


class ParkedOut(BaseModel):
    """All dead letters that nobody has settled."""

    count: int
    oldest_at: datetime | None


class OverviewOut(BaseModel):
    """How the house stands, as it was within the last second."""

    at: datetime
    jobs: list[StandingOut]
    overdue: int = Field(description="Live jobs beyond their deadline; they should be none.")
    waiting: int
    in_flight: int = Field(description="Jobs at providers.")
    ended_per_minute: int = Field(description="Jobs that ended within the last minute.")
    holds: FrozenOut
    dead_letters: ParkedOut


async def overview(house: ConsoleHouse) -> OverviewOut:
    """The counters; whoever looks within the same second gets the same."""

    async def count() -> object:
        return (await _count(house)).model_dump(mode="json")

    kept = await house.cache.namespace("overview").fetch("counters", COUNTED, count)
    return OverviewOut.model_validate(kept)


async def _count(house: ConsoleHouse) -> OverviewOut:
    async with house.db.view() as view:
        jobs = await tasks.standing.standings(view)
        queues = (await tasks.queues.count(view)).values()
        holds = await wallet.frozen(view)
        parked, parked_since = await deadletters.unsettled(view)
        return OverviewOut(
            at=moment(view),
            jobs=[
                StandingOut(
                    status=each.status,
                    count=each.count,
                    oldest_at=each.oldest_at,
                    price=credits_text(each.price),
                )
                for each in jobs
            ],
            overdue=await tasks.standing.overdue(view),
            waiting=sum(each.waiting for each in queues),
            in_flight=sum(each.at_provider for each in queues),
            ended_per_minute=sum(each.ended for each in queues),
            holds=FrozenOut(
                count=holds.count, amount=credits_text(holds.amount), oldest_at=holds.oldest_at
            ),
            dead_letters=ParkedOut(count=parked, oldest_at=parked_since),
        )
