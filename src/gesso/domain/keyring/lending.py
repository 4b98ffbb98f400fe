"""Lending: which key an attempt is made with, and what is learned of the key by it.

Everything here happens under the lock on the keys' rows, so that limits hold across all machines.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import random
from uuid import UUID

import structlog
from sqlalchemy import select

from gesso.domain.keyring import rules
from gesso.domain.keyring.history import HOUSE, note
from gesso.domain.keyring.rules import Standing
from gesso.domain.keyring.service import Count, credential_id
from gesso.domain.keyring.tables import ProviderKey
from gesso.infra import metrics
from gesso.infra.db import Tx, moment
from gesso.kit.ids import parse_id
from gesso.providers.readings import RATE_LIMITED

log = structlog.get_logger()

_lent = metrics.counter("provider_keys_lent", "Attempts that were given a key.", "provider")
_rests = metrics.counter("provider_key_rests", "Keys that were put to rest.", "provider", "code")
_back = metrics.counter("provider_key_recoveries", "Keys that work again.", "provider")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one attempt showed of the key that it was made with; without a code, that it works."""

    credential: str
    attempt_id: UUID
    code: str | None = None
    after: float | None = None
    """Seconds that the provider asks us to wait."""
    is_doubtful: bool = False
    """Perhaps it is the job that is at fault, so a rest that follows is not made longer."""


class Purse:
    """The keys of some providers, locked until the commit, from which attempts are served."""

    def __init__(self, tx: Tx, keys: Sequence[ProviderKey], in_flight: Mapping[str, int]) -> None:
        self._tx, self._now = tx, moment(tx)
        self._keys = {key.id: key for key in keys}
        self._standing = {
            key.id: _standing(key, in_flight.get(credential_id(key.id), 0)) for key in keys
        }

    def has(self, provider: str) -> bool:
        """Whether the ring has any key of this provider, resting and paused ones included."""
        return any(key.provider == provider for key in self._keys.values())

    def lend(
        self, provider: str, attempt_id: UUID, *, without: Collection[UUID] = ()
    ) -> ProviderKey | float:
        """A key for this attempt; else the seconds until there may be one."""
        candidates = [
            self._standing[key.id]
            for key in self._keys.values()
            if key.provider == provider and key.state == "active" and key.id not in without
        ]
        chosen = rules.choose(candidates, self._now, random())  # noqa: S311
        if not isinstance(chosen, Standing):
            return chosen
        key = self._keys[chosen.id]
        key.probe = attempt_id if chosen.is_probed(self._now) else None
        lent = self._standing[key.id] = chosen.lent(self._now)
        key.rests_until, key.window_at = lent.rests_until, lent.window_at
        key.window_used, key.window_before = lent.window_used, lent.window_before
        key.last_lent_at = self._now
        _lent.labels(provider).inc()
        return key


async def open_purse(tx: Tx, providers: Collection[str], at_provider: Count) -> Purse:
    """The keys of these providers, locked in id order."""
    keys = await _locked(tx, providers)
    # Whoever waited for a lock while a key was replaced sees the old one retired, and not the new
    # one, which was not there when the statement began; the next statement sees it.
    if without := set(providers) - {key.provider for key in keys}:
        keys = [*keys, *await _locked(tx, without)]
    return Purse(tx, keys, await at_provider(tx, [credential_id(key.id) for key in keys]))


async def _locked(tx: Tx, providers: Collection[str]) -> Sequence[ProviderKey]:
    query = (
        select(ProviderKey)
        .where(ProviderKey.provider.in_(sorted(providers)), ProviderKey.state != "retired")
        .order_by(ProviderKey.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def learn(tx: Tx, lessons: Sequence[Lesson]) -> list[bool]:
    """Take these to heart; for each, whether another key of the provider may do better.

    A key that its provider refuses, or whose account is used up, rests, twice as long each time it
    is found so after a rest. One that was used too fast rests for as long as the provider asks.
    """
    names = {lesson.credential: parse_id("pkey", lesson.credential) for lesson in lessons}
    query = (
        select(ProviderKey)
        .where(ProviderKey.id.in_(sorted(name for name in names.values() if name is not None)))
        .order_by(ProviderKey.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    keys = {key.id: key for key in (await tx.scalars(query)).all()}
    for lesson in lessons:
        key_id = names[lesson.credential]
        key = keys.get(key_id) if key_id is not None else None
        if key is not None and key.state != "retired":
            _take_to_heart(tx, key, lesson)
    await tx.flush()
    providers = {key.provider for key in keys.values()}
    active = select(ProviderKey.provider, ProviderKey.id).where(
        ProviderKey.provider.in_(sorted(providers)), ProviderKey.state == "active"
    )
    others = [(provider, key_id) for provider, key_id in await tx.execute(active)]
    known = {name: keys[key_id] for name, key_id in names.items() if key_id in keys}
    return [
        lesson.code is not None
        and lesson.credential in known
        and any(
            provider == known[lesson.credential].provider and key_id != known[lesson.credential].id
            for provider, key_id in others
        )
        for lesson in lessons
    ]


def _take_to_heart(tx: Tx, key: ProviderKey, lesson: Lesson) -> None:
    now, is_probe = moment(tx), key.probe == lesson.attempt_id
    if lesson.code is None:
        if is_probe:
            key.faults, key.probe, key.rests_until, key.rest_code = 0, None, None, None
            _back.labels(key.provider).inc()
            log.info("provider_key_recovered", provider=key.provider, key_id=credential_id(key.id))
            note(tx, key, "recovered", HOUSE)
        return
    until = key.rests_until or now
    rests = until > now
    if lesson.code == RATE_LIMITED:
        wait = rules.breather(lesson.after)
        # While it is on probation, whoever probes next has to wait as well, and it is no fault.
        key.rests_until = max(now + wait, until) if rests and not is_probe else now + wait
        key.rest_code, key.probe = lesson.code, None
    elif rests and not is_probe and key.faults > 0:
        return  # it was in flight when the others found out
    else:
        key.faults = max(1, key.faults + (not lesson.is_doubtful))
        wait = rules.rest(key.faults, lesson.after)
        key.rests_until, key.rest_code, key.probe = now + wait, lesson.code, None
    seconds = round(wait.total_seconds(), 1)
    _rests.labels(key.provider, lesson.code).inc()
    log.warning(
        "provider_key_rested",
        provider=key.provider, key_id=credential_id(key.id), code=lesson.code, seconds=seconds,
    )  # fmt: skip
    note(tx, key, "rested", HOUSE, code=lesson.code, seconds=seconds)


def _standing(key: ProviderKey, in_flight: int) -> Standing:
    return Standing(
        id=key.id, weight=key.weight, max_concurrency=key.max_concurrency,
        per_minute=key.per_minute, in_flight=in_flight, faults=key.faults,
        rests_until=key.rests_until, window_at=key.window_at, window_used=key.window_used,
        window_before=key.window_before,
    )  # fmt: skip
