"""The menu of a process: what can be asked for, and whom to ask, kept in step with the world."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from gesso.app.plugins import find_operations, find_provider_kinds
from gesso.domain import tasks
from gesso.domain.catalog import load_catalog
from gesso.domain.routing import Router
from gesso.infra.bus import Bus
from gesso.infra.db import Database
from gesso.infra.settings import Settings
from gesso.providers import Provider
from gesso.providers.credentials import Customary


def menu_of(settings: Settings, db: Database) -> tasks.Menu:
    """The menu by the files and plugins that the settings name."""
    kinds = find_provider_kinds(settings.plugins)
    return tasks.Menu(
        find_operations(settings.plugins),
        load_catalog([settings.catalog] if settings.catalog else []),
        router=Router(settings.routing, now=lambda: db.now().timestamp()),
        reachable=_reachable(kinds, Customary(settings.providers, os.environ)),
        currency=lambda provider: kinds.get(provider, Provider).currency,
        providers=frozenset(kinds),
        offers=lambda provider: kinds[provider].offers if provider in kinds else None,
    )


def _reachable(
    kinds: Mapping[str, type[Provider]], credentials: Customary
) -> Callable[[str], bool]:
    def is_reachable(provider: str) -> bool:
        kind = kinds.get(provider)
        return kind is not None and credentials.holds(provider, kind.access)

    return is_reachable


@asynccontextmanager
async def kept_in_step(menu: tasks.Menu, db: Database, bus: Bus) -> AsyncIterator[None]:
    """Have the menu follow the database while the block runs."""
    watch = tasks.Watch(db, menu)
    await watch.look()
    watching = asyncio.create_task(watch.keep(bus))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
