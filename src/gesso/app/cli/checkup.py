"""`gesso doctor`: what has to be true of this machine and this house, asked one by one."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import typer

from gesso.app.cli.place import file_of, revision_of, settings_at
from gesso.app.cli.screen import size
from gesso.app.cli.trouble import sentence_for
from gesso.app.cli.visit import running_url
from gesso.app.plugins import find_providers
from gesso.app.schema import HEADS
from gesso.app.stores import open_storage, reason_of
from gesso.domain.catalog import CatalogError, load_catalog
from gesso.infra.addresses import without_password
from gesso.infra.branches import DatabaseSettings, RedisSettings
from gesso.infra.db import Database
from gesso.infra.db.connect import sqlite_version
from gesso.infra.errors import Unavailable
from gesso.infra.pool import Pool, TookTooLong, WorkerDied
from gesso.infra.settings import Settings, SettingsError

_ROOM, _LITTLE_ROOM = 1 << 30, 100 << 20
_OLDEST_PYTHON, _OLDEST_SQLITE = (3, 11), (3, 35)
_CLOCK_LIMIT = 2.0
_EARLIEST_YEAR = 2026
_PATIENCE = 60.0
_NEVER = timedelta(days=36_500)
_REDIS_PATIENCE = 2.0
_WITHOUT_REDIS = "gesso works without it, only slower. Start it, or unset GESSO_REDIS__URL."
_PAINT = "gesso.providers.studio.paint:paint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; anything but ok says what to do."""

    state: Literal["ok", "warn", "fail"]
    about: str
    text: str


def run(data_dir: Path | None) -> int:
    """Print a line for everything that was looked at; 1 when something has failed."""
    settings = settings_at(data_dir)
    findings = []
    for finding in _all(settings):
        findings.append(finding)
        typer.echo(f"{finding.state:<5} {finding.about:<10} {finding.text}")
    return 1 if any(finding.state == "fail" for finding in findings) else 0


def _all(settings: Settings) -> Iterator[Finding]:
    yield _python()
    yield _sqlite()
    yield _data_dir(settings)
    yield _disk(settings)
    yield _catalog(settings)
    yield asyncio.run(_database(settings))
    if settings.binds.analytics.url is not None:
        yield asyncio.run(_bind("analytics", settings))
    yield asyncio.run(_clock(settings))
    if settings.redis.url is not None:
        yield asyncio.run(_redis(settings.redis, without_password(settings.redis.url)))
    if settings.storage.kind != "local":
        yield asyncio.run(_bucket(settings))
    yield asyncio.run(_worker())
    yield asyncio.run(_port(settings))


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Finding("fail", "python", f"{version}; gesso needs 3.11 or newer.")
    return Finding("ok", "python", version)


def _sqlite() -> Finding:
    version = ".".join(map(str, sqlite_version()))
    if sqlite_version() < _OLDEST_SQLITE:
        return Finding("fail", "sqlite", f"{version}; gesso needs 3.35: a newer Python brings it.")
    return Finding("ok", "sqlite", version)


def _data_dir(settings: Settings) -> Finding:
    """Write where the data goes, or where its folder would be made."""
    place = settings.data_dir.absolute()
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"gesso")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        told = f"{existing}: {error.strerror}. GESSO_DATA_DIR names another place."
        return Finding("fail", "data", told)
    return Finding(
        "ok", "data", f"{place}{'' if place == existing else ' (made at the first start)'}"
    )


def _disk(settings: Settings) -> Finding:
    place = settings.data_dir.absolute()
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < _LITTLE_ROOM:
        return Finding("fail", "disk", f"{size(free)} free; results cannot be stored. Make room.")
    if free < _ROOM:
        return Finding(
            "warn", "disk", f"{size(free)} free; that is soon full of videos. Make room."
        )
    return Finding("ok", "disk", f"{size(free)} free")


def _catalog(settings: Settings) -> Finding:
    try:
        catalog = load_catalog([settings.catalog] if settings.catalog else [])
        providers = find_providers(settings.plugins)
    except (CatalogError, SettingsError) as error:
        return Finding("fail", "catalog", f"{error}")
    named = {target.provider for model in catalog.models for target in model.targets}
    # The built-in catalogue names whoever it knows of; without them there is still the studio.
    excused = {target.provider for model in load_catalog().models for target in model.targets}
    lost = named - set(providers) - excused
    if lost:
        return Finding("fail", "catalog", f"no plugin here brings the provider {min(lost)}.")
    return Finding("ok", "catalog", f"{len(catalog.models)} models, version {catalog.version}")


async def _database(settings: Settings) -> Finding:
    file = file_of(settings)
    if file is not None and not file.exists():
        return Finding("ok", "database", f"{settings.shown_database_url} (made at the first start)")
    return await _revision("main", "database", settings)


async def _bind(name: str, settings: Settings) -> Finding:
    """The service goes on without it, so nothing here is worse than a warning."""
    found = await _revision(name, name, settings)
    return replace(found, state="warn") if found.state == "fail" else found


async def _revision(bind: str, about: str, settings: Settings) -> Finding:
    chosen = settings.bind(bind)
    place, head = without_password(str(chosen.url)), HEADS[bind]
    try:
        found = await _ask_revision(bind, chosen)
    except Exception as error:
        told = sentence_for(error)
        if told is None:
            raise
        return Finding("fail", about, f"{place}: {told}")
    if found == head:
        return Finding("ok", about, f"{place} at revision {head}")
    where = f"{place} at revision {found or 'none'}"
    if chosen.upgrade_on_start:
        return Finding("warn", about, f"{where}; the next start brings it to {head}.")
    return Finding("fail", about, f"{where}; `gesso db upgrade` brings it to {head}.")


async def _ask_revision(bind: str, chosen: DatabaseSettings) -> str | None:
    db = Database(str(chosen.url), chosen)
    try:
        return await revision_of(db, bind)
    finally:
        await db.close()


async def _clock(settings: Settings) -> Finding:
    """Compare this machine's clock with the database's, by which everything is timed."""
    now = datetime.now(UTC)
    if now.year < _EARLIEST_YEAR:
        return Finding(
            "fail", "clock", f"{now:%Y-%m-%d}; signed links need the right time. Set it."
        )
    if file_of(settings) is not None:
        return Finding("ok", "clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
    db = Database(settings.database_url, settings.database)
    try:
        await db.synchronise()
        apart = abs((db.now() - datetime.now(UTC)).total_seconds())
    except Exception as error:
        if sentence_for(error) is None:
            raise
        return Finding("warn", "clock", "the database's clock could not be read; see above.")
    finally:
        await db.close()
    if apart > _CLOCK_LIMIT:
        told = f"{apart:.1f} s apart from the database's. Run a time service on both machines."
        return Finding("warn", "clock", told)
    return Finding("ok", "clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, in step with the database")


async def _redis(settings: RedisSettings, shown: str) -> Finding:
    """Ask twice, with more patience than a server has: the second time without connecting."""
    try:
        # late: only who has named a Redis needs its library
        from gesso.infra.redis import RedisAway, RedisLink
    except ImportError:
        return Finding("fail", "redis", "the library is missing: pip install 'gesso[redis]'")
    patient = settings.model_copy(update={"timeout": max(settings.timeout, _REDIS_PATIENCE)})
    async with RedisLink(patient) as link:
        try:
            version = (await link.ask(lambda redis: redis.info("server")))["redis_version"]
            begun = time.monotonic()
            await link.ask(lambda redis: redis.info("server"))
        except RedisAway as error:
            return Finding("warn", "redis", f"{shown}: {_reason(error)}. {_WITHOUT_REDIS}")
    seconds = time.monotonic() - begun
    answers = f"{shown} version {version}, answers in {seconds * 1000:.1f} ms"
    if seconds > settings.timeout / 2:
        told = f"of {settings.timeout * 1000:g} allowed. Raise GESSO_REDIS__TIMEOUT."
        return Finding("warn", "redis", f"{answers} {told}")
    return Finding("ok", "redis", answers)


async def _bucket(settings: Settings) -> Finding:
    """Write, read and remove a small object, then look for uploads that nobody ended."""
    chosen = settings.storage
    place = "/".join(filter(None, (chosen.bucket_url, chosen.prefix)))
    begun = time.monotonic()
    try:
        storage = open_storage(settings)
        await storage.check()
    except SettingsError as error:
        return Finding("fail", "storage", f"{error}")
    except Unavailable as error:
        told = f"{place}: {reason_of(error)}. Results wait until it takes them."
        return Finding("fail", "storage", told)
    answers = f"{place} wrote, read and removed in {(time.monotonic() - begun) * 1000:.0f} ms"
    try:
        await storage.sweep_partial(_NEVER)
    except Unavailable as error:
        told = f"unfinished uploads cannot be listed: {reason_of(error)}. See its policy."
        return Finding("warn", "storage", f"{answers}; {told}")
    return Finding("ok", "storage", answers)


def _reason(error: BaseException) -> str:
    """The system's own word for it where there is one, else the library's."""
    links = [error]
    while (earlier := links[-1].__cause__ or links[-1].__context__) is not None:
        links.append(earlier)
    numbers = [link.errno for link in links if isinstance(link, OSError) and link.errno]
    told = os.strerror(numbers[-1]) if numbers else str(error.__cause__)
    return told.rstrip(".?") or f"no answer within {_REDIS_PATIENCE:g} s"


async def _worker() -> Finding:
    """Have a process of its own paint a small picture, as a job would."""
    picture = {"prompt": "a red ball", "seed": 1, "width": 64, "height": 64, "quality": "fast"}
    begun = time.monotonic()
    try:
        await Pool(1).run(_PAINT, picture, total=_PATIENCE, tell=lambda _: None)
    except WorkerDied:
        return Finding("fail", "worker", "the process died while painting. Is memory short?")
    except TookTooLong:
        return Finding("fail", "worker", f"no picture within {_PATIENCE:g} s. Is it too busy?")
    seconds = time.monotonic() - begun
    return Finding("ok", "worker", f"started and painted a picture in {seconds:.1f} s")


async def _port(settings: Settings) -> Finding:
    """Whether the server could listen, or does already."""
    url = await running_url(settings)
    if url is not None:
        return Finding("ok", "server", f"runs at {url}")
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            told = f"{host}:{port}: {error.strerror}. `gesso serve --port 0` takes a free one."
            return Finding("fail", "port", told)
    return Finding("ok", "port", f"{host}:{port} is free")
