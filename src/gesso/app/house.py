"""The house: every part of gesso, chosen by the settings and put together once a process.

Three kinds of processes live in it: one that serves (`serving.py`), a worker (`worker.py`) and a
beat (`beat.py`). All have the same parts; what differs is who works.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from gesso.app import functions
from gesso.app.binds import Bind, open_bind
from gesso.app.desk import open_desk
from gesso.app.durability import tell_dangers
from gesso.app.keepers import keepers
from gesso.app.masters import check_masters, open_mint, open_safe
from gesso.app.offer import kept_in_step, menu_of
from gesso.app.plugins import find_functions, find_templates
from gesso.app.schema import ensure_schema
from gesso.app.shared import Shared, open_shared
from gesso.app.stores import open_storage
from gesso.domain import (
    account,
    deadletters,
    events,
    identity,
    keyring,
    media,
    registry,
    sessions,
    signin,
    tasks,
    workflows,
)
from gesso.domain.identity import Doorkeeper
from gesso.domain.payments import Desk
from gesso.infra.batch import Batch
from gesso.infra.bus import Bus
from gesso.infra.cache import Cache
from gesso.infra.db import Database, DatabaseAway
from gesso.infra.errors import Unavailable
from gesso.infra.limits import Limiter
from gesso.infra.settings import Settings
from gesso.infra.storage import Storage
from gesso.infra.web import Component, Gate
from gesso.kit.signing import Signer
from gesso.work import Engine


@dataclass(frozen=True, slots=True)
class House:
    """What routes and workers lean on; each room asks for the part of it that it needs."""

    settings: Settings
    db: Database
    analytics: Bind
    bus: Bus
    cache: Cache
    limiter: Limiter
    storage: Storage
    menu: tasks.Menu
    functions: registry.Functions
    links: media.Links
    epoch: str
    line: tasks.Line
    mint: sessions.Mint
    doorkeeper: Doorkeeper
    channels: identity.Directory
    feed: events.Feed
    tail: events.Tail
    submit: Batch[tasks.Request, tasks.Answer]
    keepers: deadletters.Keepers
    safe: keyring.Safe
    front_desk: signin.Desk
    receipts: account.Receipts
    key_uses: keyring.Count = tasks.unfinished
    engine: Engine | None = None
    receiver: tasks.Receiver | None = None
    schemas: tasks.Schemas | None = None
    gate: Gate | None = None
    issuers: signin.Issuers | None = None
    uploads: media.Uploads | None = None
    payments: Desk | None = None
    components: Mapping[str, Component] = field(default_factory=dict)
    dispensable: Mapping[str, Component] = field(default_factory=dict)


@asynccontextmanager
async def furnished(settings: Settings) -> AsyncIterator[House]:
    """The parts that every process has, with nobody at work."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    templates = find_templates(settings)
    async with AsyncExitStack() as stack:
        db = Database(settings.database_url, settings.database)
        stack.push_async_callback(db.close)
        menu = menu_of(settings, db)
        if settings.topic.enabled:
            events.keep_untold(db)
        if settings.database.upgrade_on_start:
            await ensure_schema(db)
        await db.synchronise()
        await tell_dangers(db)
        async with db.tx() as tx:
            await identity.ensure_local(tx, start_credits=settings.welcome)
            await tasks.queues.ensure(tx, menu.catalog)
            await events.ensure_epoch(tx)
            await registry.ensure(tx, functions.SCHEDULES)
            await workflows.ensure(tx, templates)
        async with db.view() as view:
            epoch = await events.epoch(view)
        analytics = await stack.enter_async_context(open_bind("analytics", settings, db))
        shared = await open_shared(settings, epoch, stack)
        db.listen(shared.bus.publish)
        await stack.enter_async_context(kept_in_step(menu, db, shared.bus))
        desk = await stack.enter_async_context(open_desk(settings, db, signing_key(settings)))
        house = _furnish(
            settings, db, analytics=analytics, menu=menu, epoch=epoch, shared=shared, desk=desk
        )
        await check_masters(db, house.safe, is_production=settings.environment == "production")
        yield house


def _furnish(
    settings: Settings,
    db: Database,
    *,
    analytics: Bind,
    menu: tasks.Menu,
    epoch: str,
    shared: Shared,
    desk: signin.Desk,
) -> House:
    storage = open_storage(settings)
    needed, dispensable = _components(settings, db, storage, shared, analytics)
    secret, safe = signing_key(settings), open_safe(settings)
    mint, line = open_mint(settings, db, safe, secret), tasks.Line()
    return House(
        settings=settings,
        db=db,
        analytics=analytics,
        bus=shared.bus,
        cache=shared.cache,
        limiter=shared.limiter,
        storage=storage,
        menu=menu,
        functions=find_functions(settings.plugins),
        links=_links(settings, db, secret),
        epoch=epoch,
        line=line,
        mint=mint,
        channels=identity.Directory(db),
        doorkeeper=Doorkeeper(db, sessions.Guests(db, mint, settings.public_url)),
        feed=_feed(settings, db, shared, line),
        tail=events.Tail(db, shared.bus),
        submit=Batch(db.tx, partial(tasks.submit, ceiling=tasks.Ceiling(settings.limits.tasks))),
        keepers=keepers(menu),
        safe=safe,
        front_desk=desk,
        receipts=account.Receipts(Signer(secret)),
        components=needed,
        dispensable=dispensable,
    )


def _components(
    settings: Settings, db: Database, storage: Storage, shared: Shared, analytics: Bind
) -> tuple[dict[str, Component], dict[str, Component]]:
    """The parts without which nothing works, and those without which everything is slower."""
    stored: dict[str, Component] = {"storage": partial(_storage_trouble, storage)}
    # A disk is this machine's trouble; a bucket is everybody's, and orders are taken without it.
    is_here = settings.storage.kind == "local"
    apart = {"analytics": analytics.trouble} if analytics.is_apart else {}
    needed = {"database": db.trouble, **(stored if is_here else {})}
    return needed, {**({} if is_here else stored), **shared.components, **apart}


def _links(settings: Settings, db: Database, secret: bytes) -> media.Links:
    seconds = settings.media.link_seconds
    return media.Links(Signer(secret), settings.public_url, seconds=seconds, now=db.now)


def _feed(settings: Settings, db: Database, shared: Shared, line: tasks.Line) -> events.Feed:
    most = settings.limits.streams or sys.maxsize
    return events.Feed(db, shared.bus, events.Rhythm(most=most), line.positions)


def signing_key(settings: Settings) -> bytes:
    """The secret that signs links: as it was set, for processes that share no disk, else a file."""
    if settings.signing_key is not None:
        return settings.signing_key.get_secret_value().encode()
    return _secret(settings.data_dir / "signing.key")


def _secret(file: Path) -> bytes:
    """The secret in a file; made at the first start, readable by the owner alone."""
    if not file.exists():
        with NamedTemporaryFile(dir=file.parent, prefix=".signing-") as draft:  # mode 0600
            draft.write(secrets.token_bytes(48))
            draft.flush()
            # A link appears whole or not at all, and only the first of several processes makes it.
            with suppress(FileExistsError):
                os.link(draft.name, file)
    return file.read_bytes()


async def _storage_trouble(storage: Storage) -> str | None:
    try:
        await storage.check()
    except Unavailable as error:
        return error.message
    return None


async def synchronise(db: Database) -> None:
    """Keep in step with the database's clock, for ever."""
    while True:
        await asyncio.sleep(30)
        with suppress(DatabaseAway):
            await db.synchronise()
