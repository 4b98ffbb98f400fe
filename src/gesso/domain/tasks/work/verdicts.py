"""Verdicts: what a provider said of a job becomes what is written of it, whoever heard it."""

from dataclasses import replace
from datetime import UTC, datetime

import structlog

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.finish import End
from gesso.domain.tasks.metering import charge
from gesso.domain.tasks.news import Postponed, Progress, Result, Taken
from gesso.domain.tasks.retry import Failure
from gesso.domain.tasks.values import read
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.envoy import Envoy
from gesso.domain.tasks.work.ingest import Ingest, is_at_hand
from gesso.infra.inspect import Rejected
from gesso.providers import Absent, Accepted, Cancelled, Delivered, Failed, Refused, Working
from gesso.work import Grip

log = structlog.get_logger()


class Verdicts:
    """Reports verdicts on assignments to the desk, each under its grip."""

    def __init__(self, desk: Desk, envoy: Envoy, ingest: Ingest) -> None:
        self._desk, self._envoy, self._ingest = desk, envoy, ingest
        self._lease = desk.lease.total_seconds()

    async def conclude(self, job: Assignment, verdict: object, *, spared: bool = False) -> None:
        """Report a verdict; whichever flow or push brought it, it means the same. `spared`: a
        refusal was one of the key alone.
        """
        match verdict:
            case Accepted():
                await self._desk.accept(self.taken(job, verdict, stays=False))
            case Delivered():
                await self._received(job, verdict)
            case Working():
                wait = self.next_look(job, verdict.poll_after)
                share = max(job.progress, verdict.progress or 0.0)
                if share == job.progress and verdict.metadata is None:
                    # It may be told of elsewhere, and have grown since this look began.
                    await self._desk.postpone(Postponed(grip(job), wait))
                    return
                await self._desk.advance(Progress(grip(job), share, wait, False, verdict.metadata))
            case Refused():
                await self.refused(job, verdict, spared=spared)
            case Failed() | Absent() | Cancelled():
                await self._desk.fail(_failure(job, verdict))
            case _:
                log.error("verdict_unknown", verdict=repr(verdict))

    async def stopped(self, job: Assignment, last: object) -> None:
        """Report how a job stands that is not wanted any more."""
        is_over = self._now() >= job.deadline_at
        status = "expired" if is_over and not job.cancel_requested else "cancelled"
        match last:
            case Cancelled():
                await self._desk.finish(_end(job, status, "cancelled", last.cost))
            case Failed():
                await self._desk.finish(_end(job, status, "failed", last.cost))
            case Delivered():
                await self.conclude(job, last)
            case _ if is_over:
                await self._desk.finish(self.give_up(job, "expired", "expired"))
            case _:
                await self._desk.postpone(Postponed(grip(job), self.next_look(job, None)))

    async def refused(self, job: Assignment, refusal: Refused, *, spared: bool = False) -> None:
        """Report that it was not taken; `spared`: for its key alone."""
        # The key rests for as long as the provider asks; a job that gets another need not.
        after = None if spared else refusal.after
        await self._desk.fail(
            Failure(
                grip(job), job.task_id, "rejected", refusal.code, refusal.message,
                again=refusal.again, after=after, spared=spared,
            )
        )  # fmt: skip

    async def not_sent(self, job: Assignment, code: str, message: str, after: float) -> None:
        """Nothing was tried, so nothing counts; it may be in so many seconds."""
        await self._desk.fail(
            Failure(
                grip(job), job.task_id, "absent", code, message,
                again=True, after=after, spared=True,
            )
        )  # fmt: skip

    def taken(self, job: Assignment, news: Accepted, *, stays: bool) -> Taken:
        """The news that the provider has it; `stays`: its worker keeps the lease."""
        wait = self._lease if stays else self.next_look(job, news.poll_after)
        return Taken(grip(job), news.provider_job_id, wait, stays, news.metadata)

    def give_up(self, job: Assignment, status: str, code: str) -> End:
        """The deadline has passed and the provider may still bill it: the user pays nothing, the
        loss is booked.
        """
        return _end(job, status, "leaked", self._desk.menu.usual_cost(job), code)

    def next_look(self, job: Assignment, wished: float | None) -> float:
        """Seconds until the next poll: a fifth of the job's age, within what the provider can bear;
        half of it where pushes come and polls only mend what gets lost.
        """
        provider = self._envoy.provider(job)
        first, slowest, share = 5.0, 60.0, 5
        if provider is not None:
            first, slowest = provider.offers.first_poll, provider.offers.slowest_poll
            share = 2 if provider.offers.push else share
        age = (self._now() - job.created_at).total_seconds()
        wait = wished if wished is not None else min(slowest, max(first, age / share))
        wait = max(wait, self._envoy.rest(job))
        left = (job.deadline_at - self._now()).total_seconds()
        return max(0.2, min(wait, left)) if left > 0 else max(first, 1.0)

    async def _received(self, job: Assignment, verdict: Delivered) -> None:
        pieces = await self._ingest.keep(job, verdict.pieces)
        cost = verdict.cost if verdict.cost is not None else self._desk.menu.usual_cost(job)
        value = verdict.value
        try:
            value = read(self._desk.menu, job.meta, value) if value is not None else None
        except Rejected as error:
            pieces, value = [{"refused": [error.code, error.message]}], None
        due = charge(job, verdict.usage)
        kept_for = self._lease if is_at_hand(verdict) else None
        result = Result(grip(job), pieces, cost, value, verdict.usage, due, kept_for)
        if await self._desk.receive(result) and kept_for is not None:
            await self._ingest.store(replace(job, duty="ingest", output=result.output))

    def _now(self) -> datetime:
        return self._desk.db.now().astimezone(UTC)


def grip(job: Assignment) -> Grip:
    """The right under which this assignment writes back."""
    return Grip(job.job_id, job.fence)


def _failure(job: Assignment, verdict: Failed | Absent | Cancelled) -> Failure:
    """The provider had it and made nothing, never had it, or stopped it by itself."""
    match verdict:
        case Failed():
            return Failure(
                grip(job), job.task_id, "failed", verdict.code, verdict.message,
                again=verdict.again, cost=verdict.cost, usage=verdict.usage,
            )  # fmt: skip
        case Absent():
            return Failure(
                grip(job), job.task_id, "absent", "not_taken",
                "The provider never took it.", again=True,
            )  # fmt: skip
    return Failure(
        grip(job), job.task_id, "cancelled", "provider_cancelled",
        "The provider stopped it.", again=False, cost=verdict.cost,
    )  # fmt: skip


def _end(job: Assignment, status: str, outcome: str, cost: int, code: str | None = None) -> End:
    message = {
        "cancelled": "It was cancelled.",
        "expired": "It was not made in time.",
        "failed": "Nobody can say whether the provider made it; nothing is charged.",
    }[status]
    return End(
        job.job_id, job.task_id, status, outcome,
        fence=job.fence, error_code=code or status, error_message=message, cost=cost,
    )  # fmt: skip
