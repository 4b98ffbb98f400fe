"""Watch: every process sees within a second what operators made of the catalogue, and learns from
every attempt that has ended, whoever made it.
"""

from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy import select

from gesso.domain import catalog, keyring
from gesso.domain.routing import Seen
from gesso.domain.tasks.menu import Menu
from gesso.domain.tasks.tables import ERASED, Attempt
from gesso.infra.bus import Bus
from gesso.infra.db import Database, DatabaseAway, View
from gesso.infra.errors import Unavailable
from gesso.providers.readings import fault_of

log = structlog.get_logger()

_EVERY = 0.7
_FIRST_LOOK = timedelta(minutes=15)
"""How far back a process looks when it starts."""
_LATE = timedelta(seconds=5)
"""A transaction may commit so much later than the moment at which it says that an attempt ended."""
_AT_ONCE = 500
"""Of more than so many, the newest are enough to learn from."""
_OUR_OWN = ("cancelled", "parked", "discarded", ERASED)
"""Codes of ends that say nothing of the provider."""


class Watch:
    """Keeps one menu in step with the database."""

    def __init__(self, db: Database, menu: Menu) -> None:
        self._db, self._menu, self._base = db, menu, menu.catalog
        self._revision = 0
        self._seen = db.now() - _FIRST_LOOK

    async def look(self) -> None:
        """Look once: three short reads."""
        async with self._db.view() as view:
            newest = await catalog.revision(view)
            if newest != self._revision:
                self._menu.catalog = await catalog.in_force(view, self._base)
                self._revision = newest
                log.info("catalog_changed", version=self._menu.catalog.version)
            self._menu.keyed = await keyring.providers_of(view)
            await self._learn(view)

    async def keep(self, bus: Bus) -> None:
        """Look for ever: when a change is rung, and every second besides."""
        async with bus.subscribe(catalog.TOPIC) as bell:
            while True:
                await bell.wait(_EVERY)
                with suppress(DatabaseAway, Unavailable):
                    await self.look()

    async def _learn(self, view: View) -> None:
        query = (
            select(Attempt)
            .where(Attempt.ended_at > self._seen - _LATE)
            .order_by(Attempt.ended_at.desc())
            .limit(_AT_ONCE)
        )
        for attempt in reversed((await view.scalars(query)).all()):
            seen = seen_in(attempt)
            if seen is not None:
                self._menu.router.learn(attempt.id, seen)
            if attempt.ended_at is not None:
                self._seen = max(self._seen, attempt.ended_at)


def seen_in(attempt: Attempt) -> Seen | None:
    """What an attempt that has ended says of its target; None: nothing."""
    if attempt.ended_at is None:
        return None
    name, at = f"{attempt.provider}:{attempt.provider_model}", attempt.ended_at.timestamp()
    if attempt.outcome == "completed":
        began = attempt.intent_at or attempt.created_at
        seconds = (attempt.ended_at - began).total_seconds()
        return Seen(name, ok=True, at=at, seconds=seconds, cost=attempt.provider_cost or None)
    unsent = attempt.outcome == "absent" and attempt.intent_at is None
    if unsent or attempt.outcome == "cancelled" or attempt.error_code in _OUR_OWN:
        return None
    return Seen(name, ok=False, at=at, fault=fault_of(attempt.error_code or ""))
