"""What reconciliation looks like at the API."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, Field

from gesso.domain.reconciliation.counting import Reason, Unexplained
from gesso.domain.reconciliation.tables import ReconciledDay
from gesso.kit.ids import public_id
from gesso.kit.money import credits_text


class ReconciledDayOut(BaseModel):
    """A day in UTC at one provider. `charged` in credits; the other sums as decimal text in the
    provider's currency.
    """

    day: date
    provider: str
    charged: str
    provider_cost: str
    loss: str = Field(description="The part of the cost for which nothing was delivered.")
    attempts: int
    unknown: int = Field(description="Attempts whose fate is not known, or was never found out.")
    billed: str | None = Field(description="By the provider; null while nothing was imported.")
    difference: str | None = Field(description="What it says beyond our own figure.")
    unexplained: int = Field(description="What one of both says and the other does not.")
    counted_at: datetime

    @classmethod
    def told(cls, row: ReconciledDay) -> Self:
        """A day as it is told."""
        return cls(
            day=row.day,
            provider=row.provider,
            charged=credits_text(row.charged),
            provider_cost=credits_text(row.provider_cost),
            loss=credits_text(row.loss),
            attempts=row.attempts,
            unknown=row.unknown,
            billed=_text(row.billed),
            difference=_text(row.difference),
            unexplained=row.unexplained,
            counted_at=row.counted_at,
        )


class UnexplainedOut(BaseModel):
    """Something that one of both says and the other does not.

    `no_attempt`: the provider bills a job that is none of ours; `not_ended`: one that is not over
    here; `other_cost`: both know it and differ; `not_billed`: we know a cost that it does not.
    """

    provider: str
    reason: Reason
    provider_job_id: str | None
    attempt_id: str | None
    billed: str | None
    ours: str | None

    @classmethod
    def told(cls, found: Unexplained) -> Self:
        """One of them as it is told."""
        return cls(
            provider=found.provider,
            reason=found.reason,
            provider_job_id=found.provider_job_id,
            attempt_id=public_id("attempt", found.attempt_id) if found.attempt_id else None,
            billed=_text(found.billed),
            ours=_text(found.ours),
        )


class DayReportOut(BaseModel):
    """A day with what is not explained, at most a hundred of it."""

    day: date
    providers: list[ReconciledDayOut]
    unexplained: list[UnexplainedOut]


def _text(amount: int | None) -> str | None:
    return None if amount is None else credits_text(amount)
