"""The postman: brings what providers have reported to the jobs that it is about.

A report is heard as a poll's answer would be, under a fence of its own. It may be brought twice,
late, before the submission's own answer, or to the wrong address; then it changes nothing, or only
what is still to be changed.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from gesso.domain import inbox
from gesso.domain.tasks import pushed
from gesso.domain.tasks.due import STORING
from gesso.domain.tasks.pushed import Subject
from gesso.domain.tasks.work.desk import Desk
from gesso.domain.tasks.work.envoy import Envoy
from gesso.domain.tasks.work.workshop import Workshop
from gesso.infra import metrics
from gesso.infra.errors import Unavailable
from gesso.infra.trace import kept_trace, within_trace
from gesso.providers import (
    Cancelled,
    Credential,
    Delivered,
    Failed,
    News,
    Provider,
    Push,
)
from gesso.work import Duty, Grip, LeaseLost, Leases, Look, Ticket

log = structlog.get_logger()

PUSH = "push"
"""As what a report travels to a worker."""
_TOGETHER = 16
_SOON = 1.0
_SLOWEST = 60.0
_REST = timedelta(seconds=2)
_PATIENCE = timedelta(days=1)
"""After so long a report that could not be applied is put aside; polls have told it by then."""

_applied = metrics.counter("pushes_applied", "What came of reports.", "provider", "status")


class _NotYet(Exception):
    """It cannot be applied at this moment."""


class Postman:
    """Applies stored reports; whatever breaks in between is applied again."""

    def __init__(self, desk: Desk, envoy: Envoy, workshop: Workshop) -> None:
        self._db, self._desk, self._envoy, self._workshop = desk.db, desk, envoy, workshop
        self.leases = Leases(desk.db, desk.lease, renew=self._renew, release=self._release)

    def duty(self) -> Duty[inbox.Taken]:
        """The bringing, for an engine."""
        return Duty(
            "inbox", (inbox.INBOX,), self._claim, self.do,
            kinds=(PUSH,), ticket=_ticket, redeem=self._redeem, put_back=self._put_back,
        )  # fmt: skip

    async def do(self, taken: inbox.Taken) -> None:
        """Apply one, and write down what came of it."""
        about = {"push_id": str(taken.grip.id), "task_id": str(taken.task_id)}
        with structlog.contextvars.bound_contextvars(**about):
            try:
                async with self.leases.holding(taken.grip, taken.leased_until):
                    await self._apply(taken)
            except LeaseLost:
                log.info("push_given_up")

    async def _apply(self, taken: inbox.Taken) -> None:
        try:
            status, why = await self._outcome(taken)
        except LeaseLost:
            raise
        except _NotYet as reason:
            await self._later(taken, str(reason))
        except Unavailable as error:
            await self._later(taken, error.message)
        except Exception as error:
            log.exception("push_not_applied", provider=taken.provider)
            await self._later(taken, repr(error))
        else:
            async with self._db.tx() as tx:
                is_mine = await inbox.close(tx, taken.grip, status, why)
            if is_mine:
                _applied.labels(taken.provider, status).inc()

    async def _outcome(self, taken: inbox.Taken) -> tuple[str, str | None]:
        """Do what follows from it: a status of the inbox, and why where nothing did."""
        async with self._db.view() as view:
            subject = await pushed.subject_of(view, taken.attempt_id)
        provider = self._envoy.known(taken.provider)
        if subject is None:
            return "late", "What it is about is forgotten."
        if provider is None:
            raise _NotYet("Its provider is not installed.")
        if not subject.was_sent:
            return "foreign", "Nothing was ever sent that it could be about."
        trace = kept_trace(subject.job.meta)
        with within_trace(trace), structlog.contextvars.bound_contextvars(trace_id=trace.trace_id):
            return await self._follow(taken, subject, provider)

    async def _follow(
        self, taken: inbox.Taken, subject: Subject, provider: Provider
    ) -> tuple[str, str | None]:
        """The same, in the trace of the request that the job was asked for in."""
        try:
            news = _read(provider, taken)
        except Exception as error:  # noqa: BLE001  # whatever an adapter makes of strange bytes
            await self._hasten(subject)
            return "unreadable", repr(error)[:500]
        if await self._is_anothers(subject, news):
            return "foreign", "It is about another job of the provider's."
        return await self._hear(subject, news)

    async def _hear(self, subject: Subject, news: News) -> tuple[str, str | None]:
        if not subject.is_open:
            return await self._too_late(subject, news)
        status, is_known = subject.job.status, news.provider_job_id is not None
        is_end = isinstance(news.verdict, Delivered | Failed | Cancelled)
        if status == "submitting" and not (is_end and is_known):
            raise _NotYet("The submission's answer is still to come.")
        if not is_known or (news.verdict is None and status != "unknown"):
            await self._hasten(subject)
        elif status != "cancelling" or is_end:
            job = await self._desk.take(subject.attempt_id)
            if job is not None:
                await self._workshop.hear(job, news)
            await self._require_heard(subject, is_end=is_end)
        return "applied", None

    async def _require_heard(self, subject: Subject, *, is_end: bool) -> None:
        """Somebody may have taken the job in that very moment, to ask; he may not find it out."""
        async with self._db.view() as view:
            now = await pushed.subject_of(view, subject.attempt_id)
        if now is not None and now.is_open and (is_end or now.job.status == "unknown"):
            raise _NotYet("Somebody else took the job in hand.")

    async def _too_late(self, subject: Subject, news: News) -> tuple[str, str | None]:
        """It changes nothing, but what the provider takes for a lost submission is booked."""
        match news.verdict:
            case Delivered(cost=None):
                cost = self._desk.menu.usual_cost(subject.job)
            case Delivered(cost=int(told)) | Failed(cost=told) | Cancelled(cost=told):
                cost = told
            case _:
                cost = 0
        async with self._db.tx() as tx:
            is_booked = await pushed.note_late_cost(tx, subject, cost)
        if is_booked:
            log.warning("late_cost_booked", attempt_id=str(subject.attempt_id), cost=cost)
        return "late", "The submission had ended."

    async def _is_anothers(self, subject: Subject, news: News) -> bool:
        if news.provider_job_id is None:
            return False
        async with self._db.view() as view:
            return await pushed.is_anothers(view, subject, news.provider_job_id)

    async def _hasten(self, subject: Subject) -> None:
        """Have the provider asked now; who is asking already may have asked too early."""
        if not subject.is_open:
            return
        async with self._db.tx() as tx:
            (is_due,) = await pushed.hasten(tx, [subject.attempt_id])
        if not is_due:
            raise _NotYet("Somebody has the job in hand.")

    async def _later(self, taken: inbox.Taken, reason: str) -> None:
        age = self._db.now() - taken.received_at
        async with self._db.tx() as tx:
            if age > _PATIENCE:
                await inbox.close(tx, taken.grip, "given_up", reason[:500])
                return
            wait = min(_SLOWEST, max(_SOON, age.total_seconds() / 4))
            await inbox.put_off(tx, taken.grip, timedelta(seconds=wait), reason[:500])

    async def _claim(self, look: Look) -> Sequence[inbox.Taken]:
        await self.leases.catch_up()
        if STORING in look.closed:
            return ()
        async with self._db.view() as view:
            if not await inbox.is_anything_due(view):
                return ()
        async with self._db.tx() as tx:
            return await inbox.claim(tx, look, lease=self._desk.lease)

    async def _redeem(self, claims: Sequence[str], again: bool) -> Sequence[inbox.Taken]:  # noqa: FBT001  # a Duty's own signature
        grips = [grip for claim in claims if (grip := Grip.parse(claim)) is not None]
        async with self._db.tx() as tx:
            begun = await inbox.begin(tx, grips, holder=self._desk.holder, lease=self._desk.lease)
            if again and len(begun) < len(grips):
                await inbox.take_from_the_dead(tx, grips)
            return begun

    async def _put_back(self, items: Sequence[inbox.Taken]) -> None:
        async with self._db.tx() as tx:
            await inbox.release(tx, [each.grip for each in items], holder=None, after=_REST)

    async def _release(self, grips: Sequence[Grip]) -> None:
        async with self._db.tx() as tx:
            await inbox.release(tx, grips, holder=self._desk.holder)

    async def _renew(self, grips: Sequence[Grip]) -> Sequence[bool]:
        async with self._db.tx() as tx:
            return await inbox.renew(tx, grips, self._desk.lease)


def _read(provider: Provider, taken: inbox.Taken) -> News:
    """What it says, as far as it is believed; ValueError for a signed one that makes no sense."""
    headers = {name: str(value) for name, value in taken.headers.items()}
    push = Push(headers, taken.body, taken.received_at.timestamp(), Credential(""))
    try:
        news = provider.read_push(push)
    except Exception:
        if taken.trust == "signed":
            raise
        return News(None)
    return news if taken.trust == "signed" else News(news.provider_job_id)


def _ticket(taken: inbox.Taken) -> Ticket:
    return Ticket(STORING, PUSH, str(taken.grip), together=_TOGETHER)
