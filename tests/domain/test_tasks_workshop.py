"""The workshop and providers that misbehave: whatever they say, a job is looked at and ends."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from gesso.domain import media
from gesso.domain.tasks import report
from gesso.domain.tasks.news import Intent, Postponed
from gesso.domain.tasks.work import Desk, Envoy, Ingest, Outside, Sources, Workshop
from gesso.infra.examiner import Examiner
from gesso.infra.http import Http
from gesso.infra.inspect import Limits
from gesso.infra.pool import Pool
from gesso.infra.storage.local import LocalStorage
from gesso.kit.signing import Signer
from gesso.providers import (
    Absent,
    Accepted,
    Cancelled,
    Flow,
    Offers,
    Provider,
    Submission,
    Ticket,
    Working,
)
from gesso.providers.credentials import Customary
from gesso.providers.driver import Driver
from gesso.work import own_name
from tests.domain.shop import LEASE, Shop, grip, open_shop


class Oddity(Provider):
    """Gives every job the same id, and wishes to be asked again in thirty thousand years."""

    name = "studio"
    offers = Offers(lookup=True)

    def submit(self, order: Submission) -> Flow[Accepted]:
        return Accepted("the-one", poll_after=1e12)
        yield

    def poll(self, ticket: Ticket) -> Flow[Working]:
        return Working()
        yield

    def cancel(self, ticket: Ticket) -> Flow[Cancelled]:
        return Cancelled()
        yield

    def lookup(self, ticket: Ticket) -> Flow[Accepted | Absent]:
        return Accepted("the-one", poll_after=1e12)
        yield


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as shop:
        yield shop


@pytest.fixture
async def workshop(shop: Shop, tmp_path: Path) -> AsyncIterator[Workshop]:
    storage = LocalStorage(tmp_path / "media")
    links = media.Links(Signer(b"x" * 32), "http://127.0.0.1", seconds=60, now=shop.db.now)
    desk = Desk(shop.db, shop.menu, lease=LEASE, holder=own_name())
    async with Http() as http:
        pool = Pool(1)
        outside = Outside(http, Examiner(pool, Limits()))
        sources = Sources(desk, storage, links, tmp_path / "scratch", outside=outside)
        driver = Driver(http, pool)
        ingest = Ingest(desk, storage, sources, driver=driver, pool=pool, limits=Limits())
        envoy = Envoy(
            desk,
            {"studio": Oddity()},
            driver,
            credentials=Customary({}, {}),
            sources=sources,
        )
        yield Workshop(desk, envoy, sources=sources, ingest=ingest)


async def test_no_wish_of_a_provider_puts_a_look_off_beyond_the_deadline(
    shop: Shop, workshop: Workshop
) -> None:
    await shop.order()
    [job] = await shop.begin()
    await workshop.do(job)
    stands = await shop.job(job.job_id)
    assert stands.status == "running"
    assert stands.due_at <= stands.deadline_at + timedelta(seconds=1)


async def test_what_breaks_at_every_look_ends_at_its_deadline(
    shop: Shop, workshop: Workshop
) -> None:
    await shop.order()
    [taken] = await shop.begin()
    await workshop.do(taken)
    await shop.order()
    [doubtful] = await shop.begin()
    assert await shop.write(report.intend, [Intent(grip(doubtful))]) == [True]
    assert await shop.write(report.lose, [Postponed(grip(doubtful), 0)]) == [True]
    [early] = await shop.sweep()
    with pytest.raises(IntegrityError):
        await workshop.do(early)
    assert (await shop.job(doubtful.job_id)).status == "unknown"
    await shop.outlive("image")
    for late in await shop.sweep():
        with suppress(IntegrityError):
            await workshop.do(late)
    ended = await shop.job(doubtful.job_id)
    assert (ended.status, ended.error_code) == ("failed", "fate_unknown")
    assert (await shop.money())[1] == 0
