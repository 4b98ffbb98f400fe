"""Providers over HTTP, for operators: how each does."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Protocol, cast

from fastapi import Request
from pydantic import BaseModel, Field

from gesso.domain.identity import GuardedHouse, OperatorDep
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.providers import figures
from gesso.infra.cache import Cache
from gesso.infra.web import house_of, new_router
from gesso.providers import Offers
from gesso.providers.traffic import shown

router = new_router("providers")

_COUNTED: Final = 2.0
"""Seconds for which one count is good, however many operators look."""


class OffersOut(BaseModel):
    """What a provider can do, so far as it tells what becomes of a job with it."""

    reports: Annotated[
        Literal["signed", "hint"] | None,
        Field(description="hint: a report only has it asked; none: only polls tell how a job is."),
    ]
    lookup: Annotated[
        bool, Field(description="Whether it finds a submission whose answer was lost.")
    ]
    cancel: Annotated[bool, Field(description="Whether it stops what it has begun.")]

    @classmethod
    def told(cls, offers: Offers) -> "OffersOut":
        """As a provider declares it."""
        return cls(reports=offers.push, lookup=offers.lookup, cancel=offers.cancel)


class ProviderOut(BaseModel):
    """A provider: how it did in the last ten minutes, and what is with it now."""

    name: str
    circuit: Annotated[
        Literal["closed", "open", "half_open"],
        Field(description="open: it fails and is left alone; half_open: it is tried out."),
    ]
    rest_seconds: Annotated[float, Field(description="For which it is left alone.")]
    at_provider: Annotated[int, Field(description="Jobs that it has now.")]
    delivered: int
    failed: Annotated[int, Field(description="Attempts that failed by its own fault.")]
    refused: Annotated[int, Field(description="Attempts that failed by another's.")]
    delivered_at: datetime | None
    seconds: Annotated[float | None, Field(description="From submission to the end; median.")]
    latency: Annotated[float | None, Field(description="Seconds that a call takes of late.")]
    answered_at: Annotated[datetime | None, Field(description="When a call last went well.")]
    offers: Annotated[OffersOut | None, Field(description="None: it is not installed here.")]


class ProvidersOut(BaseModel):
    """Every provider of the catalogue, and whoever has jobs besides."""

    items: list[ProviderOut]
    next_cursor: str | None = None


class ObservingHouse(GuardedHouse, Protocol):
    """What this route needs of the house."""

    @property
    def menu(self) -> Menu:
        """Names the providers, and knows what they can do."""
        ...

    @property
    def cache(self) -> Cache:
        """Where those that speak to providers leave word."""
        ...


@router.get("/providers")
async def list_providers(request: Request, _operator: OperatorDep) -> ProvidersOut:
    """List the providers and how they do, as it was within the last seconds."""
    house = cast(ObservingHouse, house_of(request))
    named = {each.provider for model in house.menu.catalog.models for each in model.targets}

    async def count() -> Any:
        async with house.db.view() as view:
            found = await figures(view, named)
        words = await shown(house.cache, found)
        listed = [
            ProviderOut(
                name=name,
                circuit=words[name].state,
                rest_seconds=round(words[name].rest, 1),
                at_provider=each.at_provider,
                delivered=each.delivered,
                failed=each.failed,
                refused=each.refused,
                delivered_at=each.delivered_at,
                seconds=each.seconds,
                latency=words[name].latency,
                answered_at=_moment(words[name].succeeded_at),
                offers=OffersOut.told(offers) if (offers := house.menu.offers(name)) else None,
            )
            for name, each in sorted(found.items())
        ]
        return ProvidersOut(items=listed).model_dump(mode="json")

    counted = await house.cache.namespace("providers").fetch("figures", _COUNTED, count)
    return ProvidersOut.model_validate(counted)


def _moment(unix: float | None) -> datetime | None:
    return None if unix is None else datetime.fromtimestamp(unix, UTC)
