"""Keepers of dead letters: what requeuing and discarding mean for each kind of work."""

from uuid import UUID

from sqlalchemy import select

from gesso.domain import deadletters, registry, tasks
from gesso.domain.deadletters import DeadLetter
from gesso.infra.db import Tx
from gesso.work import Grip

MESSAGE = "message"
"""As dead letters call what a broker gave up."""


class JobKeeper:
    """Jobs of tasks."""

    def __init__(self, menu: tasks.Menu) -> None:
        self._menu = menu

    async def requeue(self, tx: Tx, subject: str) -> None:
        """Try the job once more."""
        await tasks.requeue(tx, UUID(subject))

    async def discard(self, tx: Tx, subject: str) -> None:
        """Fail the job; its task goes on with what else it has."""
        await tasks.discard(tx, self._menu, UUID(subject))


class MessageKeeper:
    """Messages that a broker gave up. They were hints; the rows that they named are the work."""

    async def requeue(self, tx: Tx, subject: str) -> None:
        """Make what the message named due now, as far as it still waits for a message."""
        claims = await tx.scalar(
            select(DeadLetter.facts["claims"]).where(
                DeadLetter.kind == MESSAGE,
                DeadLetter.subject == subject,
                DeadLetter.settled_at.is_(None),
            )
        )
        grips = [Grip.parse(str(claim)) for claim in claims or ()]
        await tasks.release(tx, [grip for grip in grips if grip is not None])

    async def discard(self, tx: Tx, subject: str) -> None:
        """Nothing is lost with it: the rows that it named are found by their leases."""


def keepers(menu: tasks.Menu) -> deadletters.Keepers:
    """Who knows what to do with which kind of letter."""
    return {"job": JobKeeper(menu), "run": registry.RunKeeper(), MESSAGE: MessageKeeper()}
