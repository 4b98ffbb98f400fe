"""Leases: one renewal for everything this process holds; who lost his is stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import structlog

from gesso.domain.tasks.news import Grip
from gesso.domain.tasks.work.desk import Desk
from gesso.infra.db import DatabaseAway

log = structlog.get_logger()


class LeaseLost(Exception):
    """The job was given to somebody else; whatever its old holder finds out does not count."""


class Leases:
    """What is held, and by which asyncio task."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._held: dict[Grip, asyncio.Task[None]] = {}
        self._until: dict[Grip, datetime] = {}
        self._renewed_at = desk.db.now()

    @asynccontextmanager
    async def holding(self, grip: Grip, until: datetime) -> AsyncIterator[None]:
        """Keep the lease while the block runs; LeaseLost is raised inside it when that fails."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a lease is held by an asyncio task")
        self._held[grip] = task
        self._until[grip] = until
        try:
            yield
        except asyncio.CancelledError:
            if grip in self._held:
                raise
            task.uncancel()
            raise LeaseLost(str(grip.job_id)) from None
        finally:
            self._held.pop(grip, None)
            del self._until[grip]

    def is_sure(self, grip: Grip) -> bool:
        """Whether nobody else is given the job soon. Who was asleep, or is slow, learns it here.

        A quarter of the lease is left for clocks that disagree and for bytes on their way: who
        takes the job next asks the provider, and must find there what was sent.
        """
        return grip in self._held and self._desk.db.now() + self._desk.lease / 4 < self._until[grip]

    def revoke(self, job_id: UUID, *, but: Grip) -> None:
        """Stop whoever else in this process works on a job that has ended under him."""
        for grip in [held for held in self._held if held.job_id == job_id and held != but]:
            self._held.pop(grip).cancel()

    async def keep(self) -> None:
        """Renew for ever, three times a lease."""
        while True:
            await asyncio.sleep(self._desk.lease.total_seconds() / 3)
            try:
                await self._renew()
            except DatabaseAway:
                log.warning("leases_not_renewed", held=len(self._held))
            except Exception:
                log.exception("leases_not_renewed", held=len(self._held))

    async def catch_up(self) -> None:
        """Renew now where that was out of the question for long: else, once the database is back or
        the process awake, we would be the first to take our own work away from us.
        """
        if self._desk.db.now() - self._renewed_at > self._desk.lease / 2:
            await self._renew()

    async def _renew(self) -> None:
        grips, asked = list(self._held), self._desk.db.now()
        kept = await self._desk.renew(grips) if grips else []
        self._renewed_at = asked
        for grip, is_kept in zip(grips, kept, strict=True):
            if is_kept:
                self._renewed(grip, asked)
            else:
                self._lost(grip)

    def _renewed(self, grip: Grip, asked: datetime) -> None:
        if grip in self._until:
            self._until[grip] = asked + self._desk.lease

    def _lost(self, grip: Grip) -> None:
        task = self._held.pop(grip, None)
        if task is not None:
            log.info("lease_lost", job_id=str(grip.job_id))
            task.cancel()
