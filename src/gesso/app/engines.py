"""Engines: who does what is due, as the settings say.

`local` does it in this process; `celery` sends it to workers. The engine, the duties and everything
that a user can see are the same.
"""

from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gesso.app.house import House
from gesso.app.staff import Staff, every_lane
from gesso.infra.web import Component
from gesso.work import Engine, Hands


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine, what must run beside it, and how it tells its health."""

    engine: Engine
    companions: tuple[Coroutine[Any, Any, None], ...] = ()
    components: Mapping[str, Component] = field(default_factory=dict)
    dispensable: Mapping[str, Component] = field(default_factory=dict)
    """The same where its trouble is no reason to stay away: orders are taken all the same."""


@asynccontextmanager
async def open_engine(house: House, staff: Staff) -> AsyncIterator[Opened]:
    """The engine that the settings name; it is not started yet."""
    settings = house.settings
    if settings.engine.kind == "celery":
        async with _celery(house, staff) as opened:
            yield opened
        return
    crew = Hands(staff.holder, most=settings.engine.handlers)
    engine = Engine(staff.duties, crew, tick=settings.engine.tick)
    yield Opened(engine, components={"engine": engine.trouble})


@asynccontextmanager
async def _celery(house: House, staff: Staff) -> AsyncIterator[Opened]:
    # late: Celery and its broker's client come with an extra, and the embedded stack needs neither
    from gesso.app.broker import celery_of, keeper_of, publisher_of
    from gesso.work.celery import Dispatch, undertake

    settings = house.settings
    lanes = every_lane(settings)
    celery = celery_of(settings, lanes)
    async with publisher_of(settings, lanes) as publisher:
        crew = Dispatch(publisher, celery, lanes)
        engine = Engine(staff.duties, crew, tick=settings.engine.tick)
        companions = (crew.watch(), undertake(publisher, keeper_of(house.db)))
        yield Opened(engine, companions, dispensable={"engine": engine.trouble})
