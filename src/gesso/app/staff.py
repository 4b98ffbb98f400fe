"""The staff: those who can do what is due, put together for one process."""

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from gesso.app.comfyui import open_servers, servers_of
from gesso.app.house import House
from gesso.app.plugins import find_functions, find_providers
from gesso.domain import media
from gesso.domain.catalog import load_catalog
from gesso.domain.registry import work as registry_work
from gesso.domain.signin import Issuers
from gesso.domain.tasks.work import (
    PUSH,
    STORING,
    TOGETHER,
    Desk,
    Duties,
    Enquiry,
    Envoy,
    Ingest,
    Moderator,
    Outside,
    Pools,
    Porter,
    Postman,
    Ring,
    Sources,
    Workshop,
)
from gesso.infra.examiner import Examiner
from gesso.infra.http import Guard, Http
from gesso.infra.inspect import Limits
from gesso.infra.pool import Pool
from gesso.infra.settings import Settings
from gesso.providers.comfyui.listener import Listeners
from gesso.providers.comfyui.provider import ComfyUI
from gesso.providers.credentials import Customary
from gesso.providers.driver import Driver
from gesso.providers.traffic import Traffic, show
from gesso.work import Duty, Leases, own_name

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Staff:
    """Duties, who holds what is in hand for them, and what must run beside them."""

    holder: str
    duties: Sequence[Duty[Any]]
    leases: Sequence[Leases]
    show: Callable[[], Coroutine[Any, Any, None]]
    """Leaves word of how the providers do."""
    listeners: Sequence[Listeners] = ()

    @property
    def companions(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What keeps the leases while something is in hand, hears how far it is elsewhere, and
        tells how the providers do.
        """
        return (
            *(each.keep() for each in self.leases),
            *(each.keep() for each in self.listeners),
            self.show(),
        )

    async def give_back(self) -> None:
        """Let others have at once what was cut off here."""
        for each in self.leases:
            await each.give_back()


@asynccontextmanager
async def gather_staff(house: House) -> AsyncIterator[Staff]:
    """Everybody who works in this process."""
    settings, holder = house.settings, own_name()
    async with Http(Guard.that_allows(settings.outbound.allow)) as http:
        making = Pool(settings.engine.processes)
        lease = timedelta(seconds=settings.engine.lease)
        desk = Desk(house.db, house.menu, lease=lease, holder=holder)
        servers, listeners = open_servers(settings, desk, http)
        driver = _driver(settings, http, making)
        outside = Outside(http, Examiner(making, _limits(settings)))
        envoy, workshop = _makers(
            house, desk, driver, outside=outside, pools={ComfyUI.name: servers}
        )
        postman = Postman(desk, envoy, workshop)
        runs = registry_work.Desk(house.db, house.functions, lease=lease, holder=holder)
        runner = registry_work.Runner(runs, house)
        of_runs = registry_work.Duties(runs, runner).all()
        yield Staff(
            holder=holder,
            duties=[*Duties(desk, workshop).all(), postman.duty(), *of_runs],
            leases=[workshop.leases, postman.leases, runner.leases],
            listeners=[listeners],
            show=partial(show, driver.traffic, house.cache),
        )


def _makers(
    house: House, desk: Desk, driver: Driver, *, outside: Outside, pools: Pools
) -> tuple[Envoy, Workshop]:
    """Who speaks to providers, and who does what an assignment says."""
    settings = house.settings
    sources = Sources(
        desk, house.storage, house.links, settings.data_dir / "scratch", outside=outside
    )
    envoy = Envoy(
        desk,
        find_providers(settings.plugins),
        driver,
        credentials=Ring(house.db, house.safe, Customary(settings.providers, os.environ)),
        sources=sources,
        pools=pools,
    )
    ingest = Ingest(
        desk,
        house.storage,
        sources,
        driver=driver,
        # What is finished is stored in a lane of its own, not behind what is still being made.
        pool=Pool(settings.engine.processes),
        limits=_limits(settings),
        moderator=Moderator(desk, envoy, **settings.moderation.model_dump()),
    )
    return envoy, Workshop(desk, envoy, sources=sources, ingest=ingest)


def _half(processes: int | None) -> int:
    """So many that the others stay for whatever else is to be done."""
    return max(1, (processes or os.cpu_count() or 1) // 2)


def _limits(settings: Settings) -> Limits:
    return Limits(size=settings.media.max_bytes, pixels=settings.media.max_pixels)


@asynccontextmanager
async def receiving(house: House) -> AsyncIterator[House]:
    """The house with somebody who takes in what providers report, somebody who asks them what their
    models take, those who vouch for people, and somebody who takes files in.
    """
    settings = house.settings
    if settings.hooks.trust_unsigned:
        log.warning("unsigned_reports_believed", setting="GESSO_HOOKS__TRUST_UNSIGNED")
    async with Http(Guard.that_allows(settings.outbound.allow)) as http:
        providers, pool = find_providers(settings.plugins), Pool(1)
        customary = Customary(settings.providers, os.environ)
        porter = Porter(
            house.db,
            providers,
            _driver(settings, http, pool),
            credentials=Ring(house.db, house.safe, customary),
            links=house.links,
            trusts_unsigned=settings.hooks.trust_unsigned,
        )
        # Users say what is asked for here, so what it keeps crowds out nothing else.
        enquiry = Enquiry(providers, _driver(settings, http, pool), customary)
        issuers = Issuers(http, allows_loopback=settings.environment != "production")
        uploads = media.Uploads(
            house.db,
            house.storage,
            # Somebody waits for an answer here, and no work of a job stands before it.
            Examiner(Pool(_half(settings.engine.processes)), _limits(settings), together=1),
            scratch=settings.data_dir / "scratch",
            settings=settings.media,
        )
        yield replace(house, receiver=porter, schemas=enquiry, issuers=issuers, uploads=uploads)


def _driver(settings: Settings, http: Http, pool: Pool) -> Driver:
    named = settings.providers
    traffic = Traffic(
        {name: each.concurrency for name, each in named.items() if each.concurrency},
        most=max(1, settings.engine.handlers // 4),
        per_minute={name: each.per_minute for name, each in named.items() if each.per_minute},
    )
    roots = {name: [each.root] for name, each in named.items() if each.root}
    roots[ComfyUI.name] = [server.url for server in servers_of(settings).values()]
    return Driver(http, pool, traffic, roots=roots)


def every_lane(settings: Settings) -> frozenset[str]:
    """Every lane on which something may travel."""
    catalog = load_catalog([settings.catalog] if settings.catalog else [])
    functions = find_functions(settings.plugins).values()
    return frozenset({*catalog.queues, STORING, *(each.terms.queue for each in functions)})


def every_kind(settings: Settings) -> frozenset[str]:
    """Every kind of ticket that may come with a message."""
    return frozenset({*TOGETHER, PUSH, *find_functions(settings.plugins)})
