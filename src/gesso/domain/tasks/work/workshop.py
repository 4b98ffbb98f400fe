"""The workshop: does what an assignment says,
outside any transaction, and reports what came of it.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.finish import End
from gesso.domain.tasks.news import Grip, Postponed, Progress, Result, Taken
from gesso.domain.tasks.retry import Failure
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.ingest import Ingest
from gesso.domain.tasks.work.leases import LeaseLost, Leases
from gesso.domain.tasks.work.sources import Sources
from gesso.domain.tasks.work.teller import Teller
from gesso.infra.errors import Unavailable
from gesso.providers import (
    Absent,
    Accepted,
    Cancelled,
    Delivered,
    Failed,
    Provider,
    Refused,
    Submission,
    Ticket,
    Unsure,
    Verdict,
    Working,
)
from gesso.providers.driver import Driver, Unreached

log = structlog.get_logger()

_SETTLE = 5.0
"""Seconds before a provider is asked about a submission whose answer was lost."""
_GONE = Refused("provider_gone", "The provider of this model is not installed any more.")


class Workshop:
    """Submits, polls, looks up, cancels and stores, one assignment at a time."""

    def __init__(
        self,
        desk: Desk,
        providers: Mapping[str, Provider],
        driver: Driver,
        *,
        sources: Sources,
        ingest: Ingest,
    ) -> None:
        self._desk, self._providers, self._driver = desk, providers, driver
        self._sources, self._ingest = sources, ingest
        self._lease = desk.lease.total_seconds()
        self.leases = Leases(desk)
        self._duties = {
            "submit": self._submit,
            "poll": self._poll,
            "lookup": self._lookup,
            "cancel": self._cancel,
            "ingest": self._ingest.store,
        }

    async def do(self, job: Assignment) -> None:
        """Do this assignment under its lease."""
        with structlog.contextvars.bound_contextvars(
            job_id=str(job.job_id), task_id=str(job.task_id), duty=job.duty
        ):
            try:
                async with self.leases.holding(grip(job), job.leased_until):
                    await self._bounded(job)
            except LeaseLost:
                log.info("work_given_up")

    async def _bounded(self, job: Assignment) -> None:
        """Do it; what breaks again and again ends at the deadline, so that no hold stays open."""
        try:
            await self._duties[job.duty](job)
        except (LeaseLost, Unavailable):
            raise
        except Exception:
            if self._now() >= job.deadline_at:
                await self._desk.finish(self._give_up(job, "failed", "fate_unknown"))
            raise

    async def _submit(self, job: Assignment) -> None:
        provider = self._providers.get(job.provider)
        if provider is None:
            await self._refused(job, _GONE)
            return
        order = await self._sources.submission(job)
        if not await self._desk.intend(grip(job)):
            return
        try:
            verdict = await self._send(job, provider, order)
        except Unreached as error:
            await self._refused(job, Refused("provider_unreachable", str(error), again=True))
        except Unsure:
            await self._desk.lose(Postponed(grip(job), _SETTLE))
        else:
            await self._conclude(job, verdict)

    async def _send(self, job: Assignment, provider: Provider, order: Submission) -> Verdict:
        """Carry the submit flow; where the adapter breaks, nobody knows what the provider took."""

        async def on_accept(news: Accepted) -> None:
            stays = provider.offers.stays
            if not await self._desk.accept(self._taken(job, news, stays=stays)):
                raise LeaseLost(str(job.job_id))

        carry = partial(
            self._driver.carry,
            on_accept=on_accept,
            tell=Teller(self._desk, job).tell,
            may_send=partial(self.leases.is_sure, grip(job)),
        )
        try:
            return await carry(provider.submit(order))
        except (Unreached, Unsure, LeaseLost):
            raise
        except Exception as error:
            log.exception("adapter_failed", provider=job.provider)
            raise Unsure(repr(error)) from error

    async def _poll(self, job: Assignment) -> None:
        verdict = await self._ask(job, "poll")
        if verdict is None:
            await self._desk.postpone(Postponed(grip(job), self._next_look(job, None)))
        else:
            await self._conclude(job, verdict)

    async def _lookup(self, job: Assignment) -> None:
        """Find out what became of a submission whose answer was lost. It is never sent again on a
        guess.
        """
        provider = self._providers.get(job.provider)
        verdict = None
        if provider is not None and provider.offers.lookup:
            verdict = await self._ask(job, "lookup")
        if verdict is not None:
            await self._conclude(job, verdict)
        elif self._now() >= job.deadline_at:
            await self._desk.finish(self._give_up(job, "failed", "fate_unknown"))
        else:
            left = (job.deadline_at - self._now()).total_seconds()
            wait = self._next_look(job, None) if provider and provider.offers.lookup else left
            await self._desk.postpone(Postponed(grip(job), min(wait, left)))

    async def _cancel(self, job: Assignment) -> None:
        provider = self._providers.get(job.provider)
        overdue = self._now() >= job.deadline_at and not job.cancel_requested
        if provider is not None and provider.offers.cancel:
            verdict = await self._ask(job, "cancel")
            if isinstance(verdict, Cancelled):
                status = "expired" if overdue else "cancelled"
                await self._desk.finish(_end(job, status, "cancelled", verdict.cost))
                self.leases.revoke(job.job_id, but=grip(job))
                return
        last = await self._ask(job, "poll")
        if isinstance(last, Failed):
            status = "expired" if overdue else "cancelled"
            await self._desk.finish(_end(job, status, "failed", last.cost))
        elif isinstance(last, Delivered):
            await self._conclude(job, last)
        elif self._now() >= job.deadline_at:
            await self._desk.finish(self._give_up(job, "expired", "expired"))
        else:
            await self._desk.postpone(Postponed(grip(job), self._next_look(job, None)))

    async def _ask(self, job: Assignment, what: str) -> Any:
        """A provider's verdict; None when it could not be had this time."""
        provider = self._providers.get(job.provider)
        if provider is None:
            return None
        ticket = Ticket(
            ref=job.attempt_id,
            model=job.provider_model,
            provider_job_id=job.provider_job_id,
            metadata=job.meta.get("provider", {}),
            scratch=str(self._sources.scratch(job)),
        )
        try:
            return await self._driver.carry(getattr(provider, what)(ticket))
        except (Unreached, Unsure) as error:
            log.info("provider_silent", provider=job.provider, reason=str(error))
        except Exception:
            log.exception("adapter_failed", provider=job.provider)
        return None

    async def _conclude(self, job: Assignment, verdict: object) -> None:
        """Report a verdict; whichever flow brought it, it means the same."""
        match verdict:
            case Accepted():
                await self._desk.accept(self._taken(job, verdict, stays=False))
            case Delivered():
                await self._received(job, verdict)
            case Working():
                wait = self._next_look(job, verdict.poll_after)
                share = max(job.progress, verdict.progress or 0.0)
                await self._desk.advance(Progress(grip(job), share, wait, stays=False))
            case Refused():
                await self._refused(job, verdict)
            case Failed():
                await self._desk.fail(
                    Failure(
                        grip(job), job.task_id, "failed", verdict.code, verdict.message,
                        again=verdict.again, cost=verdict.cost,
                    )
                )  # fmt: skip
            case Absent():
                await self._desk.fail(
                    Failure(
                        grip(job),
                        job.task_id,
                        "absent",
                        "not_taken",
                        "The provider never took it.",
                        again=True,
                    )
                )
            case _:
                log.error("verdict_unknown", verdict=repr(verdict))

    def _taken(self, job: Assignment, news: Accepted, *, stays: bool) -> Taken:
        wait = self._lease if stays else self._next_look(job, news.poll_after)
        return Taken(grip(job), news.provider_job_id, wait, stays, news.metadata)

    async def _received(self, job: Assignment, verdict: Delivered) -> None:
        pieces = await asyncio.to_thread(self._ingest.keep, job, verdict.pieces)
        cost = verdict.cost if verdict.cost is not None else self._usual_cost(job)
        await self._desk.receive(Result(grip(job), pieces, cost))

    async def _refused(self, job: Assignment, refusal: Refused) -> None:
        await self._desk.fail(
            Failure(
                grip(job), job.task_id, "rejected", refusal.code, refusal.message,
                again=refusal.again, after=refusal.after,
            )
        )  # fmt: skip

    def _give_up(self, job: Assignment, status: str, code: str) -> End:
        """The deadline has passed and the provider may still bill it: the user pays nothing, the
        loss is booked.
        """
        return _end(job, status, "leaked", self._usual_cost(job), code)

    def _usual_cost(self, job: Assignment) -> int:
        models = self._desk.menu.catalog.models
        model = next((m for m in models if m.id == job.meta.get("model")), None)
        return int(model.provider_cost * 1_000_000) if model else 0

    def _next_look(self, job: Assignment, wished: float | None) -> float:
        """Seconds until the next poll:
        a fifth of the job's age, within what the provider can bear.
        """
        offers = self._providers[job.provider].offers if job.provider in self._providers else None
        first, slowest = (offers.first_poll, offers.slowest_poll) if offers else (5.0, 60.0)
        age = (self._now() - job.created_at).total_seconds()
        wait = wished if wished is not None else min(slowest, max(first, age / 5))
        left = (job.deadline_at - self._now()).total_seconds()
        return max(0.2, min(wait, left)) if left > 0 else max(first, 1.0)

    def _now(self) -> datetime:
        return self._desk.db.now().astimezone(UTC)


def grip(job: Assignment) -> Grip:
    """The right under which this assignment writes back."""
    return Grip(job.job_id, job.fence)


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
