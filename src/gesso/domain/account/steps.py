"""Steps: what it takes to erase an account, in order. Each may be cut off anywhere and done again;
which is next stands in the row, so whoever comes along goes on from there.

The order matters twice: what runs is settled before anything is taken out, for settling needs to
know what was asked; and the events go last, for the others make some.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from gesso.domain import auditlog, events, media, payments, registry, tasks, wallet
from gesso.domain.account.service import forget_account
from gesso.domain.identity import Erasure
from gesso.infra.db import Database, moment
from gesso.infra.settings import Settings
from gesso.infra.storage import SCRATCH, Storage

_AT_ONCE: Final = 200
_EVENTS_AT_ONCE: Final = 1000
_SCRATCH_KEPT: Final = timedelta(days=9)
"""What is older has been swept: see `gesso.tidy`."""


class Ending(Protocol):
    """What erasing needs of the house."""

    @property
    def db(self) -> Database:
        """The main database."""

    @property
    def storage(self) -> Storage:
        """Where media are kept."""

    @property
    def menu(self) -> tasks.Menu:
        """What was ordered, and how its money is settled."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""


@dataclass(frozen=True, slots=True)
class Went:
    """What a step came to."""

    is_done: bool = True
    """False: something has to happen elsewhere first; it is done again in a while."""
    count: int = 0
    back_to: str | None = None
    """The step to begin from once more, because something came in meanwhile."""


Step = Callable[[Ending, Erasure], Awaitable[Went]]


async def settle(house: Ending, gone: Erasure) -> Went:
    """Stop what runs; done when everything has ended, been paid for or been given back."""
    async with house.db.view() as view:
        live = await tasks.departure.live_of(view, gone.user_id, room=_AT_ONCE)
    for task_id in live:
        async with house.db.tx() as tx:
            await tasks.departure.stop(tx, house.menu, gone.user_id, task_id)
    async with house.db.view() as view:
        left = await tasks.departure.live_of(view, gone.user_id, room=1)
    return Went(is_done=not left, count=len(live))


async def erase_media(house: Ending, gone: Erasure) -> Went:
    """Delete every file, its picture, and what jobs kept beside them; then the rows forget them."""
    count = 0
    while True:
        async with house.db.view() as view:
            kept = await media.kept_of(view, gone.user_id, room=_AT_ONCE)
        if not kept:
            break
        for asset in kept:
            for key in filter(None, (asset.key, asset.thumbnail_key)):
                await house.storage.delete(key)
        async with house.db.tx() as tx:
            await media.blank(tx, [asset.id for asset in kept])
        count += len(kept)
    async with house.db.tx() as tx:
        await media.give_up(tx, gone.user_id)
    await media.clear_dead(house.db, house.storage, owner_id=gone.user_id)
    await _erase_scratch(house, gone)
    return Went(count=count)


async def erase_tasks(house: Ending, gone: Erasure) -> Went:
    """Take what was asked and answered out of tasks and jobs, with what was reported on them."""
    count, last = 0, _AT_ONCE
    while last == _AT_ONCE:
        async with house.db.tx() as tx:
            last = await tasks.departure.blank(tx, gone.user_id, room=_AT_ONCE)
        count += last
    await _forget_late(house, gone)
    async with house.db.tx() as tx:
        await tasks.departure.forget_place(tx, gone.user_id)
    return Went(count=count)


async def erase_runs(house: Ending, gone: Erasure) -> Went:
    """Forget the runs that an operator asked for, with their arguments."""
    count, left, last = 0, 0, _AT_ONCE
    while last == _AT_ONCE:
        async with house.db.tx() as tx:
            last, left = await registry.forget_runs_of(tx, gone.user_id, room=_AT_ONCE)
        count += last
    return Went(is_done=not left, count=count)


async def erase_words(house: Ending, gone: Erasure) -> Went:
    """Take the words out of the ledger, of payments and of the audit log; the figures, and that it
    was done, stay under the account's bare id.
    """
    async with house.db.tx() as tx:
        count = await wallet.forget_words(tx, gone.user_id)
    last = _AT_ONCE
    while last == _AT_ONCE:
        async with house.db.tx() as tx:
            last = await payments.forget_words(tx, gone.user_id, room=_AT_ONCE)
        count += last
    async with house.db.tx() as tx:
        count += await auditlog.forget_words(tx, gone.user_id)
    return Went(count=count)


async def erase_account(house: Ending, gone: Erasure) -> Went:
    """Forget preferences, and whatever let anybody in."""
    async with house.db.tx() as tx:
        return Went(count=await forget_account(tx, gone.user_id))


async def erase_events(house: Ending, gone: Erasure) -> Went:
    """Take what they say out of the events."""
    async with house.db.tx() as tx:
        await events.forget_untold(tx, gone.user_id)
    last: int | None = 0
    read = 0
    while last is not None:
        read = last
        async with house.db.tx() as tx:
            last = await events.blank(tx, gone.user_id, after=read, room=_EVENTS_AT_ONCE)
    return Went(count=read)


async def look_back(house: Ending, gone: Erasure) -> Went:
    """See that nothing has come in since, by a request that was under way when the doors closed."""
    async with house.db.view() as view:
        grace = timedelta(seconds=house.settings.account.erasure_grace)
        if moment(view) < gone.asked_at + grace:
            return Went(is_done=False)
    settled = await settle(house, gone)
    if not settled.is_done:
        return Went(is_done=False)
    late = await _forget_late(house, gone)
    async with house.db.tx() as tx:
        late += await forget_account(tx, gone.user_id)
    async with house.db.view() as view:
        is_clean = not (
            settled.count
            or late
            or await tasks.departure.has_words(view, gone.user_id)
            or await media.kept_of(view, gone.user_id, room=1)
            or await media.under_way(view, gone.user_id)
            or await wallet.has_words(view, gone.user_id)
            or await payments.has_words(view, gone.user_id)
            or await auditlog.has_words(view, gone.user_id)
            or await events.says_anything(view, gone.user_id)
        )
    if not is_clean:
        return Went(back_to="media")
    await house.db.empty_log()
    return Went()


STEPS: Final[Mapping[str, Step]] = {
    "settle": settle,
    "media": erase_media,
    "tasks": erase_tasks,
    "runs": erase_runs,
    "words": erase_words,
    "account": erase_account,
    "events": erase_events,
    "look_back": look_back,
}
"""By the names under which they stand in the database, in their order."""


async def _forget_late(house: Ending, gone: Erasure) -> int:
    """Forget reports on tasks of which nothing else is to be forgotten any more."""
    count, after = 0, None
    while ids := await _ids(house, gone, after):
        async with house.db.tx() as tx:
            count += await tasks.departure.forget_late(tx, ids)
        after = ids[-1]
    return count


async def _ids(house: Ending, gone: Erasure, after: UUID | None) -> Sequence[UUID]:
    async with house.db.view() as view:
        return await tasks.departure.ids_of(view, gone.user_id, after=after, room=_EVENTS_AT_ONCE)


async def _erase_scratch(house: Ending, gone: Erasure) -> None:
    """What jobs of the last days may have left: in the storage, and on this machine's disk."""
    after = None
    scratch = house.settings.data_dir / "scratch"
    while ids := await _ids(house, gone, after):
        async with house.db.view() as view:
            since = moment(view) - _SCRATCH_KEPT
            jobs = await tasks.departure.jobs_since(view, ids, since)
        for job_id in jobs:
            await house.storage.sweep(f"{SCRATCH}/{job_id}", timedelta(0))
            await asyncio.to_thread(_remove, scratch / str(job_id))
        after = ids[-1]


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
