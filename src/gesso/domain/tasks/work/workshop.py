"""The workshop: does what an assignment says,
outside any transaction, and reports what came of it.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from gesso.domain.tasks.admit import Assignment
from gesso.domain.tasks.news import Intent, Postponed
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.envoy import Envoy
from gesso.domain.tasks.work.ingest import Ingest
from gesso.domain.tasks.work.outside import Unfit
from gesso.domain.tasks.work.places import NoPlace
from gesso.domain.tasks.work.sources import Sources
from gesso.domain.tasks.work.teller import Teller
from gesso.domain.tasks.work.verdicts import Verdicts, grip
from gesso.infra.errors import Unavailable
from gesso.infra.trace import kept_trace, within_trace
from gesso.providers import (
    Accepted,
    Cancelled,
    Credential,
    News,
    Refused,
    Submission,
    Unsure,
    Verdict,
    Working,
)
from gesso.providers.credentials import NoCredential
from gesso.providers.discretion import trace_of
from gesso.providers.driver import Unreached
from gesso.providers.traffic import Busy, Down, Trip
from gesso.work import LeaseLost, Leases

log = structlog.get_logger()

_SETTLE = 5.0
"""Seconds before a provider is asked about a submission whose answer was lost."""
_LAST = 1.0
"""Seconds that a submission has at the least, once it is begun."""
_SOON = 0.2
_REST = 10.0
"""Seconds until a submission is begun anew whose inputs cannot be had just now."""
_BREATH = 2.0
"""Seconds until that is begun anew for which there was no place on the way."""
_PATIENT = 30.0
"""Seconds at most until a job looks again whether a key is free."""
_AWAY = Refused("provider_unreachable", "The provider could not be reached.", again=True)
_GONE = Refused("provider_gone", "The provider of this model is not installed any more.")


class Workshop:
    """Submits, polls, looks up, cancels and stores, one assignment at a time."""

    def __init__(self, desk: Desk, envoy: Envoy, *, sources: Sources, ingest: Ingest) -> None:
        self._desk, self._envoy = desk, envoy
        self._sources, self._verdicts = sources, Verdicts(desk, envoy, ingest)
        self.leases = Leases(desk.db, desk.lease, renew=desk.renew, release=desk.release)
        self._duties = {
            "submit": self._submit,
            "poll": self._poll,
            "lookup": self._lookup,
            "cancel": self._cancel,
            "ingest": ingest.store,
        }

    def stays(self, job: Assignment) -> bool:
        """Whether a worker stays with this job until its provider has finished."""
        provider = self._envoy.provider(job)
        return provider is not None and provider.offers.stays

    async def do(self, job: Assignment) -> None:
        """Do this assignment under its lease, in the trace of the request that asked for it."""
        trace = kept_trace(job.meta)
        known = {"job_id": str(job.job_id), "task_id": str(job.task_id), "duty": job.duty}
        with within_trace(trace), bound_contextvars(trace_id=trace.trace_id, **known):
            try:
                async with self.leases.holding(grip(job), job.leased_until):
                    await self._bounded(job)
            except LeaseLost:
                log.info("work_given_up")

    async def _bounded(self, job: Assignment) -> None:
        """Do it; what breaks again and again ends at the deadline, so that no hold stays open."""
        try:
            await self._duties[job.duty](job)
        except Busy as busy:
            await self._desk.postpone(Postponed(grip(job), self._breath(job, busy)))
        except (LeaseLost, Unavailable):
            raise
        except Exception:
            if self._now() >= job.deadline_at:
                await self._desk.finish(self._verdicts.give_up(job, "failed", "fate_unknown"))
            raise

    async def _submit(self, job: Assignment) -> None:
        provider = self._envoy.provider(job)
        if provider is None:
            await self._verdicts.refused(job, _GONE)
            return
        recipe = await self._sources.recipe(job) if provider.offers.recipes else None
        try:
            await self._hand_over(job, recipe)
        finally:
            await self._sources.forget_copies(job)

    async def _hand_over(self, job: Assignment, recipe: str | None) -> None:
        prepared = await self._prepare(job, recipe)
        if prepared is None:
            return
        credential, order = prepared
        try:
            async with self._envoy.passage(job, credential) as trip:
                trace = trace_of(credential) if credential.secrets else None
                if not await self._desk.intend(Intent(grip(job), credential.id, trace)):
                    return
                verdict = await self._send(job, order, trip)
        except Down as down:
            await self._verdicts.not_sent(job, "provider_down", str(down), down.after)
        except Unreached:
            await self._verdicts.refused(job, _AWAY)
        except Unsure:
            await self._lost(job)
        else:
            spared = await self._envoy.learn(job, credential, verdict)
            await self._verdicts.conclude(job, verdict, spared=spared)

    async def _lost(self, job: Assignment) -> None:
        """Its answer is lost: look it up when that has settled, at the deadline at the latest. What
        a worker stays with is known to run, and is looked at anew.
        """
        left = (job.deadline_at - self._now()).total_seconds()
        later = Postponed(grip(job), min(_SETTLE, max(_SOON, left)))
        if not await self._desk.lose(later) and self.stays(job):
            await self._desk.postpone(later)

    async def _without_credential(self, job: Assignment, none: NoCredential) -> None:
        """Nothing was sent. Where a key may be free some day, the job waits for one, ever more
        patiently, and that is no try.
        """
        if not none.again:
            await self._verdicts.refused(job, Refused(none.code, none.message))
            return
        age = (self._now() - job.created_at).total_seconds()
        wait = max(none.after or 0.0, min(_PATIENT, age / 5))
        await self._verdicts.not_sent(job, none.code, none.message, wait)

    async def _prepare(
        self, job: Assignment, recipe: str | None
    ) -> tuple[Credential, Submission] | None:
        """What is to be sent, and with which credential. Where there is none, nothing was sent: the
        job is refused, or goes back to its line with nothing held against it.
        """
        try:
            credential = await self._envoy.credential(job, recipe)
            return credential, await self._sources.submission(job, credential, recipe)
        except NoCredential as none:
            await self._without_credential(job, none)
        except Unfit as unfit:
            await self._verdicts.refused(job, Refused(unfit.code, unfit.message, again=unfit.again))
        except NoPlace as none:
            await self._desk.postpone(Postponed(grip(job), none.after))
        except Unavailable as error:
            log.warning("inputs_not_fetched_yet", reason=error.message)
            await self._desk.postpone(Postponed(grip(job), _REST))
        return None

    async def _send(self, job: Assignment, order: Submission, trip: Trip) -> Verdict:
        """Have it submitted; whoever loses the lease over it stops there. Unsure where there is no
        answer at the deadline: who answers with the result may take longer than anybody waits.
        """
        stays = self.stays(job)

        async def on_accept(news: Accepted) -> None:
            if not await self._desk.accept(self._verdicts.taken(job, news, stays=stays)):
                raise LeaseLost(str(job.job_id))

        left = (job.deadline_at - self._now()).total_seconds()
        try:
            async with asyncio.timeout(max(_LAST, left)) as bound:
                return await self._envoy.send(
                    job,
                    order,
                    trip=trip,
                    on_accept=on_accept,
                    tell=Teller(self._desk, job).tell,
                    may_send=partial(self.leases.is_sure, grip(job)),
                )
        except TimeoutError as error:
            if not bound.expired():
                raise
            raise Unsure("the answer did not come before the deadline") from error

    async def _poll(self, job: Assignment) -> None:
        verdict = await self._ask(job, "poll")
        if verdict is None:
            await self._desk.postpone(Postponed(grip(job), self._verdicts.next_look(job, None)))
            return
        await self._verdicts.conclude(job, verdict)
        if not isinstance(verdict, Working):
            await self._sources.forget_copies(job)

    async def _ask(self, job: Assignment, what: str, *, ending: bool = False) -> Any:
        """Ask its provider; whoever loses the lease over it sends nothing more."""
        may_send = partial(self.leases.is_sure, grip(job))
        return await self._envoy.ask(job, what, ending=ending, may_send=may_send)

    async def _lookup(self, job: Assignment) -> None:
        """Find out what became of a submission whose answer was lost. It is never sent again on a
        guess.
        """
        provider = self._envoy.provider(job)
        verdict = None
        if provider is not None and provider.offers.lookup:
            verdict = await self._ask(job, "lookup")
        if verdict is not None:
            await self._verdicts.conclude(job, verdict)
        elif self._now() >= job.deadline_at:
            await self._desk.finish(self._verdicts.give_up(job, "failed", "fate_unknown"))
        else:
            left = (job.deadline_at - self._now()).total_seconds()
            if provider and provider.offers.lookup:
                left = min(left, self._verdicts.next_look(job, None))
            await self._desk.postpone(Postponed(grip(job), left))

    async def _cancel(self, job: Assignment) -> None:
        provider = self._envoy.provider(job)
        await self._sources.forget_copies(job)
        verdict = None
        if provider is not None and provider.offers.cancel:
            verdict = await self._ask(job, "cancel")
        if not isinstance(verdict, Cancelled):
            verdict = await self._ask(job, "poll", ending=True)
        await self._stopped(job, verdict)

    async def _stopped(self, job: Assignment, last: object) -> None:
        """Report how a job stands that is not wanted, and stop who still works on it here."""
        await self._verdicts.stopped(job, last)
        if isinstance(last, Cancelled):
            self.leases.revoke(grip(job))

    async def hear(self, job: Assignment, news: News) -> None:
        """Report what a provider has pushed about a job that was taken in hand for it."""
        async with self.leases.holding(grip(job), job.leased_until):
            if job.duty in {"submit", "lookup"} and news.provider_job_id is not None:
                taken = Accepted(news.provider_job_id, poll_after=0.0)
                if news.verdict is None:
                    await self._verdicts.conclude(job, taken)
                    return
                await self._desk.accept(self._verdicts.taken(job, taken, stays=True))
            if job.duty == "cancel":
                await self._stopped(job, news.verdict)
            else:
                await self._verdicts.conclude(job, news.verdict)

    def _breath(self, job: Assignment, busy: Busy) -> float:
        """Seconds until a place or a turn is asked for again, at the deadline at the latest. A wish
        to cancel what is still to be submitted is heard only then, so that is soon.
        """
        left = (job.deadline_at - self._now()).total_seconds()
        most = min(left, _REST) if job.duty == "submit" else left
        return max(_BREATH, min(busy.after or _BREATH, most))

    def _now(self) -> datetime:
        return self._desk.db.now().astimezone(UTC)
