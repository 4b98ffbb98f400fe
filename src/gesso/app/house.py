"""The house: every part of gesso, chosen by the settings and put together once."""

import asyncio
import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from sqlalchemy import text

from gesso.app.plugins import find_operations, find_providers
from gesso.app.schema import ensure_schema
from gesso.app.tidy import tidy
from gesso.domain import events, media, tasks
from gesso.domain.catalog import load_catalog
from gesso.domain.identity import Doorkeeper
from gesso.domain.tasks.work import Desk, Ingest, Sources, Workshop, duties
from gesso.infra.batch import Batch
from gesso.infra.bus import Bus
from gesso.infra.db import Database, DatabaseAway
from gesso.infra.errors import Unavailable
from gesso.infra.http import Http
from gesso.infra.inspect import Limits
from gesso.infra.pool import Pool
from gesso.infra.settings import Settings, SettingsError
from gesso.infra.storage.local import LocalStorage
from gesso.infra.web import Component
from gesso.kit.signing import Signer
from gesso.providers.driver import Driver
from gesso.work import LocalEngine


@dataclass(frozen=True, slots=True)
class House:
    """What routes and workers lean on; each room asks for the part of it that it needs."""

    settings: Settings
    db: Database
    bus: Bus
    storage: LocalStorage
    menu: tasks.Menu
    links: media.Links
    epoch: str
    doorkeeper: Doorkeeper
    feed: events.Feed
    submit: Batch[tasks.Request, tasks.Answer]
    engine: LocalEngine | None = None
    components: Mapping[str, Component] = field(default_factory=dict)


@asynccontextmanager
async def open_house(
    settings: Settings, *, on_stop: Callable[[], None] | None = None
) -> AsyncIterator[House]:
    """Build the house, work until the block ends, and leave it in good order."""
    async with AsyncExitStack() as stack:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        db = Database(settings.database_url, settings.database)
        stack.push_async_callback(db.close)
        works_alone = db.is_sqlite and settings.engine.kind == "local"
        if works_alone:
            stack.enter_context(_only_one(settings.data_dir))
        if settings.database.upgrade_on_start:
            await ensure_schema(db)
        await db.synchronise()
        house = await _furnish(settings, db)
        if settings.engine.kind == "none":
            yield house
            return
        if works_alone:
            async with db.tx() as tx:
                await tasks.release_leases(tx)
        engine, companions = await _staff(house, stack)
        await engine.start(*companions)
        try:
            yield _with_engine(house, engine)
        finally:
            if on_stop is not None:
                on_stop()
            house.feed.close()
            await engine.stop(patience=settings.server.shutdown_seconds)


async def _furnish(settings: Settings, db: Database) -> House:
    """The parts that every process has."""
    operations = find_operations(settings.plugins)
    catalog = load_catalog([settings.catalog] if settings.catalog else [])
    async with db.tx() as tx:
        await tasks.queues.ensure(tx, catalog)
        await events.ensure_epoch(tx)
    async with db.view() as view:
        epoch = await events.epoch(view)
    bus = Bus()
    db.listen(bus.publish)
    storage = LocalStorage(settings.data_dir / "media")
    signer = Signer(_secret(settings.data_dir / "signing.key"))
    return House(
        settings=settings,
        db=db,
        bus=bus,
        storage=storage,
        menu=tasks.Menu(operations, catalog),
        links=media.Links(
            signer, settings.public_url, seconds=settings.media.link_seconds, now=db.now
        ),
        epoch=epoch,
        doorkeeper=Doorkeeper(db),
        feed=events.Feed(db, bus),
        submit=Batch(db.tx, tasks.submit),
        components={
            "database": partial(_database_trouble, db),
            "storage": partial(_storage_trouble, storage),
        },
    )


async def _staff(
    house: House, stack: AsyncExitStack
) -> tuple[LocalEngine, tuple[Coroutine[Any, Any, None], ...]]:
    """The engine and those who work in it."""
    settings = house.settings
    http = await stack.enter_async_context(Http())
    # What is finished is stored in a lane of its own, not behind what is still being made.
    making, storing = Pool(settings.engine.processes), Pool(settings.engine.processes)
    desk = Desk(house.db, house.menu, lease=timedelta(seconds=settings.engine.lease))
    sources = Sources(house.db, house.storage, house.links, settings.data_dir / "scratch")
    limits = Limits(size=settings.media.max_bytes, pixels=settings.media.max_pixels)
    ingest = Ingest(desk, house.storage, sources, http=http, pool=storing, limits=limits)
    providers = find_providers(settings.plugins)
    workshop = Workshop(desk, providers, Driver(http, making), sources=sources, ingest=ingest)
    engine = LocalEngine(
        duties(desk, workshop), handlers=settings.engine.handlers, tick=settings.engine.tick
    )
    house.db.listen(engine.ring)
    companions = (
        workshop.leases.keep(),
        house.doorkeeper.watch(),
        tidy(house.db, house.storage, settings.data_dir / "scratch"),
        _synchronise(house.db),
    )
    return engine, companions


def _with_engine(house: House, engine: LocalEngine) -> House:
    return replace(house, engine=engine, components={**house.components, "engine": engine.trouble})


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


def _secret(file: Path) -> bytes:
    """The secret that signs links; made at the first start, readable by the owner alone."""
    if not file.exists():
        with NamedTemporaryFile(dir=file.parent, prefix=".signing-") as draft:  # mode 0600
            draft.write(secrets.token_bytes(48))
            draft.flush()
            # A link appears whole or not at all, and only the first of several processes makes it.
            with suppress(FileExistsError):
                os.link(draft.name, file)
    return file.read_bytes()


async def _database_trouble(db: Database) -> str | None:
    try:
        async with db.view() as view:
            await view.execute(text("select 1"))
    except DatabaseAway as error:
        return error.message
    return None


async def _storage_trouble(storage: LocalStorage) -> str | None:
    try:
        await storage.check()
    except Unavailable as error:
        return error.message
    return None


async def _synchronise(db: Database) -> None:
    """Keep in step with the database's clock."""
    while True:
        await asyncio.sleep(30)
        with suppress(DatabaseAway):
            await db.synchronise()
