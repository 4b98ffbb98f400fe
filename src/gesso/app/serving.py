"""The house of a process that serves: with the engine that the settings name at work beside it."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from gesso.app.doors import gated
from gesso.app.engines import open_engine
from gesso.app.house import House, furnished, synchronise
from gesso.app.paying import gateways_of
from gesso.app.staff import gather_staff, receiving
from gesso.app.tidy import tidy_scratch
from gesso.app.topic import telling
from gesso.domain import inbox, payments, registry, tasks
from gesso.infra.http import Guard, Http
from gesso.infra.settings import Settings, SettingsError


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Build the house, work until the block ends, and leave it in good order."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(furnished(settings))
        house = await stack.enter_async_context(receiving(house))
        await stack.enter_async_context(_minting(house))
        await stack.enter_async_context(_beside(tidy_scratch(settings.data_dir / "scratch")))
        house = await stack.enter_async_context(gated(house))
        house = await stack.enter_async_context(paying(house))
        if settings.engine.kind != "none":
            house = await stack.enter_async_context(_working(house))
        yield house


@asynccontextmanager
async def _minting(house: House) -> AsyncIterator[None]:
    """With keys that sign access tokens, kept in step with the other processes'."""
    await house.mint.open()
    async with _beside(house.mint.watch()):
        yield


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """With this done beside it."""
    doing = asyncio.create_task(work)
    try:
        yield
    finally:
        doing.cancel()
        await asyncio.wait([doing])


@asynccontextmanager
async def paying(house: House) -> AsyncIterator[House]:
    """The house with somebody who takes payments."""
    async with Http(Guard.that_allows(house.settings.outbound.allow)) as http:
        desk = payments.Desk(house.db, gateways_of(house.settings, http))
        yield replace(house, payments=desk)


@asynccontextmanager
async def _working(house: House) -> AsyncIterator[House]:
    """The house with its engine at work, here or by sending out what our own commits ring for."""
    settings, is_local = house.settings, house.settings.engine.kind == "local"
    async with AsyncExitStack() as stack:
        if house.db.is_sqlite:
            stack.enter_context(_only_one(settings.data_dir))
            async with house.db.tx() as tx:
                await tasks.release_leases(tx)
                await registry.release_leases(tx)
                await inbox.release_leases(tx)
        staff = await stack.enter_async_context(gather_staff(house))
        opened = await stack.enter_async_context(open_engine(house, staff))
        told = await stack.enter_async_context(telling(house, here=is_local))
        listen = house.bus.listen if is_local else house.db.listen  # a beat hears the others
        listen(opened.engine.ring)
        await opened.engine.start(
            *staff.companions,
            *opened.companions,
            house.doorkeeper.watch(),
            synchronise(house.db),
        )
        try:
            yield replace(
                house,
                engine=opened.engine,
                components={**house.components, **opened.components},
                dispensable={**house.dispensable, **opened.dispensable, **told},
            )
        finally:
            house.feed.close()
            house.tail.close()
            await opened.engine.stop(patience=settings.server.shutdown_seconds)
            await staff.give_back()


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data directory: with SQLite one process works, and at its start it takes every job
    over.
    """
    with (data_dir / "server.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"another gesso is at work in {data_dir.absolute()}") from error
        yield
