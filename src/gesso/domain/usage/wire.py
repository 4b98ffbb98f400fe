"""What usage looks like at the API."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, Field

from gesso.domain.usage.latency import counts_in, quantile
from gesso.domain.usage.report import By, Group, Report
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text


class EndsOut(BaseModel):
    """Tasks by the status that they ended in."""

    completed: int
    failed: int
    cancelled: int
    expired: int


class LatencyOut(BaseModel):
    """Seconds from the order of a piece to its delivery; the quantiles are interpolated."""

    mean: float
    p50: float
    p95: float


class FiguresOut(BaseModel):
    """What ended within the range. Credits as decimal text; `provider_cost` and `loss` likewise, in
    the providers' currency.
    """

    tasks: EndsOut
    charged: str
    released: str
    attempts: int = Field(description="Submissions whose fate became known.")
    provider_cost: str
    loss: str = Field(description="The part of the cost for which nothing was delivered.")
    pieces: int = Field(description="Pieces delivered.")
    latency: LatencyOut | None = Field(description="Null where nothing was delivered.")

    @classmethod
    def told(cls, measures: Mapping[str, int]) -> Self:
        """The measures of a group or of all."""
        tasks = {name: measures[name] for name in EndsOut.model_fields}
        money = ("charged", "released", "provider_cost", "loss")
        return cls(
            tasks=EndsOut(**tasks),
            attempts=measures["attempts"],
            pieces=measures["pieces"],
            latency=_latency(measures),
            **{name: credits_text(measures[name]) for name in money},
        )


class GroupOut(FiguresOut):
    """The figures of a group; of `day`, `tenant_id`, `operation` and `provider` those that were
    asked for are told, the others are null.
    """

    day: date | None = None
    tenant_id: str | None = None
    operation: str | None = None
    provider: str | None = None


class UsageOut(BaseModel):
    """What was used from `from` to `to`, both counted in, by days in UTC."""

    since: date = Field(serialization_alias="from")
    until: date = Field(serialization_alias="to")
    as_of: datetime | None = Field(
        description="Everything that ended before this instant is counted; null before any is."
    )
    groups: list[GroupOut]
    totals: FiguresOut


def group_out(group: Group) -> GroupOut:
    """A group as it is told."""
    tenant_id = group.of.get(By.TENANT)
    return GroupOut(
        **FiguresOut.told(group.measures).model_dump(),
        day=group.of.get(By.DAY),
        tenant_id=tenant_id and public_id("tenant", tenant_id),
        operation=group.of.get(By.OPERATION),
        provider=group.of.get(By.PROVIDER),
    )


def usage_out(since: date, until: date, report: Report) -> UsageOut:
    """A report as it is told."""
    return UsageOut(
        since=since,
        until=until,
        as_of=report.complete_to,
        groups=[group_out(group) for group in report.groups],
        totals=FiguresOut.told(report.totals),
    )


def _latency(measures: Mapping[str, int]) -> LatencyOut | None:
    counts = counts_in(measures)
    p50, p95 = quantile(counts, 0.5), quantile(counts, 0.95)
    if p50 is None or p95 is None:
        return None
    mean = measures["took"] / measures["pieces"] / 1000
    return LatencyOut(mean=round(mean, 3), p50=round(p50, 3), p95=round(p95, 3))
