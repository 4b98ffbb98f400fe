"""Stopping: a registered function that cancels many of somebody's tasks, one after the other.

Killed anywhere, it goes on in its next try with those that were not asked to stop yet.
"""

from typing import Protocol, cast
from uuid import UUID

from pydantic import BaseModel

from gesso.domain import registry, tasks
from gesso.domain.registry import Context, register_task
from gesso.infra.db import Database


class Stopping(Protocol):
    """What this needs of the house."""

    @property
    def db(self) -> Database:
        """The main database."""

    @property
    def menu(self) -> tasks.Menu:
        """What was ordered, and how its money is settled."""


class Stopped(BaseModel):
    """How many tasks were asked to stop by the try that came to the end."""

    asked: int


@register_task(name=tasks.bulk.CANCEL, timeout=3600, max_attempts=10)
async def cancel_tasks(owner: UUID, choice: tasks.ChoiceIn, context: Context) -> Stopped:
    """Cancel the tasks of one owner that match, but none that was asked for after this was."""
    house = cast(Stopping, context.house)
    async with house.db.view() as view:
        asked_at = (await registry.get(view, context.id)).created_at
        meant = tasks.chosen(choice, owner, house.menu, until=asked_at)
        total = (await tasks.bulk.foresee(view, meant)).stoppable
    asked = 0
    while stopped := await tasks.bulk.stop(house.db, house.menu, meant):
        asked += stopped
        await context.progress(asked / max(asked, total))
    return Stopped(asked=asked)
