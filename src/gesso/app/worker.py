"""A worker: reads lanes of the broker, and does what their messages bring.

It is a worker of Celery's, so everything that watches Celery can watch it. Its processes open the
house for themselves, each with an event loop of its own (`gesso.work.celery.bench`).
"""

import asyncio
import logging
import os
import socket
import warnings
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init, worker_process_shutdown, worker_shutdown
from kombu.exceptions import OperationalError

from gesso.app.broker import celery_of
from gesso.app.house import furnished, synchronise
from gesso.app.staff import every_kind, every_lane, gather_staff
from gesso.app.tidy import tidy_scratch
from gesso.infra.branches import DatabaseSettings
from gesso.infra.settings import Settings, SettingsError
from gesso.work import Duty
from gesso.work.celery import Bench
from gesso.work.celery.topology import declare, queue_name

POOLS = ("prefork", "threads", "solo")
"""Processes of their own; threads of one process, for lanes whose providers keep their callers
waiting; and no pool at all.
"""

_TALKATIVE = ("celery.worker.strategy", "celery.app.trace")
"""Loggers with two lines a message, which says nothing that an event or an error does not."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a worker is to be: which lanes it reads, and how much it does at once."""

    lanes: Sequence[str] = ()
    concurrency: int | None = None
    pool: str = "prefork"
    name: str | None = None


def application(settings: Settings) -> Celery:
    """Celery with a task for everything that may travel; each process opens its own house."""
    celery = celery_of(settings, every_lane(settings))
    bench = Bench(lambda: _opened(settings))
    bench.add_tasks(celery, every_kind(settings))
    worker_process_init.connect(lambda **_: bench.open(), weak=False)
    for ending in (worker_process_shutdown, worker_shutdown):
        ending.connect(lambda **_: bench.close(), weak=False)
    return celery


def work(settings: Settings, wishes: Wishes) -> None:
    """Work until told to stop: SIGTERM lets what is in hand end for a while, and gives back what is
    left. SettingsError for lanes that do not exist.
    """
    known = every_lane(settings)
    strange = sorted(set(wishes.lanes) - known)
    if strange:
        raise SettingsError(
            f"there is no lane {', '.join(strange)}; there are {', '.join(sorted(known))}"
        )
    celery = application(_frugal(settings) if wishes.pool == "prefork" else settings)
    _quieten(settings)
    _declare(celery, known)
    # Celery's own default waits for ever for what is in hand, and then a supervisor kills it.
    worker: Any = celery.Worker(
        # Two workers of one name would take each other's commands.
        hostname=f"{wishes.name or f'worker{os.getpid()}'}@{socket.gethostname()}",
        queues=[queue_name(lane) for lane in wishes.lanes or sorted(known)],
        concurrency=wishes.concurrency or os.cpu_count(),
        pool=wishes.pool,
        optimization="fair",
        without_gossip=True,
        without_mingle=True,
        loglevel=settings.log_level.upper(),
        quiet=True,
    )
    worker.start()


def _frugal(settings: Settings) -> Settings:
    """With as few connections as one of many processes needs: a server of PostgreSQL takes 100 from
    all of them together unless it is told otherwise.
    """
    binds = settings.binds.model_copy(update={"analytics": _fewer(settings.binds.analytics)})
    return settings.model_copy(update={"database": _fewer(settings.database), "binds": binds})


def _fewer(database: DatabaseSettings) -> DatabaseSettings:
    size = min(database.pool_size, database.worker_pool_size)
    return database.model_copy(update={"pool_size": size})


def _quieten(settings: Settings) -> None:
    """Leave what happens to every single message to the level `debug`."""
    if settings.log_level != "debug":
        level = max(logging.getLogger().level, logging.WARNING)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(level)
    # Its danger to root are messages that carry code, and ours are JSON (RELIABLE says so).
    warnings.filterwarnings("ignore", category=SecurityWarning)


def _declare(celery: Celery, lanes: Collection[str]) -> None:
    """Make the queues of every lane: at its start Celery binds all of them to its delays, those of
    other workers too, and complains of each that is missing. Without a broker nothing happens here.
    """
    with (
        celery.connection_for_write() as connection,
        # A broker that is away, or too busy to answer, is waited for by Celery itself.
        suppress(OperationalError, *connection.connection_errors),
    ):
        declare(connection.default_channel, lanes)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Sequence[Duty[Any]]]:
    """The house as a worker's process needs it: nobody is served, nothing is claimed."""
    async with furnished(settings) as house, gather_staff(house) as staff:
        keeping = [asyncio.create_task(each) for each in staff.companions]
        keeping.append(asyncio.create_task(synchronise(house.db)))
        keeping.append(asyncio.create_task(tidy_scratch(settings.data_dir / "scratch")))
        try:
            yield staff.duties
        finally:
            for each in keeping:
                each.cancel()
            with suppress(Exception):
                await staff.give_back()
