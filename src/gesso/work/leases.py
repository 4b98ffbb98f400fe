"""Leases: one renewal for everything this process holds; who lost his is stopped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from gesso.infra.db import Database, DatabaseAway
from gesso.work.grip import Grip

log = structlog.get_logger()


class LeaseLost(Exception):
    """The row was given to somebody else; whatever its old holder finds out does not count."""


class Leases:
    """What is held, and by which asyncio task.

    `renew` keeps rows of one kind for another lease and says which; `release` gives them back.
    """

    def __init__(
        self,
        db: Database,
        lease: timedelta,
        *,
        renew: Callable[[Sequence[Grip]], Awaitable[Sequence[bool]]],
        release: Callable[[Sequence[Grip]], Awaitable[None]],
    ) -> None:
        self._db, self._lease = db, lease
        self._renew_rows, self._release_rows = renew, release
        self._held: dict[Grip, asyncio.Task[None]] = {}
        self._until: dict[Grip, datetime] = {}
        self._cut_off: list[Grip] = []
        self._renewed_at = db.now()

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
                self._cut_off.append(grip)
                raise
            task.uncancel()
            raise LeaseLost(str(grip.id)) from None
        finally:
            self._held.pop(grip, None)
            del self._until[grip]

    def is_sure(self, grip: Grip) -> bool:
        """Whether nobody else is given the row soon. Who was asleep, or is slow, learns it here.

        A quarter of the lease is left for clocks that disagree and for bytes on their way: who
        takes a job next asks the provider, and must find there what was sent.
        """
        return grip in self._held and self._db.now() + self._lease / 4 < self._until[grip]

    def revoke(self, grip: Grip) -> None:
        """Stop whoever else in this process holds the row, under whatever fence."""
        for held in [held for held in self._held if held.id == grip.id and held != grip]:
            self._held.pop(held).cancel()

    def stop(self, grip: Grip) -> None:
        """Stop the work under this grip, if it is done here: LeaseLost is raised inside it."""
        task = self._held.pop(grip, None)
        if task is not None:
            task.cancel()

    async def keep(self) -> None:
        """Renew for ever, three times a lease."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
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
        if self._db.now() - self._renewed_at > self._lease / 2:
            await self._renew()

    async def give_back(self) -> None:
        """Let others have at once what was cut off here: for the end of a process."""
        cut_off, self._cut_off = self._cut_off, []
        if cut_off:
            await self._release_rows(cut_off)

    async def _renew(self) -> None:
        grips, asked = list(self._held), self._db.now()
        kept = await self._renew_rows(grips) if grips else []
        self._renewed_at = asked
        for grip, is_kept in zip(grips, kept, strict=True):
            if is_kept:
                self._renewed(grip, asked)
            else:
                log.info("lease_lost", row=str(grip.id))
                self.stop(grip)

    def _renewed(self, grip: Grip, asked: datetime) -> None:
        if grip in self._until:
            self._until[grip] = asked + self._lease
