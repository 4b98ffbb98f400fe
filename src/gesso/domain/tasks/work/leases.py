"""Leases: one renewal for everything this process holds; who lost his is stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

    @asynccontextmanager
    async def holding(self, grip: Grip) -> AsyncIterator[None]:
        """Keep the lease while the block runs; LeaseLost is raised inside it when that fails."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a lease is held by an asyncio task")
        self._held[grip] = task
        try:
            yield
        except asyncio.CancelledError:
            if grip in self._held:
                raise
            task.uncancel()
            raise LeaseLost(str(grip.job_id)) from None
        finally:
            self._held.pop(grip, None)

    def revoke(self, job_id: UUID, *, but: Grip) -> None:
        """Stop whoever else in this process works on a job that has ended under him."""
        for grip in [held for held in self._held if held.job_id == job_id and held != but]:
            self._held.pop(grip).cancel()

    async def keep(self) -> None:
        """Renew for ever, three times a lease."""
        while True:
            await asyncio.sleep(self._desk.lease.total_seconds() / 3)
            grips = list(self._held)
            if not grips:
                continue
            try:
                kept = await self._desk.renew(grips)
            except DatabaseAway:
                log.warning("leases_not_renewed", held=len(grips))
                continue
            for grip, is_kept in zip(grips, kept, strict=True):
                task = None if is_kept else self._held.pop(grip, None)
                if task is not None:
                    log.info("lease_lost", job_id=str(grip.job_id))
                    task.cancel()
