"""Lend: an attempt is given a key of the ring, within what each key may carry.

The attempt's own row remembers which key it has. So the count of a key's jobs is a query, true on
every machine, and a worker that dies gives its key back by being found out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import aliased

from gesso.domain import keyring
from gesso.domain.keyring import Lesson, ProviderKey
from gesso.domain.tasks.status import AT_PROVIDER_NOW
from gesso.domain.tasks.tables import Attempt, Job
from gesso.infra.db import Tx, View, rowset

KEY_FAULTS = ("key_refused", "quota_exhausted", "rate_limited")
"""Codes by which a provider refuses a key and says nothing about the job."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An attempt that needs a key; not one of these, which the asking process cannot open."""

    attempt_id: UUID
    provider: str
    without: frozenset[UUID] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Lent:
    """The attempt has this key now."""

    key: ProviderKey
    is_probe: bool


@dataclass(frozen=True, slots=True)
class NoneFree:
    """Every key rests or is full; ask again `after` some seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class NoneKnown:
    """The ring has no key of this provider at all."""


Answer = Lent | NoneFree | NoneKnown


async def lend(tx: Tx, wishes: Sequence[Wish]) -> list[Answer]:
    """Give each attempt a key where one is free. An attempt that is over by now gets one in vain:
    its worker finds out when it writes down its intent.
    """
    purse = await keyring.open_purse(tx, {wish.provider for wish in wishes}, at_provider)
    answers = [_serve(purse, wish) for wish in wishes]
    await tx.flush()
    lent = {
        wish.attempt_id: keyring.credential_id(answer.key.id)
        for wish, answer in zip(wishes, answers, strict=True)
        if isinstance(answer, Lent)
    }
    if lent:
        names = sorted(lent)
        v = rowset(
            tx,
            id=(Attempt.id, names),
            credential=(Attempt.credential, [lent[name] for name in names]),
        )
        await tx.execute(
            update(Attempt)
            .where(Attempt.id == v.c.id, Attempt.outcome == "open", Attempt.intent_at.is_(None))
            .values(credential=v.c.credential)
            .execution_options(synchronize_session=False)
        )
    return answers


def _serve(purse: keyring.Purse, wish: Wish) -> Answer:
    if not purse.has(wish.provider):
        return NoneKnown()
    found = purse.lend(wish.provider, wish.attempt_id, without=wish.without)
    if isinstance(found, float):
        return NoneFree(found)
    return Lent(found, is_probe=found.probe == wish.attempt_id)


async def hear(tx: Tx, lessons: Sequence[Lesson]) -> list[bool]:
    """Have these taken to heart; for each, whether another key may do better.

    A job that another key was refused for before is perhaps to blame itself: what it says of a key
    makes no rest longer, or a job that no account may have made would put them all out for hours.
    """
    accusing = [each.attempt_id for each in lessons if each.code is not None]
    if not accusing:
        return await keyring.learn(tx, lessons)
    before = aliased(Attempt)
    query = (
        select(Attempt.id)
        .join(before, and_(before.job_id == Attempt.job_id, before.id != Attempt.id))
        .where(
            Attempt.id.in_(accusing),
            before.outcome == "rejected",
            before.error_code.in_(KEY_FAULTS),
        )
    )
    doubtful = set((await tx.scalars(query)).all())
    return await keyring.learn(
        tx, [replace(each, is_doubtful=each.attempt_id in doubtful) for each in lessons]
    )


async def at_provider(view: View, credentials: Sequence[str]) -> Mapping[str, int]:
    """How many jobs are at their provider with each of these credentials."""
    query = (
        select(Attempt.credential, func.count())
        .join(Job, and_(Job.id == Attempt.job_id, Job.attempt_id == Attempt.id))
        .where(Attempt.credential.in_(credentials), Attempt.ended_at.is_(None), AT_PROVIDER_NOW)
        .group_by(Attempt.credential)
    )
    return {str(name): count for name, count in await view.execute(query)}


async def unfinished(view: View, credentials: Sequence[str]) -> Mapping[str, int]:
    """How many attempts with each of these credentials may still have to ask their provider."""
    query = (
        select(Attempt.credential, func.count())
        .where(Attempt.credential.in_(credentials), Attempt.ended_at.is_(None))
        .group_by(Attempt.credential)
    )
    return {str(name): count for name, count in await view.execute(query)}


async def spared(tx: Tx, job_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many attempts of each job were refused for their key alone."""
    if not job_ids:
        return {}
    query = (
        select(Attempt.job_id, func.count())
        .where(
            Attempt.job_id.in_(job_ids),
            Attempt.outcome == "rejected",
            Attempt.error_code.in_(KEY_FAULTS),
        )
        .group_by(Attempt.job_id)
    )
    return {job_id: count for job_id, count in await tx.execute(query)}  # noqa: C416
